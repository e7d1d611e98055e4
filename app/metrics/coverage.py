"""Concentration: what share of the assignments the n busiest experts of a layer hold."""

from __future__ import annotations

import numpy as np

from ..trace import Counts, Doubles
from .metric import Metric

COVERAGE = Metric(
    "coverage",
    "share of a layer's assignments that its n busiest experts hold, for n from 1 to N; n / N if even",
    "Megatron-LM, tools/moe_routing/analyze_routing_concentration.py, `topk_coverage`",
)


def coverage(loads: Counts) -> Doubles:
    """Returns the coverage curve: loads [..., N] -> [..., N]; entry n - 1 is the share of the n busiest."""
    busiest = -np.sort(-loads, axis=-1)
    total = np.maximum(loads.sum(axis=-1, keepdims=True), 1)
    result: Doubles = busiest.cumsum(axis=-1) / total
    return result
