"""Counts of a trace: assignments, first choices, score sums and pairs hit.

Letters: T tokens, L layers, N experts per layer, K choices per token and layer.
"""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

from ..trace import Bools, Counts, Doubles, Floats, Ints, RoutingTrace


def expert_counts(experts: Ints, n: int, mask: Bools | None = None) -> Counts:
    """Counts the assignments to each expert: [T, ..., K] -> [..., n].

    A choice of -1 and a choice outside the mask do not count.
    """
    chosen = experts >= 0 if mask is None else (experts >= 0) & mask
    cells = flat_cells(experts, n)[chosen]
    rows = experts.shape[1:-1]
    return np.bincount(cells, minlength=prod(rows) * n).reshape(*rows, n).astype(np.int64)


def mass_counts(experts: Ints, weights: NDArray[np.floating], n: int) -> Doubles:
    """Sums the combine weights that each expert receives, its gate mass: [T, ..., K] twice -> [..., n]."""
    chosen = experts >= 0
    cells = flat_cells(experts, n)[chosen]
    rows = experts.shape[1:-1]
    masses = weights[chosen].astype(np.float64)
    sums: Doubles = np.bincount(cells, weights=masses, minlength=prod(rows) * n).astype(np.float64)
    return sums.reshape(*rows, n)


def flat_cells(experts: Ints, n: int) -> NDArray[np.int64]:
    """Returns numbers (row, expert) as one index: [T, ..., K] -> the same shape."""
    rows = experts.shape[1:-1]
    offsets = np.arange(prod(rows), dtype=np.int64).reshape(*rows, 1) * n
    result: NDArray[np.int64] = experts + offsets
    return result


def kept_choices(trace: RoutingTrace) -> Bools:
    """Marks the choices that an expert serves, neither empty nor dropped: [T, L, K]."""
    chosen: Bools = trace.experts >= 0
    return chosen if trace.dropped is None else chosen & ~trace.dropped


def counts(trace: RoutingTrace, kept: bool = False) -> Counts:
    """Counts assignments to each expert: [L, N]; `kept`: without those over capacity."""
    return expert_counts(trace.experts, trace.header.shape.experts, kept_choices(trace) if kept else None)


def first_choices(trace: RoutingTrace) -> Counts:
    """Counts the tokens that choose each expert first: [L, N]."""
    return expert_counts(trace.experts[..., :1], trace.header.shape.experts)


def score_sums(trace: RoutingTrace) -> Doubles:
    """Sums gate scores over tokens, each divided by its token's sum: [L, N]. Needs a trace with scores."""
    assert trace.scores is not None, "a trace without scores has no sums of them"
    scores = trace.scores.astype(np.float64)  # [T, L, N]
    result: Doubles = (scores / scores.sum(axis=-1, keepdims=True)).sum(axis=0)
    return result


def z_sums(logits: Floats) -> Doubles:
    """Sums the squared logsumexp of each layer's logits over tokens: [T, L, N] -> [L].

    Its mean over tokens is the router z-loss: Zoph et al. 2022, "ST-MoE", arXiv 2202.08906.
    """
    peak = logits.max(axis=-1).astype(np.float64)
    size = np.log(np.exp(logits - peak[..., None]).sum(axis=-1)) + peak  # [T, L], logsumexp
    result: Doubles = (size**2).sum(axis=0)
    return result


def pairs_hit(trace: RoutingTrace) -> Counts:
    """EXPERTS_HIT: counts unique (layer, expert) pairs up to each event: [T, L].

    Events go token by token, and within a token from layer 1 up.
    """
    tokens, layers, _ = trace.experts.shape
    seen = np.zeros((layers, trace.header.shape.experts), np.bool_)
    new = np.zeros((tokens, layers), np.int64)
    for token, rows in enumerate(trace.experts):
        for layer, row in enumerate(rows):
            fresh = np.unique(row[row >= 0])
            new[token, layer] = np.count_nonzero(~seen[layer, fresh])
            seen[layer, fresh] = True
    return new.cumsum().reshape(tokens, layers)
