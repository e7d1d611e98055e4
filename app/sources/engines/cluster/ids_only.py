"""Converts expert ids from engines, all layers and all tokens but the last, to steps of a trace."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....trace import Step, Token, TraceHeader
from ...live.config import CheckpointError
from ...live.tokenizer import Tokenizer
from .ask import Ask, header_of
from .connection import Connection
from .engine_error import nonsense, refused
from .model_facts import ModelFacts
from .routing_rows import bare_steps


def tokenizer_of(connection: Connection) -> Tokenizer:
    """Returns the tokenizer in the operator's config folder. Raises EngineError."""
    folder = connection.address.config
    assert folder is not None, "facts_of_config asks for one"
    try:
        return Tokenizer.open(folder, vocabulary=2**31)
    except CheckpointError as error:
        advice = "the operator puts the model's tokenizer.json beside its config.json"
        raise refused(connection.address.name, f"no tokenizer: {error}", advice) from None


def ids_trace(
    known: ModelFacts, ask: Ask, prompt: tuple[Token, ...], written: list[Token], rows: NDArray[np.integer]
) -> list[TraceHeader | Step]:
    """Returns the header and the steps of ids [tokens - 1, layers, k].

    The last token was sampled and has not been through the model. Raises EngineError if rows, layers or k
    differ from those that the tokens and the config imply.
    """
    tokens = [*prompt, *written]
    expected = (len(tokens) - 1, known.all_layers, known.shape.top_k)
    if rows.shape != expected:
        wanted = f"ids [tokens - 1, layers, k] of {list(expected)}"
        raise nonsense(known.engine, f"ids of {list(rows.shape)}", wanted)
    ids = np.ascontiguousarray(rows[:, list(known.moe_layers)], dtype=np.int32)
    kept = len(prompt) + min(ask.more, len(written) - 1)
    names = [*[None] * len(prompt), *written][:kept]
    return [header_of(known, ask, prompt), *bare_steps(known.engine, ids[:kept], known.shape, names)]
