"""The moment of a link: which routing has happened when the page stands there.

The law of playback is that of static/js/playback/timeline.js: a token enters a fixed time after
the one before it, and needs one step from layer to layer. Times are counted in steps here: only the
order of events matters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from ..request.view_keys import read_view_key
from ..trace import Bools, RoutingTrace

STAGGER = sqrt(5) - 1  # steps between two tokens in SEQUENCE, for prompts of up to LONG tokens
LONG = 16
MOMENT_KEYS = ("mode", "token", "layer", "shot")
SHOT_TOKEN = 2  # the one that the directed shot follows
SHOT_RISE = 6.7  # seconds of the shot, when the camera draws back and the token leaves its first layer
SHOT_LAYERS = 2.2  # that it passes in each second from then on


@dataclass(frozen=True)
class Moment:
    """A token at a layer, both counted from 0, in a mode."""

    token: int
    layer: int
    mode: str

    @classmethod
    def of(cls, view: Mapping[str, str]) -> Moment | None:
        """Returns the moment that the keys of a view name; None if they name none, which shows the end."""
        mode, token, layer, shot = (read_view_key(name, view) for name in MOMENT_KEYS)
        if shot is not None:
            return cls(SHOT_TOKEN, int(max(0.0, shot - SHOT_RISE) * SHOT_LAYERS), mode)
        if token is None and layer is None:
            return None
        return cls(token or 0, layer or 0, mode)

    def after(self, first: int) -> Moment:
        """Returns the same, in a part of the trace that begins at token `first`."""
        return replace(self, token=max(0, self.token - first))

    def within(self, tokens: int, layers: int) -> Moment:
        """Returns the same, inside a trace of this size; all tokens are one in ALL AT ONCE."""
        last = tokens - 1
        token = last if self.mode == "all" else min(self.token, last)
        return Moment(token, min(self.layer, layers - 1), self.mode)

    def fired(self, tokens: int, layers: int) -> Bools:
        """Marks the events up to the moment: [T, L]."""
        token, layer = np.arange(tokens)[:, None], np.arange(layers)[None, :]
        stagger = stagger_of(self.mode, tokens, layers)
        now = self.token * stagger + self.layer
        result: Bools = token * stagger + layer <= now + 1e-9
        return result


def stagger_of(mode: str, tokens: int, layers: int) -> float:
    """Steps between two tokens entering."""
    if mode == "all":
        return 0.0
    return layers + 1.5 if mode == "single" else STAGGER * min(1.0, sqrt(LONG / max(1, tokens)))


def until(trace: RoutingTrace, moment: Moment) -> RoutingTrace:
    """Returns the trace as far as it has happened: later choices are empty."""
    tokens, layers = trace.experts.shape[:2]
    fired = moment.within(tokens, layers).fired(tokens, layers)[..., None]
    return replace(
        trace,
        experts=np.where(fired, trace.experts, -1).astype(trace.experts.dtype),
        weights=np.where(fired, trace.weights, 0).astype(trace.weights.dtype),
    )
