"""What an engine must offer so that a corpus can be recorded with it, and the numpy engine as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ... import __version__
from ...routing import ROUTERS, Router
from ...sources.live.models import Model
from ...trace import Floats, Ints, RoutingTrace, Token, TraceHeader

LONGEST = 2048  # tokens of a window, however many positions a model has: attention grows with the square


class Routes(Protocol):
    """Routes texts through one model. `record` needs nothing else of an engine."""

    @property
    def model(self) -> dict[str, Any]:
        """Name, digest, router, and the figures of the shape."""
        ...

    @property
    def engine(self) -> dict[str, Any]:
        """Name and versions."""
        ...

    @property
    def rule(self) -> str:
        """How experts are chosen, in words."""
        ...

    @property
    def window(self) -> int:
        """Tokens that it takes at once."""
        ...

    def encode(self, text: str) -> list[int]:
        """Token ids of a text."""
        ...

    def text(self, id: int) -> str:
        """A token as a person reads it."""
        ...

    def route(self, ids: Ints) -> RoutingTrace:
        """The routing of one window of ids [T]."""
        ...


@dataclass(frozen=True)
class NumpyRoutes:
    """The embedded engine. One forward pass per window, all tokens at once."""

    opened: Model
    longest: int = LONGEST

    @property
    def router(self) -> Router:
        """Returns the router that the model was trained with."""
        return ROUTERS[self.opened.listing.router]

    @property
    def model(self) -> dict[str, Any]:
        """Returns what the manifest says of the model."""
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
        """Returns name and versions."""
        return {"name": "numpy", "moescope": __version__, "numpy": np.__version__}

    @property
    def rule(self) -> str:
        """Returns how experts are chosen."""
        listing = self.opened.listing
        return f"{listing.router}, {listing.top_k} of {listing.experts} experts per token, as trained"

    @property
    def window(self) -> int:
        """Returns the tokens of one pass."""
        config = self.opened.checkpoint.config
        return min(self.longest, config.positions, config.window or config.positions)

    def encode(self, text: str) -> list[int]:
        """Returns the token ids of a text."""
        return [token.id for token in self.opened.checkpoint.tokenizer.encode(text) if token.id is not None]

    def text(self, id: int) -> str:
        """Returns a token as a person reads it."""
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
