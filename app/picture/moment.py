"""The moment of a link: the routing that has happened at the page's playback position.

Playback follows static/js/playback/timeline.js: tokens enter at fixed intervals, and need one step per layer.
Times are counted in steps, because only the order of events matters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal

import numpy as np

from ..request.view_keys import read_view_key
from ..trace import Bools, RoutingTrace, Token

STAGGER = sqrt(5) - 1  # steps between two tokens in SEQUENCE, for prompts of up to LONG tokens
LONG = 16
MOMENT_KEYS = ("mode", "token", "layer", "shot")
HEROES = (2, 1, 3, 0, 4)  # tokens that the directed shot may follow, the best first
WORD = re.compile(r"[^\W\d_]{2}")
SHOT_RISE = 6.7  # second of the shot at which the camera draws back and the token leaves its first layer
SHOT_CUT = 2.8  # second of the shot at which the best experts are chosen
SHOT_LAYERS = 2.2  # layers per second after that

Ring = Literal["", "scored", "chosen"]


@dataclass(frozen=True)
class Moment:
    """A token at a layer, both counted from 0, in a mode.

    `ring`: in the close part of the directed shot, what the only visible ring shows.
    """

    token: int
    layer: int
    mode: str
    ring: Ring = ""
    shot: bool = False  # in the directed shot

    @classmethod
    def of(cls, view: Mapping[str, str]) -> Moment | None:
        """Returns the moment in the keys of a view; None if they have none, which means the end."""
        mode, token, layer, shot = (read_view_key(name, view) for name in MOMENT_KEYS)
        if shot is not None:
            layers = int(max(0.0, shot - SHOT_RISE) * SHOT_LAYERS)
            ring: Ring = "" if shot >= SHOT_RISE else "chosen" if shot >= SHOT_CUT else "scored"
            return cls(HEROES[0], layers, mode, ring, shot=True)
        if token is None and layer is None:
            return None
        return cls(token or 0, layer or 0, mode)

    def after(self, first: int) -> Moment:
        """Returns the moment relative to a part of the trace that begins at token `first`."""
        return replace(self, token=max(0, self.token - first))

    def following(self, tokens: Sequence[Token]) -> Moment:
        """Returns the moment with the token of the shot in a prompt: a word near the third token."""
        if not self.shot:
            return self
        words = (i for i in HEROES if i < len(tokens) and WORD.search(tokens[i].text))
        return replace(self, token=next(words, HEROES[0]))

    def within(self, tokens: int, layers: int) -> Moment:
        """Returns the moment clamped to a trace of this size; ALL AT ONCE counts all tokens as one."""
        last = tokens - 1
        token = last if self.mode == "all" else min(self.token, last)
        return replace(self, token=token, layer=min(self.layer, layers - 1))

    def fired(self, tokens: int, layers: int) -> Bools:
        """Marks the events up to the moment: [T, L]."""
        token, layer = np.arange(tokens)[:, None], np.arange(layers)[None, :]
        stagger = stagger_of(self.mode, tokens, layers)
        now = self.token * stagger + self.layer
        result: Bools = token * stagger + layer <= now + 1e-9
        return result


def stagger_of(mode: str, tokens: int, layers: int) -> float:
    """Returns the steps between two entering tokens."""
    if mode == "all":
        return 0.0
    return layers + 1.5 if mode == "single" else STAGGER * min(1.0, sqrt(LONG / max(1, tokens)))


def until(trace: RoutingTrace, moment: Moment) -> RoutingTrace:
    """Returns the trace up to the moment; later choices are empty."""
    tokens, layers = trace.experts.shape[:2]
    fired = moment.within(tokens, layers).fired(tokens, layers)[..., None]
    return replace(
        trace,
        experts=np.where(fired, trace.experts, -1).astype(trace.experts.dtype),
        weights=np.where(fired, trace.weights, 0).astype(trace.weights.dtype),
    )


def first_ring(trace: RoutingTrace, moment: Moment) -> RoutingTrace:
    """Returns the first layer with the choices of the moment's token alone: the close part of the shot.

    Before the cut every expert has a beam, as a choice of another token, so that none stands out.
    """
    shape = trace.header.shape
    ring = trace.experts[:, :1]
    columns = ring.shape[-1] if moment.ring == "chosen" else shape.experts
    experts = np.full((len(ring), 1, columns), -1, trace.experts.dtype)
    if moment.ring == "chosen":
        experts[moment.token] = ring[moment.token]
    elif len(ring) > 1:
        experts[0 if moment.token else 1] = np.arange(shape.experts)
    header = replace(trace.header, shape=replace(shape, layers=1, dense_layers=()), bias=None)
    return RoutingTrace(header, None, experts, np.ones(experts.shape, trace.weights.dtype))
