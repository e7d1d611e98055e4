"""Loss-free load balancing: the selection bias that DeepSeek-V3 updates after every batch.

Wang et al. 2024, "Auxiliary-Loss-Free Load Balancing Strategy for Mixture-of-Experts", arXiv 2408.15664,
algorithm 1. The bias affects selection, not weights, and has no gradient.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..trace import Floats
from . import Router


def update(bias: Floats, counts: NDArray[np.integer], rate: float) -> Floats:
    """Returns b_i + rate * sign(mean(c) - c_i), [..., N]: lower for overloaded experts, else higher."""
    steps = np.sign(counts.mean(axis=-1, keepdims=True) - counts)
    result: Floats = (bias + rate * steps).astype(np.float32)
    return result


def with_updated_bias(router: Router, logits: Floats, k: int, updates: int, rate: float) -> Router:
    """Returns the router with its bias [L, N] after `updates` steps on one batch of logits [T, L, N]."""
    return router.with_bias(bias_after_updates(router, logits.swapaxes(0, 1), k, updates, rate))


def bias_after_updates(router: Router, rows: Floats, k: int, updates: int, rate: float) -> Floats:
    """Returns the bias [L, N] after `updates` steps on one batch of logits [L, T, N].

    The scores are computed once, and all layers go together. Raises ValueError for a router without a bias.
    """
    if router.selection is None:
        raise ValueError(f"bias: expected a router that selects with a bias, got {router.name}")
    layers, _, experts = rows.shape
    scores = router.selection.scores(np.ascontiguousarray(rows))
    bias = np.zeros((layers, experts), np.float32)
    for _ in range(updates):
        chosen = router.chosen((scores + bias[:, None]).reshape(-1, experts), k)
        bias = update(bias, chosen.reshape(scores.shape).sum(axis=1), rate)
    return bias
