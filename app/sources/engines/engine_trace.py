"""A prompt through a model that an engine has open: the header and the steps that every source gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...trace import RoutingTrace, Step, Token, TraceHeader
from .engine_error import EngineRefusal
from .recorder import EngineModel

MOST_TOKENS = 32_768  # of one recording, written ones counted


@dataclass(frozen=True)
class EngineTrace:
    """A live trace on an engine, computed as its steps are pulled."""

    model: EngineModel
    tokens: tuple[Token, ...]  # as `prompt_tokens` checked them
    more: int = 0  # tokens that the model shall write
    chunk: int | None = None  # tokens of one forward pass; None: the whole prompt

    @property
    def header(self) -> TraceHeader:
        """What is known before the first token is routed."""
        layers = self.model.layers
        rules = sorted({rule for rule in layers.rules if rule})
        model: dict[str, Any] = {
            "name": self.model.name,
            "router": ", ".join(rules) or "unknown",
            "settings": {},
            "layer_names": list(layers.names),
            **layers.labels(),
        }
        return TraceHeader(
            tokens=self.model.before_steps(self.tokens),
            shape=self.model.shape,
            model=model,
            origin=self.origin,
        )

    @property
    def origin(self) -> dict[str, Any]:
        """Where the routing comes from: engine, dtype, device, checkpoint."""
        facts = self.model.facts
        origin: dict[str, Any] = {
            "source": "live",
            "badge": "LIVE",
            "note": f"Computed {facts.note}: {self.model.name}, by its own router.",
            "family": self.model.family,
            "checkpoint": self.model.digest,
            **facts.to_json(),
        }
        if not self.model.layers.scored:
            origin |= {"ids_only": True, "badge": "IDS ONLY"}
        if self.more:
            origin |= {"prompt_tokens": len(self.model.before_steps(self.tokens)), "continue": self.more}
        return origin

    def steps(self) -> Iterator[Step]:
        """The routing of each token, then of those that the model writes."""
        return self.model.steps(self.tokens, self.more, self.chunk)

    def trace(self) -> RoutingTrace:
        """The whole trace."""
        return RoutingTrace.from_steps(self.header, self.steps())


def check_length(tokens: tuple[Token, ...], more: int, chunk: int | None) -> None:
    """Raises EngineRefusal where nothing, or too much, is asked for."""
    if not tokens:
        raise EngineRefusal("prompt: expected 1 token at least, got 0; type something")
    if len(tokens) + more > MOST_TOKENS:
        raise EngineRefusal(
            f"prompt: expected {MOST_TOKENS:,} tokens at most, got {len(tokens) + more:,}; shorten the text"
        )
    if more < 0 or (chunk is not None and chunk < 1):
        raise EngineRefusal(
            f"continue, chunk: expected numbers from 0 and from 1, got {more} and {chunk}; leave them out"
        )
