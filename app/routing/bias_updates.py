"""Loads evened out without a loss: the selection bias that DeepSeek-V3 moves after every batch.

Wang et al. 2024, "Auxiliary-Loss-Free Load Balancing Strategy for Mixture-of-Experts", arXiv 2408.15664,
algorithm 1. The bias chooses and does not weigh, and no gradient flows through it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ..metrics.balance import Counts
from ..trace import Floats
from . import Router


@dataclass(frozen=True)
class Batch:
    """One batch on the way to balance."""

    bias: Floats  # [N] that it was routed with
    counts: Counts  # [N] assignments, those over capacity too


def update(bias: Floats, counts: Counts, rate: float) -> Floats:
    """b_i + rate * sign(mean(c) - c_i): overloaded experts lose, underloaded ones gain. [..., N]"""
    steps = np.sign(counts.mean(axis=-1, keepdims=True) - counts)
    result: Floats = (bias + rate * steps).astype(np.float32)
    return result


def batches(router: Router, logits: Iterable[Floats], k: int, rate: float) -> Iterator[Batch]:
    """Route one layer's batches [T, N] in turn, each with the bias that follows from those before it."""
    bias: Floats | None = None
    for rows in logits:
        if bias is None:
            bias = np.zeros(rows.shape[-1], np.float32)
        chosen = router.with_bias(bias[None]).route(rows, k).experts
        batch = Batch(bias, np.bincount(chosen[chosen >= 0], minlength=len(bias)))
        yield batch
        bias = update(bias, batch.counts, rate)


def settled(router: Router, logits: Floats, k: int, updates: int, rate: float) -> Router:
    """The router with the bias that so many updates on one batch, logits [T, L, N], leave in each layer."""
    return router.with_bias(settle(router, logits.swapaxes(0, 1), k, updates, rate))


def settle(router: Router, rows: Floats, k: int, updates: int, rate: float) -> Floats:
    """The bias [L, N] that so many updates on one batch, logits [L, T, N], leave: the last of `batches`.

    What does not change from batch to batch is computed once, and all layers go together.
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
