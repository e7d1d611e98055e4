"""Queries one engine and opens traces on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from ....problem import show
from ....trace import Step, TraceHeader
from .ask import Ask
from .connection import Absent, Connection
from .engine_error import nonsense
from .model_facts import Kind, ModelFacts, facts_of_config
from .sglang import trace as sglang_trace
from .vllm_plugin import facts as plugin_facts
from .vllm_plugin import trace as plugin_trace
from .vllm_routed_experts import trace as routed_experts_trace

MODELS = "/v1/models"
OWNERS: dict[str, Kind] = {"vllm": "vllm", "sglang": "sglang"}  # `owned_by` in the answer of /v1/models

Trace = Callable[[Connection, ModelFacts, Ask], AsyncIterator[TraceHeader | Step]]
TRACES: dict[Kind, Trace] = {  # one entry per way of getting routing
    "moescope-vllm": plugin_trace,
    "vllm": routed_experts_trace,
    "sglang": sglang_trace,
}


async def look(connection: Connection) -> ModelFacts:
    """Queries the model at the address: through the plugin, else as vLLM or SGLang. Raises EngineError."""
    try:
        return await plugin_facts(connection)
    except Absent:
        listed = await connection.ask(MODELS)
    owner, model = served(connection.address.name, listed)
    kind = OWNERS.get(owner)
    if kind is None:
        raise nonsense(connection.address.name, f"a server of {show(owner)}", "vLLM or SGLang")
    return facts_of_config(connection.address, kind, model, version="")


def served(engine: str, listed: Any) -> tuple[str, str]:
    """Returns the kind of the server, and the name of its first model. Raises EngineError."""
    models = listed.get("data") if isinstance(listed, dict) else None
    first = models[0] if isinstance(models, list) and models else None
    if not isinstance(first, dict):
        raise nonsense(engine, show(listed), "a list of models")
    return str(first.get("owned_by", "")), str(first.get("id", ""))[:200]


async def trace(connection: Connection, known: ModelFacts, ask: Ask) -> AsyncIterator[TraceHeader | Step]:
    """Yields the header and the steps of a prompt. Raises EngineError."""
    async for each in TRACES[known.kind](connection, known, ask):
        yield each
