"""SGLang with `--enable-return-routed-experts` (0.5.23): returns only expert ids.

`meta_info.routed_experts` of /generate is base64 of int32 without a header, [tokens - 1, layers, k]
(sglang/srt/managers/detokenizer_manager.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import numpy as np

from ....problem import show
from ....trace import Step, Token, TraceHeader
from .ask import Ask
from .connection import Connection
from .engine_error import EngineError, nonsense
from .ids_only import ids_trace, tokenizer_of
from .model_facts import ModelFacts
from .routing_rows import decoded
from .vllm_routed_experts import whole_numbers

ROUTE = "/generate"


async def trace(connection: Connection, known: ModelFacts, ask: Ask) -> AsyncIterator[TraceHeader | Step]:
    """Yields the header and the steps of a prompt, all after the answer has ended. Raises EngineError."""
    prompt = tokenizer_of(connection).encode(ask.prompt)
    sampling = {"max_new_tokens": ask.more + 1, "temperature": ask.temperature}
    if ask.temperature > 0:
        sampling["sampling_seed"] = ask.seed
    body = {
        "input_ids": [token.id for token in prompt],
        "sampling_params": sampling,
        "return_routed_experts": True,
    }
    for each in read(connection, known, ask, prompt, await connection.ask(ROUTE, body)):
        yield each


def read(
    connection: Connection, known: ModelFacts, ask: Ask, prompt: tuple[Token, ...], answer: Any
) -> list[TraceHeader | Step]:
    """Returns the header and the steps of an answer of /generate. Raises EngineError."""
    name = connection.address.name
    meta = answer.get("meta_info") if isinstance(answer, dict) else None
    if not isinstance(meta, dict):
        raise nonsense(name, show(answer), "an answer with meta_info")
    if not meta.get("routed_experts"):
        advice = "the operator starts SGLang with --enable-return-routed-experts"
        raise EngineError(name, "no-routing", "an answer without routing", "routed_experts", advice)
    written, text = whole_numbers(name, answer.get("output_ids")), tokenizer_of(connection).text
    data = decoded(name, meta["routed_experts"], "routed_experts")
    row = 4 * known.all_layers * known.shape.top_k
    if len(data) % row:
        raise nonsense(name, f"{len(data)} bytes of ids", f"rows of {row} bytes, int32 [layers, k]")
    rows = np.frombuffer(data, "<i4").reshape(-1, known.all_layers, known.shape.top_k)
    return ids_trace(known, ask, prompt, [Token(text(id), id=id) for id in written], rows)
