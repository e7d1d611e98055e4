"""Computes the numbers that captions state from the routing of their view."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..metrics.balance import dropped_share, max_violation
from ..metrics.counts import counts, kept_choices, pairs_hit
from ..trace import RoutingTrace


def figures_of(trace: RoutingTrace) -> dict[str, float]:
    """Returns the figures of a trace by name.

    Loads are counted over the whole prompt; means are over layers.
    """
    shape, loads = trace.header.shape, counts(trace)
    kept = kept_choices(trace)
    figures: dict[str, Any] = {
        "tokens": len(trace.header.tokens),
        "layers": shape.layers,
        "experts": shape.experts,
        "k": shape.top_k,
        "assignments": loads[0].sum(),  # in the first layer
        "pairs": shape.layers * shape.experts,
        "experts_hit": pairs_hit(trace)[-1, -1],
        "experts_a_token": shape.layers * shape.top_k,
        "total_p": shape.total_p,
        "active_p": shape.active_p,
        "whole_total": shape.total_p + shape.rest,
        "whole_active": shape.active_p + shape.rest,
        "max_violation": max_violation(loads).mean(),
        "dropped_percent": 100 * dropped_share(trace).mean(),
        "unserved": np.count_nonzero(~kept.any(axis=-1)),  # (token, layer) pairs without an expert
        "least": loads.min(),  # tokens of the least loaded expert
        "most": loads.max(),
    }
    return {name: float(figure) for name, figure in figures.items()}


def agrees(stated: float, found: float) -> bool:
    """Returns whether a stated figure equals the found one, rounded to its last written digit."""
    text = repr(float(stated))
    digits = 0 if text.endswith(".0") else len(text.partition(".")[2])
    return abs(stated - found) <= 0.5 * 10.0**-digits + 1e-9
