"""vLLM's own option, `--enable-return-routed-experts` (0.22 to 0.32): returns only expert ids.

`choices[i].routed_experts` is base64 of a .npy file, [tokens - 1, layers, k], uint8 for up to 256 experts,
else uint16 (vllm/entrypoints/openai/completion/protocol.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO
from math import prod
from typing import Any

import numpy as np
from numpy.lib.format import read_array_header_1_0, read_array_header_2_0, read_magic
from numpy.typing import NDArray

from ....problem import show
from ....trace import Step, Token, TraceHeader
from .ask import Ask
from .connection import Connection
from .engine_error import EngineError, nonsense
from .ids_only import ids_trace, tokenizer_of
from .model_facts import ModelFacts
from .routing_rows import decoded

ROUTE = "/v1/completions"


async def trace(connection: Connection, known: ModelFacts, ask: Ask) -> AsyncIterator[TraceHeader | Step]:
    """Yields the header and the steps of a prompt, all after the answer has ended. Raises EngineError."""
    prompt = tokenizer_of(connection).encode(ask.prompt)
    body = {
        "model": known.model,
        "prompt": [token.id for token in prompt],
        "max_tokens": ask.more + 1,
        "temperature": ask.temperature,
        "seed": ask.seed,
        "return_token_ids": True,
    }
    for each in read(connection, known, ask, prompt, await connection.ask(ROUTE, body)):
        yield each


def read(
    connection: Connection, known: ModelFacts, ask: Ask, prompt: tuple[Token, ...], answer: Any
) -> list[TraceHeader | Step]:
    """Returns the header and the steps of a completion. Raises EngineError."""
    name = connection.address.name
    choice = first_choice(name, answer)
    if choice.get("routed_experts") is None:
        advice = "the operator starts vLLM with --enable-return-routed-experts, or with moescope-vllm"
        raise EngineError(name, "no-routing", "a completion without routing", "routed_experts", advice)
    written, text = whole_numbers(name, choice.get("token_ids")), tokenizer_of(connection).text
    rows = npy(name, decoded(name, choice["routed_experts"], "routed_experts"))
    return ids_trace(known, ask, prompt, [Token(text(id), id=id) for id in written], rows)


def first_choice(engine: str, answer: Any) -> dict[str, Any]:
    """Returns the first choice of an OpenAI answer. Raises EngineError."""
    choices = answer.get("choices") if isinstance(answer, dict) else None
    if not (isinstance(choices, list) and choices and isinstance(choices[0], dict)):
        raise nonsense(engine, show(answer), "a completion with choices")
    choice: dict[str, Any] = choices[0]
    return choice


def whole_numbers(engine: str, value: Any) -> list[int]:
    """Returns the ids of generated tokens, at least one. Raises EngineError."""
    if not (isinstance(value, list) and value and all(isinstance(id, int) and id >= 0 for id in value)):
        raise nonsense(engine, f"token_ids {show(value)}", "the ids of the generated tokens")
    return value


def npy(engine: str, data: bytes) -> NDArray[np.integer]:
    """Returns the array of a .npy file of integers with three axes. Raises EngineError; nothing is unpickled.

    The sizes in the header are checked against the length of the data.
    """
    file = BytesIO(data)
    try:
        reader = read_array_header_1_0 if read_magic(file) == (1, 0) else read_array_header_2_0
        shape, by_columns, dtype = reader(file)
    except (ValueError, EOFError) as error:
        raise nonsense(
            engine, f"routed_experts that cannot be read: {show(str(error))}", "a .npy file"
        ) from None
    if len(shape) != 3 or dtype.kind not in "iu":
        raise nonsense(engine, f"{dtype} in {len(shape)} axes", "whole numbers in three axes")
    rest = data[file.tell() :]
    if len(rest) != prod(shape) * dtype.itemsize:
        raise nonsense(engine, f"{len(rest)} bytes of ids", f"bytes for {list(shape)}")
    return np.frombuffer(rest, dtype).reshape(shape, order="F" if by_columns else "C")
