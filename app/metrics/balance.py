"""How evenly a trace loads the experts: trace -> numbers. Formulas and sources: `MEASURES`.

Letters as everywhere: T tokens, L layers, N experts, K choices a token and layer. c_i counts the assignments
that expert i of a layer received. All measures are per layer, [L]; say how many tokens were counted, because
small batches look less balanced by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..trace import RoutingTrace

Counts = NDArray[np.int64]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """One way to say how even a load is."""

    name: str
    formula: str
    source: str
    balanced: Literal[0, 1]  # its value where every expert receives the same


MEASURES = (
    Measure("max_over_mean", "max(c) / mean(c)", "Shazeer et al. 2017, arXiv 1701.06538", 1),
    Measure("max_violation", "(max(c) - mean(c)) / mean(c)", "Wang et al. 2024, arXiv 2408.15664, eq. 4", 0),
    Measure("entropy", "-sum(q ln q) / ln N, q = c / sum(c)", "Shannon 1948", 1),
    Measure("dropped_share", "1 - kept / assigned", "Fedus et al. 2022, arXiv 2101.03961", 0),
    Measure(
        "switch_loss",
        "N sum(f_i P_i), f_i = share of tokens whose first choice is i, P_i = mean gate score of i",
        "Fedus et al. 2022, arXiv 2101.03961, without its factor alpha",
        1,
    ),
)


def counts(trace: RoutingTrace, kept: bool = False) -> Counts:
    """Assignments to each expert: [L, N]; those over capacity count too, unless only the `kept` shall."""
    experts, shape = trace.experts, trace.header.shape
    chosen = experts >= 0  # [T, L, K]
    if kept and trace.dropped is not None:
        chosen &= ~trace.dropped
    cells = experts + np.arange(shape.layers)[:, None] * shape.experts  # (layer, expert) as one number
    flat = np.bincount(cells[chosen], minlength=shape.layers * shape.experts)
    return flat.reshape(shape.layers, shape.experts).astype(np.int64)


def shares(loads: Counts) -> Doubles:
    """Each expert's share of its layer's assignments: [L, N] -> [L, N]; 0 in a layer without any."""
    result: Doubles = loads / np.maximum(loads.sum(axis=-1, keepdims=True), 1)
    return result


def max_over_mean(loads: Counts) -> Doubles:
    """The fullest expert against the mean one: [L, N] -> [L]; 1 in a layer without any assignment."""
    total = loads.sum(axis=-1)
    result: Doubles = np.where(total > 0, loads.max(axis=-1) * loads.shape[-1] / np.maximum(total, 1), 1.0)
    return result


def max_violation(loads: Counts) -> Doubles:
    """MaxVio of this batch: [L, N] -> [L]. Papers average it over layers."""
    return max_over_mean(loads) - 1


def entropy(loads: Counts) -> Doubles:
    """Entropy of the load against an even one's: [L, N] -> [L], in 0..1; 1 where there is one expert."""
    share = shares(loads)
    bits = -(share * np.log(np.where(share > 0, share, 1))).sum(axis=-1)
    experts = loads.shape[-1]
    result: Doubles = bits / np.log(experts) if experts > 1 else np.ones(len(loads))
    return result


def dropped_share(trace: RoutingTrace) -> Doubles:
    """The share of each layer's assignments that were over capacity: [L]."""
    assigned = counts(trace).sum(axis=-1)
    result: Doubles = 1 - counts(trace, kept=True).sum(axis=-1) / np.maximum(assigned, 1)
    return np.where(assigned > 0, result, 0.0)


def switch_loss(trace: RoutingTrace) -> Doubles:
    """The Switch load-balancing loss of each layer, without alpha: [L]; N where one expert has everything.

    Affinities that do not sum to 1 (sigmoid routers) are normalised first, as DeepSeek-V3 does. Layers stay
    apart: pooled over layers, collapses onto different experts would cancel out.
    """
    return balance_loss(first_choices(trace), score_sums(trace), len(trace.experts))


def balance_loss(first: Counts, scores: Doubles, tokens: int) -> Doubles:
    """The same from first choices [L, N] and sums of normalised gate scores [L, N] of so many tokens: [L]"""
    result: Doubles = first.shape[-1] * (first * scores).sum(axis=-1) / max(tokens, 1) ** 2
    return result


def first_choices(trace: RoutingTrace) -> Counts:
    """Of how many tokens each expert is the first choice: [L, N]"""
    experts = np.arange(trace.header.shape.experts)
    first: Counts = (trace.experts[..., :1] == experts).sum(axis=0)  # [T, L, 1], [N] -> [L, N]
    return first


def score_sums(trace: RoutingTrace) -> Doubles:
    """Gate scores, each token's divided by their sum, over all tokens: [L, N]"""
    scores = trace.scores.astype(np.float64)  # [T, L, N]
    result: Doubles = (scores / scores.sum(axis=-1, keepdims=True)).sum(axis=0)
    return result


def z_loss(logits: NDArray[np.float32]) -> Doubles:
    """The router z-loss of each layer, without coefficient: [T, L, N] -> [L]; (ln N)^2 at zero logits.

    Zoph et al. 2022, "ST-MoE", arXiv 2202.08906.
    """
    return z_sums(logits) / max(len(logits), 1)


def z_sums(logits: NDArray[np.float32]) -> Doubles:
    """The squared logsumexp of each layer's logits, over all tokens: [T, L, N] -> [L]"""
    peak = logits.max(axis=-1).astype(np.float64)
    size = np.log(np.exp(logits - peak[..., None]).sum(axis=-1)) + peak  # [T, L], logsumexp
    result: Doubles = (size**2).sum(axis=0)
    return result


def pairs_hit(trace: RoutingTrace) -> Counts:
    """EXPERTS_HIT: unique (layer, expert) pairs up to each event, by token, then from layer 1 up: [T, L]."""
    tokens, layers, _ = trace.experts.shape
    seen = np.zeros((layers, trace.header.shape.experts), np.bool_)
    new = np.zeros((tokens, layers), np.int64)
    for token, rows in enumerate(trace.experts):
        for layer, row in enumerate(rows):
            fresh = np.unique(row[row >= 0])
            new[token, layer] = np.count_nonzero(~seen[layer, fresh])
            seen[layer, fresh] = True
    return new.cumsum().reshape(tokens, layers)
