"""Traces a prompt on a vLLM server with the plugin moescope-vllm: scores, ids and weights as computed.

The lines of the answer are described in plugins/vllm/src/moescope_vllm/plugin.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import numpy as np

from ....problem import show
from ....trace import Floats, Step, Token, TraceHeader
from .ask import Ask, header_of
from .connection import Connection
from .engine_error import EngineError, nonsense, refused
from .model_facts import ModelFacts, facts_of_plugin, scale_of
from .routing_rows import scored_steps, tokens_of, unpacked

INFO, ROUTE = "/v1/moescope/info", "/v1/moescope/route"
FORMAT = "moescope.route/1"


async def facts(connection: Connection) -> ModelFacts:
    """Returns the facts of the engine's model. Raises EngineError."""
    info = await connection.ask(INFO)
    return facts_of_plugin(connection.address, checked_format(connection.address.name, info))


async def trace(connection: Connection, known: ModelFacts, ask: Ask) -> AsyncIterator[TraceHeader | Step]:
    """Yields the header, then a step for each prompt and generated token. Raises EngineError.

    Requests one more token than needed, because the last sampled token has not been through the model.
    """
    name = connection.address.name
    body: dict[str, Any] = {"prompt": ask.prompt, "max_tokens": ask.more + 1, "temperature": ask.temperature}
    if ask.temperature > 0:
        body["seed"] = ask.seed
    answer = Answer(name, known, ask)
    async for line in connection.lines(ROUTE, body):
        for each in answer.read(line):
            yield each
    answer.check_ended()


def checked_format(engine: str, fields: Any) -> Mapping[str, Any]:
    """Returns the fields. Raises EngineError for a format version that this client does not support."""
    found = fields.get("format") if isinstance(fields, dict) else None
    if not isinstance(fields, dict) or found != FORMAT:
        advice = "the operator installs the moescope-vllm of this release"
        raise EngineError(engine, "nonsense", show(found), f"format {FORMAT}", advice)
    return fields


class Answer:
    """The lines of one answer, checked against the facts of the model."""

    def __init__(self, engine: str, known: ModelFacts, ask: Ask) -> None:
        self.engine = engine
        self.known = known
        self.ask = ask
        self.prompt: list[Token] = []
        self.scores = ""
        self.scale = 1.0  # factor that the engine applies to the combine weights
        self.rows = 0
        self.ended = False

    def read(self, line: Mapping[str, Any]) -> list[TraceHeader | Step]:
        """Returns the header or steps in one line. Raises EngineError."""
        event = line.get("event")
        if event == "error":
            raise refused(self.engine, f"an engine that failed: {show(line.get('message'))}")
        if event == "start" and not self.prompt:
            return [self.start(line)]
        if event == "rows" and self.prompt and not self.ended:
            return [*self.steps(line)]
        if event == "end" and self.prompt and not self.ended:
            self.end(line)
            return []
        raise nonsense(self.engine, f"event {show(event)} after {self.rows} rows", "start, rows, end")

    def start(self, line: Mapping[str, Any]) -> TraceHeader:
        """Returns the header of the trace."""
        shape = self.known.shape
        sizes = (list(self.known.moe_layers), shape.experts, shape.top_k)
        found = tuple(checked_format(self.engine, line).get(key) for key in ("layers", "experts", "top_k"))
        if found != sizes:
            raise refused(self.engine, "another model than a moment ago")
        self.prompt = tokens_of(self.engine, line.get("prompt"))
        rule = line.get("rule")
        if isinstance(rule, dict):
            self.scores = str(rule.get("scores"))
            self.scale = scale_of({"output_scale": rule.get("output_scale", 1.0)})
        bias: Floats | None = None
        if line.get("bias") is not None:
            bias = unpacked(self.engine, line["bias"], "bias", "<f4", (shape.layers, shape.experts))
        return header_of(self.known, self.ask, tuple(self.prompt), bias)

    def steps(self, line: Mapping[str, Any]) -> list[Step]:
        """Returns the steps of consecutive rows. Raises EngineError if rows are out of order."""
        shape = self.known.shape
        tokens = tokens_of(self.engine, line.get("tokens"))
        if line.get("first") != self.rows or self.rows + len(tokens) > len(self.prompt) + self.ask.more:
            found = f"{len(tokens)} rows from {show(line.get('first'))} on"
            raise nonsense(self.engine, found, f"rows from {self.rows} on, {self.ask.more} behind the prompt")
        narrow = (len(tokens), shape.layers, shape.top_k)
        logits = unpacked(self.engine, line.get("logits"), "logits", "<f4", (*narrow[:2], shape.experts))
        ids = unpacked(self.engine, line.get("experts"), "experts", "<i4", narrow)
        weights = unpacked(self.engine, line.get("weights"), "weights", "<f4", narrow)
        written = [self.written(self.rows + index, token) for index, token in enumerate(tokens)]
        self.rows += len(tokens)
        scaled = weights * np.float32(self.scale)
        return scored_steps(self.engine, logits, ids, scaled, self.scores, written)

    def written(self, position: int, token: Token) -> Token | None:
        """Returns the token if the model generated it. Raises EngineError for a row of another prompt."""
        if position >= len(self.prompt):
            return token
        if token.id != self.prompt[position].id:
            found = f"token {token.id} in row {position}"
            raise nonsense(self.engine, found, f"token {self.prompt[position].id} of the prompt")
        return None

    def end(self, line: Mapping[str, Any]) -> None:
        """Raises EngineError if rows are missing."""
        missing = line.get("missing")
        if missing != 0 or self.rows < len(self.prompt):
            found = f"{self.rows} rows of routing, {show(missing)} missing"
            raise refused(self.engine, found, "the engine lost some: its log says why, or they expired")
        self.ended = True

    def check_ended(self) -> None:
        """Raises EngineError if the answer ended early."""
        if not self.ended:
            raise refused(
                self.engine, f"an answer that stopped after {self.rows} rows", "try again in a moment"
            )
