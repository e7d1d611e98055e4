"""Expert pruning: three rankings, and the resulting list of experts to keep."""

from __future__ import annotations

import numpy as np

from ..trace import Counts, Doubles
from .metric import Metric

FREQUENCY = Metric(
    "frequency", "assignments that an expert received", "the baseline of REAP, arXiv 2510.13999", per="expert"
)
GATE_MASS = Metric(
    "gate_mass",
    "sum of the combine weights that an expert received",
    "the baseline 'gate-weighted frequency' of REAP, arXiv 2510.13999",
    needs="weights",
    per="expert",
)
REAP = Metric(
    "reap",
    "mean over its tokens of combine weight * norm of the expert's output",
    "Lasby et al. 2025, REAP, arXiv 2510.13999",
    needs="activations",
    per="expert",
)
RANKINGS = (FREQUENCY, GATE_MASS, REAP)


def reap(weighted_norms: Doubles, loads: Counts) -> Doubles:
    """Returns REAP's score: sums of weight * output norm [..., N], assignments [..., N] -> [..., N]."""
    result: Doubles = weighted_norms / np.maximum(loads, 1)
    return result


def kept_experts(scores: Doubles, drop: float, least: int = 1) -> list[list[int]]:
    """Returns the ids to keep in each layer, ascending: scores [L, N] -> L lists.

    `drop`: share of each layer's experts to remove, in 0..1. `least`: minimum number of experts per layer.
    Raises ValueError if `drop` is outside 0..1.
    """
    if not 0 <= drop <= 1:
        raise ValueError(f"drop: expected a share in 0..1, got {drop}")
    n = scores.shape[-1]
    keep = max(least, n - int(np.floor(drop * n + 1e-9)))
    order = np.argsort(-scores, axis=-1, kind="stable")[:, :keep]
    return [sorted(row) for row in order.tolist()]
