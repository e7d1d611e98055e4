"""`python -m app record MODEL`: the routing of a prompt through any model, as a trace file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..routing.alterations import parse_alterations
from ..settings import Settings
from ..sources.engines.chat_template import read_chat
from ..sources.engines.engine_error import EngineRefusal
from ..sources.engines.engine_trace import EngineTrace, check_length
from ..sources.engines.recorder import EngineModel
from ..sources.engines.registry import NAMES, open_model
from ..trace import Token
from . import record_corpus

SUMMARY = "record the routing of a prompt through any MoE model"
ALTER = "experts off, forced, raised, or k of a layer: 2.5-off_3.1-force_1.7-add2_4-k1"
MODEL = "a checkpoint folder, a model of the hub's cache (owner/name), or a .gguf file"


def add_command(commands: Any) -> None:
    """Adds the command to the subparsers of `python -m app`."""
    parser: argparse.ArgumentParser = commands.add_parser("record", help=SUMMARY, description=SUMMARY)
    parser.add_argument("model", metavar="MODEL", help=MODEL)
    record_corpus.add_arguments(parser)
    given = parser.add_mutually_exclusive_group()
    given.add_argument("--prompt", metavar="TEXT", help="a text, through the model's tokenizer")
    given.add_argument("--token-ids", metavar="1,2,3", help="token ids; needs no tokenizer")
    given.add_argument("--chat", type=Path, metavar="FILE", help="messages in JSON, by its chat template")
    parser.add_argument(
        "--continue",
        dest="more",
        type=int,
        default=0,
        metavar="N",
        help="write N more tokens, the most likely",
    )
    parser.add_argument("--chunk", type=int, metavar="N", help="tokens of a forward pass (the whole prompt)")
    parser.add_argument("--alter", default="", metavar="TEXT", help=ALTER)
    parser.add_argument("--engine", choices=NAMES, help="chosen by what the model is, if left out")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="a .safetensors file; with --corpus a folder",
    )


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Writes the trace, or the atlas of a corpus, and says what ran; 2 where the model or text is refused."""
    if options.corpus:
        options.out = options.output
        return record_corpus.run(settings, options)
    if options.prompt is None and options.token_ids is None and options.chat is None:
        print("record: expected --prompt, --token-ids, --chat or --corpus, got none of them", file=sys.stderr)
        return 2
    try:
        chat = None if options.chat is None else read_chat(options.chat)
        ids = None if options.token_ids is None else read_ids(options.token_ids)
        model = open_model(options.model, options.engine)
        tokens = tokens_of(model, options.prompt, ids, chat)
        check_length(tokens, options.more, options.chunk)
        made = EngineTrace(model, tokens, options.more, options.chunk, parse_alterations(options.alter))
        trace = made.trace()
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_bytes(trace.to_bytes())
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    shape = trace.header.shape
    print(
        f"{options.output}: {len(trace.header.tokens)} tokens, {shape.layers} MoE layers, "
        f"{shape.experts} experts, {shape.top_k} a token, {model.facts.note}"
    )
    return 0


def tokens_of(
    model: EngineModel, prompt: str | None, ids: list[int] | None, chat: list[dict[str, str]] | None
) -> tuple[Token, ...]:
    """Returns the tokens of a text, of ids or of a conversation."""
    if ids is not None:
        return tuple(model.token(id) for id in ids)
    return model.encode(prompt or "") if chat is None else model.encode_chat(chat)


def read_ids(text: str) -> list[int]:
    """Reads numbers separated by commas. Raises EngineRefusal for anything else."""
    parts = [part.strip() for part in text.split(",")]
    wrong = [part for part in parts if not (part.isascii() and part.isdigit() and len(part) < 10)]
    if wrong:
        raise EngineRefusal(f"--token-ids: expected whole numbers such as 1,2,3, got {wrong[0][:40]!r}")
    return [int(part) for part in parts]
