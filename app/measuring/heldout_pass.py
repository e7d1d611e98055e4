"""One pass of a model over held-out text: the loss of each token and its routing; rounding of figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..metrics.counts import expert_counts
from ..routing import LayerRouting
from ..sources.live.checkpoint import Checkpoint
from ..sources.live.forward import NOBODY, Forward
from ..trace import Counts, Doubles, Floats, Ints

DIGITS = 4  # decimals of figures in files


class ExpertChooser(Protocol):
    """Anything that chooses experts like a `Router`."""

    def route(self, logits: Floats, k: int, layer: int = 0, start: int = 0) -> LayerRouting:
        """Returns experts and weights for the logits [T, N] of one layer."""
        ...


@dataclass(frozen=True)
class WindowResult:
    """The result of one window."""

    losses: Doubles  # [S] nats: loss of predicting each next token
    layers: list[LayerRouting]  # L of them, over S tokens
    inputs: list[Floats]  # each router's input before the gain of its norm: L times [S, D]

    def loads(self, kept: bool = False) -> Counts:
        """Counts assignments to each expert of each layer: [L, N]; `kept`: without those over capacity."""
        served = [~each.dropped if kept and each.dropped is not None else None for each in self.layers]
        return np.stack(
            [
                expert_counts(each.experts, each.scores.shape[-1], mask)
                for each, mask in zip(self.layers, served, strict=True)
            ]
        )


class RecordingForward(Forward):
    """A forward pass that records the inputs of each router in the last call. For one thread."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__(checkpoint)
        self.inputs: list[Floats] = []

    def _feed(self, x: Floats, layer: int, routed: LayerRouting) -> Floats:
        if routed is not NOBODY:
            self.inputs.append(x)
        return super()._feed(x, layer, routed)


def run_windows(
    forward: RecordingForward, ids: Ints, k: int, router: ExpertChooser
) -> Iterator[WindowResult]:
    """Runs windows of ids [W, S + 1] one by one, each as one batch of the router."""
    for window in ids:
        forward.inputs.clear()
        read = len(window) - 1
        routing = forward.extend(window[:-1], forward.cache(read), k, router.route, keep=read)
        losses = cross_entropy(forward.head(routing.hidden), window[1:])
        yield WindowResult(losses, routing.layers, list(forward.inputs))


def cross_entropy(logits: Floats, ids: Ints) -> Doubles:
    """Returns -ln of the probability of each id: logits [S, V], ids [S] -> [S]."""
    peak = logits.max(axis=-1)
    sums = np.exp(logits - peak[:, None]).sum(axis=-1, dtype=np.float64)
    result: Doubles = np.log(sums) + peak - logits[np.arange(len(ids)), ids]
    return result


def rounded(value: float | np.floating) -> float:
    """Rounds a figure to the precision of some thousand tokens."""
    return round(float(value), DIGITS) + 0.0  # never -0.0


def listed(values: Iterable[float]) -> list[float]:
    """Rounds each value."""
    return [rounded(value) for value in values]


def standard_error(values: Doubles) -> float:
    """Returns the standard error of the mean of independent values: [W] -> one number."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))
