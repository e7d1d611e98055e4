"""Any engine as a source of an atlas: a model that encodes texts and traces tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ... import __version__
from ...shape import ModelShape
from ...trace import Ints, RoutingTrace, Token
from .routes import LONGEST


class Facts(Protocol):
    """What computes a trace."""

    def to_json(self) -> dict[str, str]:
        """Engine, version, dtype and the like."""
        ...


class Engine(Protocol):
    """A model that an engine has open, as far as an atlas needs it."""

    name: str
    family: str
    digest: str

    @property
    def facts(self) -> Facts: ...

    @property
    def shape(self) -> ModelShape: ...

    def encode(self, text: str) -> tuple[Token, ...]:
        """The tokens of a text."""
        ...

    def token(self, id: int) -> Token:
        """A token by its id."""
        ...


@dataclass(frozen=True)
class EngineRoutes:
    """An engine's model for `writer.record`. `trace_of` routes the tokens of one window."""

    opened: Engine
    trace_of: Callable[[tuple[Token, ...]], RoutingTrace]
    window: int = LONGEST

    @property
    def model(self) -> dict[str, Any]:
        """Returns what the manifest says of the model; the router is the model's own."""
        known = {"name": self.opened.name, "digest": self.opened.digest, "family": self.opened.family}
        return {**known, "router": "own", **self.opened.shape.to_json()}

    @property
    def engine(self) -> dict[str, Any]:
        """Returns name and versions."""
        facts = self.opened.facts.to_json()
        return {**facts, "name": facts.get("engine", ""), "moescope": __version__}

    @property
    def rule(self) -> str:
        """Returns how experts are chosen."""
        shape = self.opened.shape
        return f"the model's own router, {shape.top_k} of {shape.experts} experts per token"

    def encode(self, text: str) -> list[int]:
        """Returns the token ids of a text."""
        return [token.id for token in self.opened.encode(text) if token.id is not None]

    def text(self, id: int) -> str:
        """Returns a token as a person reads it."""
        return self.opened.token(id).text

    def route(self, ids: Ints) -> RoutingTrace:
        """Routes one window of ids [T]."""
        return self.trace_of(tuple(self.opened.token(id) for id in ids.tolist()))
