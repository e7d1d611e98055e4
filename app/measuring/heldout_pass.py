"""One pass of a model over held-out text: what each token cost, and where it went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..metrics.balance import Counts
from ..routing import Routed, Router
from ..sources.live.checkpoint import Checkpoint
from ..sources.live.forward import Forward
from ..trace import Floats, Ints

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Passed:
    """What one window did."""

    losses: Doubles  # [S] nats, of predicting each next token
    layers: list[Routed]  # L of them, over S tokens
    inputs: list[Floats]  # what each router read, before the gain of its norm: L times [S, D]


class Watched(Forward):
    """A forward pass that keeps what each router of the last call read. For one thread."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__(checkpoint)
        self.inputs: list[Floats] = []

    def _feed(self, x: Floats, layer: int, routed: Routed | None) -> Floats:
        if routed is not None:
            self.inputs.append(x)
        return super()._feed(x, layer, routed)


def passes(forward: Watched, ids: Ints, k: int, router: Router) -> Iterator[Passed]:
    """Run windows of ids [W, S + 1], each by itself and as one batch of the router."""
    for window in ids:
        forward.inputs.clear()
        read = len(window) - 1
        routing = forward.extend(window[:-1], forward.cache(read), k, router.route, keep=read)
        losses = cross_entropy(forward.head(routing.hidden), window[1:])
        yield Passed(losses, routing.layers, list(forward.inputs))


def cross_entropy(logits: Floats, ids: Ints) -> Doubles:
    """-ln of the probability of each id: logits [S, V], ids [S] -> [S]."""
    peak = logits.max(axis=-1)
    sums = np.exp(logits - peak[:, None]).sum(axis=-1, dtype=np.float64)
    result: Doubles = np.log(sums) + peak - logits[np.arange(len(ids)), ids]
    return result


def loads(layers: list[Routed], kept: bool = False) -> Counts:
    """Assignments to each expert of each layer: [L, N]; those over capacity too, unless `kept`."""
    rows = []
    for routed in layers:
        chosen = routed.experts >= 0
        if kept and routed.dropped is not None:
            chosen &= ~routed.dropped
        rows.append(np.bincount(routed.experts[chosen], minlength=routed.scores.shape[-1]))
    return np.stack(rows).astype(np.int64)
