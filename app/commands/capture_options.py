"""The options that all commands on captures share."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..formats.capture import Capture
from ..formats.findings import CaptureError
from ..formats.hints import Hints
from ..formats.model_facts import ModelFacts, facts_of
from ..formats.read import config_values, read
from ..formats.registry import FORMATS
from ..formats.texts import Decode, load_decoder


def add_options(command: argparse.ArgumentParser) -> None:
    """Adds options for facts that the file may lack."""
    command.add_argument("--config", type=Path, help="config.json of the model; the one beside the file else")
    command.add_argument("--tokenizer", type=Path, help="tokenizer.json, which gives tokens their texts")
    command.add_argument(
        "--format", choices=FORMATS, metavar="NAME", help="format, where it is not recognised"
    )
    command.add_argument("--layers", type=positive, metavar="N", help="layers that the engine stores")
    command.add_argument("--k", type=positive, metavar="K", help="experts a token")
    command.add_argument("--experts", type=positive, metavar="N", help="experts a layer")
    command.add_argument(
        "--columns", metavar="NAMES", help="columns of a table without a header: pos,layer,e0,e1"
    )
    command.add_argument(
        "--choice", type=int, default=0, metavar="N", help="which answer of the file, from 0"
    )


def positive(text: str) -> int:
    """Reads a whole number from 1 up. Raises ValueError."""
    number = int(text)
    if not 0 < number < 1_000_000:
        raise ValueError(text)
    return number


def facts_from(options: argparse.Namespace, path: Path) -> ModelFacts | None:
    """Returns the facts of the given config, else of the config.json beside the file or in the folder."""
    beside = (path if path.is_dir() else path.parent) / "config.json"
    config = options.config or (beside if beside.is_file() and beside != path else None)
    if config is None:
        return None
    facts = facts_of(config_values(config))
    if facts is None and options.config is not None:
        expected = "num_hidden_layers, the number of experts and k"
        raise CaptureError(
            "needs-facts", "--config", expected, "a config without experts", "give the model's own"
        )
    return facts


def decoder_from(options: argparse.Namespace, path: Path) -> Decode | None:
    """Returns the decoder of the given tokenizer, else of the tokenizer.json beside the file."""
    beside = (path if path.is_dir() else path.parent) / "tokenizer.json"
    tokenizer = options.tokenizer or (beside if beside.is_file() and beside != path else None)
    return None if tokenizer is None else load_decoder(tokenizer)


def read_with(options: argparse.Namespace, path: Path) -> tuple[list[Capture], ModelFacts | None]:
    """Reads all captures of a file. Raises CaptureError and OSError."""
    facts = facts_from(options, path)
    columns = tuple(options.columns.split(",")) if options.columns else ()
    hints = Hints(facts, options.layers, options.k, options.experts, columns, options.format)
    return read(path, hints=hints, decode=decoder_from(options, path)), facts


def chosen(captures: list[Capture], options: argparse.Namespace) -> Capture:
    """Returns the requested answer. Raises CaptureError if its index is too large."""
    if not 0 <= options.choice < len(captures):
        expected = f"0 to {len(captures) - 1}"
        raise CaptureError("no-routing", "--choice", expected, str(options.choice), "name another")
    return captures[int(options.choice)]


def problem_of(error: CaptureError | OSError, path: Path) -> CaptureError:
    """Converts an error of reading a file to a CaptureError."""
    if isinstance(error, CaptureError):
        return error
    got = error.strerror or type(error).__name__
    return CaptureError(
        "no-routing", str(error.filename or path), "a file that can be read", got, "check the path"
    )
