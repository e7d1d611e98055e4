"""Authored routing: scenario and shape -> logits -> steps of a trace. Seeded; no clock, no files.

A scenario defines a router's logits; a real router does the rest, so any N, k and router works.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zlib import crc32

import numpy as np

from ...published.named_shape import NamedShape
from ...routing import LayerRouting, Router
from ...routing.bias_updates import with_updated_bias
from ...shape import ModelShape
from ...trace import Floats, Ints, RoutingTrace, Step, Token, TraceHeader
from .logits import logits_of
from .scenario import Scenario

NOTE_ON_SHAPE = (
    "Authored routing on the real shape of {}: hand-authored logits, an illustration, not a measurement."
)
NOTE = "Hand-authored logits through a real router: an illustration, not a measurement."


@dataclass(frozen=True)
class AuthoredTrace:
    """A scenario routed by a router, computed once and on demand.

    Reading header or steps raises BadSetting if k or a router setting does not fit N.
    """

    scenario: Scenario
    shape: ModelShape
    router: Router
    skew: float = 0.0  # logit added to two experts of each layer
    shaped: NamedShape | None = None  # the model whose shape is used, if any

    @cached_property
    def logits(self) -> Floats:
        """Returns the logits [T, L, N]."""
        return logits_of(self.scenario, self.shape, self.skew)

    @cached_property
    def biased(self) -> Router:
        """Returns the router, with the bias after its updates on this prompt, if it has any."""
        settings = self.router.filled(self.shape.experts, self.shape.top_k)
        if not settings.get("updates"):
            return self.router
        updates = int(settings["updates"])
        return with_updated_bias(self.router, self.logits, self.shape.top_k, updates, settings["rate"])

    @property
    def token_ids(self) -> Ints:
        """Returns ids [T] for a hash router: equal texts have equal ids."""
        ids = [crc32(token.text.encode()) >> 1 for token in self.scenario.tokens]
        return np.array(ids, np.int32)

    @cached_property
    def layers(self) -> list[LayerRouting]:
        """Returns the routing of every layer, padded to the widest."""
        route, k = self.biased.with_token_ids(self.token_ids).route, self.shape.top_k
        layers = [route(self.logits[:, layer], k, layer) for layer in range(self.shape.layers)]
        width = max(layer.experts.shape[-1] for layer in layers)
        return [layer.widened(width) for layer in layers]

    @property
    def header(self) -> TraceHeader:
        """Returns the header, known before the first token is routed."""
        return TraceHeader(
            tokens=tuple(Token(token.text, token.group) for token in self.scenario.tokens),
            shape=self.shape,
            model=self.model,
            origin=self.origin,
            bias=self.biased.bias,
        )

    @property
    def model(self) -> dict[str, Any]:
        """Returns name and facts of the router, and the number of choice columns if it is not k."""
        facts = self.router.facts(len(self.scenario.tokens), self.shape.experts, self.shape.top_k)
        model: dict[str, Any] = {"name": self.shaped.name if self.shaped else "authored", **facts}
        return {**model, "choices": self.layers[0].experts.shape[-1]} if self.router.varies else model

    @property
    def origin(self) -> dict[str, Any]:
        """Returns the origin of the routing."""
        origin: dict[str, Any] = {
            "source": "authored",
            "badge": "AUTHORED",
            "note": NOTE,
            "scenario": self.scenario.name,
            "title": self.scenario.title,
            "seed": self.scenario.seed,
        }
        if self.shaped:
            origin |= {"shape": self.shaped.key, "note": NOTE_ON_SHAPE.format(self.shaped.name)}
        return {**origin, "skew": self.skew} if self.skew else origin

    def steps(self) -> Iterator[Step]:
        """Yields the routing of each token, in order."""
        for token, logits in enumerate(self.logits):
            dropped = [layer.dropped[token] for layer in self.layers if layer.dropped is not None]
            yield Step(
                scores=np.stack([layer.scores[token] for layer in self.layers]),
                experts=np.stack([layer.experts[token] for layer in self.layers]),
                weights=np.stack([layer.weights[token] for layer in self.layers]),
                logits=logits,
                dropped=np.stack(dropped) if dropped else None,
            )


def header(scenario: Scenario, shape: ModelShape, router: Router, skew: float = 0.0) -> TraceHeader:
    """Returns the header, known before the first token is routed."""
    return AuthoredTrace(scenario, shape, router, skew).header


def steps(scenario: Scenario, shape: ModelShape, router: Router, skew: float = 0.0) -> Iterator[Step]:
    """Returns the routing of each token, in order."""
    return AuthoredTrace(scenario, shape, router, skew).steps()


def trace(scenario: Scenario, shape: ModelShape, router: Router, skew: float = 0.0) -> RoutingTrace:
    """Returns the whole trace."""
    authored = AuthoredTrace(scenario, shape, router, skew)
    return RoutingTrace.from_steps(authored.header, authored.steps())
