"""Measures of load balance: loads [..., N] -> numbers [...]. `MEASURES` has formulas and sources.

c_i is the number of assignments that expert i of a layer received. State how many tokens were counted beside
each value: a small batch looks less balanced by chance.
"""

from __future__ import annotations

import numpy as np

from ..trace import Counts, Doubles, RoutingTrace
from .counts import counts
from .metric import Metric

MEASURES = (
    Metric("max_over_mean", "max(c) / mean(c)", "Shazeer et al. 2017, arXiv 1701.06538", balanced=1),
    Metric(
        "max_violation",
        "(max(c) - mean(c)) / mean(c)",
        "Wang et al. 2024, arXiv 2408.15664, eq. 4",
        balanced=0,
    ),
    Metric("entropy", "-sum(q ln q) / ln N, q = c / sum(c)", "Shannon 1948", balanced=1),
    Metric("dropped_share", "1 - kept / assigned", "Fedus et al. 2022, arXiv 2101.03961", balanced=0),
    Metric(
        "switch_loss",
        "N sum(f_i P_i), f_i = share of tokens whose first choice is i, P_i = mean gate score of i",
        "Fedus et al. 2022, arXiv 2101.03961, without its factor alpha",
        needs="scores",
        balanced=1,
    ),
)
SPREAD = (  # for an atlas; the load panel of the page shows `MEASURES`
    Metric("min_violation", "min(c) / mean(c) - 1", "verl, `rollout/moe/min_vio`", balanced=0),
    Metric("avg_violation", "mean of |c / mean(c) - 1|", "verl, `rollout/moe/avg_vio`", balanced=0),
    Metric(
        "variation",
        "standard deviation of c / mean(c)",
        "Shazeer et al. 2017, arXiv 1701.06538, eq. 7, whose loss squares it",
        balanced=0,
    ),
    Metric("jain", "sum(c)^2 / (N sum(c^2))", "Jain, Chiu and Hawe 1984, DEC-TR-301", balanced=1),
    Metric("kl_to_uniform", "ln N + sum(q ln q)", "Kullback and Leibler 1951", unit="nats", balanced=0),
    Metric("dead_experts", "experts with c = 0", "Moescope", unit="experts", balanced=0),
    Metric(
        "mass_gap",
        "sum |mass share - assignment share| / 2: the share of gate mass that goes to other experts "
        "than the assignments do",
        "total variation distance",
        needs="weights",
        balanced=0,
    ),
)


def shares(loads: Counts) -> Doubles:
    """Returns each expert's share of its layer's assignments: [..., N] -> [..., N]; 0 in an empty layer."""
    result: Doubles = loads / np.maximum(loads.sum(axis=-1, keepdims=True), 1)
    return result


def max_over_mean(loads: Counts) -> Doubles:
    """Returns the load of the fullest expert over the mean: [..., N] -> [...]; 1 in an empty layer."""
    total = loads.sum(axis=-1)
    result: Doubles = np.where(total > 0, loads.max(axis=-1) * loads.shape[-1] / np.maximum(total, 1), 1.0)
    return result


def max_violation(loads: Counts) -> Doubles:
    """Returns MaxVio of this batch: [..., N] -> [...]. Papers average it over layers."""
    return max_over_mean(loads) - 1


def min_violation(loads: Counts) -> Doubles:
    """Returns the same for the least loaded expert, in -1..0: [..., N] -> [...]."""
    total = loads.sum(axis=-1)
    result: Doubles = np.where(total > 0, loads.min(axis=-1) * loads.shape[-1] / np.maximum(total, 1), 1.0)
    return result - 1


def avg_violation(loads: Counts) -> Doubles:
    """Returns the mean distance of an expert's load from the mean, over the mean: [..., N] -> [...]."""
    mean = loads.mean(axis=-1, keepdims=True)
    result: Doubles = (np.abs(loads - mean) / np.where(mean > 0, mean, 1)).mean(axis=-1)
    return result


def variation(loads: Counts) -> Doubles:
    """Returns the coefficient of variation, with the population's deviation: [..., N] -> [...]."""
    mean = loads.mean(axis=-1)
    result: Doubles = np.where(mean > 0, loads.std(axis=-1) / np.where(mean > 0, mean, 1), 0.0)
    return result


def jain(loads: Counts) -> Doubles:
    """Returns Jain's fairness index, from 1 / N to 1: [..., N] -> [...]; 1 in an empty layer."""
    squares = (loads.astype(np.float64) ** 2).sum(axis=-1)
    total = loads.sum(axis=-1, dtype=np.float64)
    result: Doubles = np.where(
        squares > 0, total**2 / (loads.shape[-1] * np.where(squares > 0, squares, 1)), 1.0
    )
    return result


def nats(share: Doubles) -> Doubles:
    """Returns the Shannon entropy over the last axis, in nats."""
    result: Doubles = -(share * np.log(np.where(share > 0, share, 1))).sum(axis=-1)
    return result


def entropy(loads: Counts) -> Doubles:
    """Returns the entropy of the load over ln N: [..., N] -> [...], in 0..1; 1 if N is 1."""
    experts = loads.shape[-1]
    result: Doubles = nats(shares(loads)) / np.log(experts) if experts > 1 else np.ones(loads.shape[:-1])
    return result


def kl_to_uniform(loads: Counts) -> Doubles:
    """Returns the divergence of the load from uniform, nats: [..., N] -> [...]; 0 in an empty layer."""
    result: Doubles = np.log(loads.shape[-1]) - nats(shares(loads))
    return np.where(loads.sum(axis=-1) > 0, np.maximum(result, 0), 0.0)


def dead_experts(loads: Counts) -> Counts:
    """Counts the experts without any assignment: [..., N] -> [...]."""
    result: Counts = (loads == 0).sum(axis=-1)
    return result


def mass_gap(loads: Counts, mass: Doubles) -> Doubles:
    """Returns half the L1 distance between shares of mass and of assignments: twice [..., N] -> [...]."""
    share = mass / np.maximum(mass.sum(axis=-1, keepdims=True), np.finfo(float).tiny)
    result: Doubles = np.abs(share - shares(loads)).sum(axis=-1) / 2
    return result


def dropped_share(trace: RoutingTrace) -> Doubles:
    """Returns the share of each layer's assignments that were over capacity: [L]."""
    assigned = counts(trace).sum(axis=-1)
    result: Doubles = 1 - counts(trace, kept=True).sum(axis=-1) / np.maximum(assigned, 1)
    return np.where(assigned > 0, result, 0.0)


def balance_loss(first: Counts, scores: Doubles, tokens: int) -> Doubles:
    """Returns the Switch balance loss without alpha: first choices and score sums [L, N] -> [L].

    N if one expert has everything. Affinities that do not sum to 1 are normalised first, as in
    DeepSeek-V3. Layers are separate: pooled over layers, collapses onto different experts would cancel
    out.
    """
    result: Doubles = first.shape[-1] * (first * scores).sum(axis=-1) / max(tokens, 1) ** 2
    return result


def over_layers(values: Doubles) -> dict[str, float]:
    """Returns percentiles of one measure over layers: [L] -> least, p10, median, p90, most, mean."""
    least, p10, median, p90, most = np.percentile(values, (0, 10, 50, 90, 100)).tolist()
    return {
        "least": least,
        "p10": p10,
        "median": median,
        "p90": p90,
        "most": most,
        "mean": float(values.mean()),
    }
