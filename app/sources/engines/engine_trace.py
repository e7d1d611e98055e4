"""A prompt on a model that an engine has open: the header and steps of a source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...routing.alterations import Alteration, spell
from ...shape import ModelShape
from ...trace import RoutingTrace, Step, Token, TraceHeader
from .engine_error import EngineRefusal
from .recorder import EngineFacts, EngineModel, LayerMap

MOST_TOKENS = 32_768  # limit on one recording, generated tokens included


@dataclass(frozen=True)
class EngineTrace:
    """A live trace on an engine, computed while its steps are read."""

    model: EngineModel
    tokens: tuple[Token, ...]  # checked by `prompt_tokens`
    more: int = 0  # number of tokens to generate
    chunk: int | None = None  # tokens per forward pass; None: the whole prompt
    alterations: tuple[Alteration, ...] = ()

    @property
    def header(self) -> TraceHeader:
        """Returns the header, known before the first token is routed."""
        model = self.model
        tokens = model.before_steps(self.tokens)
        more: dict[str, Any] = {"prompt_tokens": len(tokens), "continue": self.more} if self.more else {}
        if self.alterations:
            more["alter"] = spell(self.alterations)
        return header_of(
            model.name,
            model.family,
            model.facts,
            model.shape,
            model.layers,
            tokens,
            checkpoint=model.digest,
            **more,
        )

    def steps(self) -> Iterator[Step]:
        """Returns the routing of each prompt token, then of generated tokens."""
        return self.model.steps(self.tokens, self.more, self.chunk, self.alterations)

    def trace(self) -> RoutingTrace:
        """Returns the whole trace."""
        return RoutingTrace.from_steps(self.header, self.steps())


def header_of(
    name: str,
    family: str,
    facts: EngineFacts,
    shape: ModelShape,
    layers: LayerMap,
    tokens: tuple[Token, ...],
    **more: Any,
) -> TraceHeader:
    """Returns the header of a trace from an engine. `more`: further facts of its origin."""
    rules = sorted({rule for rule in layers.rules if rule})
    model: dict[str, Any] = {
        "name": name,
        "router": ", ".join(rules) or "unknown",
        "settings": {},
        "layer_names": list(layers.names),
        **layers.labels(),
    }
    origin: dict[str, Any] = {
        "source": "live",
        "badge": "LIVE",
        "note": f"Computed {facts.note}: {name}, by its own router.",
        "family": family,
        **facts.to_json(),
        **more,
    }
    if not layers.scored:
        origin |= {"ids_only": True, "badge": "IDS ONLY"}
    return TraceHeader(tokens=tokens, shape=shape, model=model, origin=origin)


def check_length(tokens: tuple[Token, ...], more: int, chunk: int | None) -> None:
    """Raises EngineRefusal for an empty or too long request."""
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
