"""Records an atlas with any engine: a model that encodes texts and traces tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ... import __version__
from ...shape import ModelShape
from ...trace import Ints, RoutingTrace, Token
from .routes import LONGEST


class Facts(Protocol):
    """What computed a trace."""

    def to_json(self) -> dict[str, str]:
        """Returns engine, version, dtype and similar facts."""
        ...


class Engine(Protocol):
    """The parts of an engine's open model that an atlas needs."""

    name: str
    family: str
    digest: str

    @property
    def facts(self) -> Facts: ...

    @property
    def shape(self) -> ModelShape: ...

    def encode(self, text: str) -> tuple[Token, ...]:
        """Returns the tokens of a text."""
        ...

    def token(self, id: int) -> Token:
        """Returns the token of an id."""
        ...


@dataclass(frozen=True)
class EngineRoutes:
    """An engine's model as `Routes`. `trace_of` routes the tokens of one window."""

    opened: Engine
    trace_of: Callable[[tuple[Token, ...]], RoutingTrace]
    window: int = LONGEST

    @property
    def model(self) -> dict[str, Any]:
        """Returns the model's entry in the manifest; the router is the model's own."""
        known = {"name": self.opened.name, "digest": self.opened.digest, "family": self.opened.family}
        return {**known, "router": "own", **self.opened.shape.to_json()}

    @property
    def engine(self) -> dict[str, Any]:
        """Returns the name and versions of the engine."""
        facts = self.opened.facts.to_json()
        return {**facts, "name": facts.get("engine", ""), "moescope": __version__}

    @property
    def rule(self) -> str:
        """Returns the router's rule in words."""
        shape = self.opened.shape
        return f"the model's own router, {shape.top_k} of {shape.experts} experts per token"

    def encode(self, text: str) -> list[int]:
        """Returns the token ids of a text."""
        return [token.id for token in self.opened.encode(text) if token.id is not None]

    def text(self, id: int) -> str:
        """Returns the displayed text of a token."""
        return self.opened.token(id).text

    def route(self, ids: Ints) -> RoutingTrace:
        """Routes one window of ids [T]."""
        return self.trace_of(tuple(self.opened.token(id) for id in ids.tolist()))
