"""The interface that an engine needs to record a corpus, and its implementation for the numpy engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ... import __version__
from ...routing import ROUTERS, Router
from ...sources.live.models import Model
from ...trace import Floats, Ints, RoutingTrace, Token, TraceHeader

LONGEST = 2048  # limit on the tokens of a window: the cost of attention grows with their square


class Routes(Protocol):
    """Routes texts through one model. `record` needs nothing else from an engine."""

    @property
    def model(self) -> dict[str, Any]:
        """Returns name, digest, router, and the figures of the shape."""
        ...

    @property
    def engine(self) -> dict[str, Any]:
        """Returns the name and versions of the engine."""
        ...

    @property
    def rule(self) -> str:
        """Returns the router's rule in words."""
        ...

    @property
    def window(self) -> int:
        """Returns the limit on tokens per forward pass."""
        ...

    def encode(self, text: str) -> list[int]:
        """Returns the token ids of a text."""
        ...

    def text(self, id: int) -> str:
        """Returns the displayed text of a token."""
        ...

    def route(self, ids: Ints) -> RoutingTrace:
        """Returns the routing of one window of ids [T]."""
        ...


@dataclass(frozen=True)
class NumpyRoutes:
    """The embedded engine. One forward pass per window, all tokens at once."""

    opened: Model
    longest: int = LONGEST

    @property
    def router(self) -> Router:
        """Returns the router with which the model was trained."""
        return ROUTERS[self.opened.listing.router]

    @property
    def model(self) -> dict[str, Any]:
        """Returns the model's entry in the manifest."""
        listing = self.opened.listing
        figures = listing.shape.to_json()
        return {
            "name": listing.name,
            "digest": self.opened.checkpoint.digest,
            "router": listing.router,
            "family": listing.family,
            **figures,
        }

    @property
    def engine(self) -> dict[str, Any]:
        """Returns the name and versions of the engine."""
        return {"name": "numpy", "moescope": __version__, "numpy": np.__version__}

    @property
    def rule(self) -> str:
        """Returns the router's rule in words."""
        listing = self.opened.listing
        return f"{listing.router}, {listing.top_k} of {listing.experts} experts per token, as trained"

    @property
    def window(self) -> int:
        """Returns the number of tokens per forward pass."""
        config = self.opened.checkpoint.config
        return min(self.longest, config.positions, config.window or config.positions)

    def encode(self, text: str) -> list[int]:
        """Returns the token ids of a text."""
        return [token.id for token in self.opened.checkpoint.tokenizer.encode(text) if token.id is not None]

    def text(self, id: int) -> str:
        """Returns the displayed text of a token."""
        return self.opened.checkpoint.tokenizer.text(id)

    def route(self, ids: Ints) -> RoutingTrace:
        """Routes one window of ids [T]."""
        forward, listing = self.opened.forward, self.opened.listing
        routing = forward.extend(ids, forward.cache(len(ids)), listing.top_k, self.router.route)
        width = max(layer.experts.shape[-1] for layer in routing.layers)
        layers = [layer.widened(width) for layer in routing.layers]
        scores: Floats = np.stack([layer.scores for layer in layers], axis=1)  # L x [T, N] -> [T, L, N]
        header = TraceHeader(
            tokens=tuple(Token("", id=id) for id in ids.tolist()),
            shape=listing.shape,
            model={"name": listing.name, "router": listing.router},
            origin={"source": "live"},
            bias=self.router.bias,
        )
        return RoutingTrace(
            header,
            scores=scores,
            experts=np.stack([layer.experts for layer in layers], axis=1),
            weights=np.stack([layer.weights for layer in layers], axis=1),
        )
