"""Groups of tokens per expert: domains, languages, token classes, positions, token ids."""

from __future__ import annotations

import numpy as np

from ..trace import Counts, Doubles, Ints
from .counts import expert_counts
from .metric import Metric

DOMAIN = Metric(
    "domain_specialisation",
    "share of a group's tokens that go to an expert; k / N if the router did not look at the group",
    "OLMoE, arXiv 2409.02060, section 5.3: domain specialization, N(E, D) / N(D)",
    per="expert",
)
TOKEN_ID = Metric(
    "token_specialisation",
    "share of a token id's occurrences that go to the expert which receives it most, mean over ids",
    "OLMoE, run_moe_analysis.py, `print_avg`: each id counts once, however rare. The text of section 5.4 "
    "defines it for an (expert, id) pair",
)
POSITION = Metric(
    "position_specialisation",
    "Jensen-Shannon divergence of the loads of positions 0, 1, 2-3, 4-7, ... (powers of two)",
    "arXiv 2504.04444 asks the question; buckets are Moescope's",
    unit="bits",
)


def group_counts(experts: Ints, groups: Ints, count: int, n: int) -> Counts:
    """Counts assignments by group of the token: [T, K], groups [T] (-1: none) -> [count, n]."""
    cells = np.where((experts >= 0) & (groups[:, None] >= 0), groups[:, None] * n + experts, -1)
    return expert_counts(cells, count * n).reshape(count, n)


def domain_shares(counts: Counts, tokens: Counts) -> Doubles:
    """Returns the share of each group's tokens that go to an expert: [G, N], tokens [G] -> [G, N]."""
    result: Doubles = counts / np.maximum(tokens[:, None], 1)
    return result


def token_specialisation(experts: Ints, ids: Ints, n: int) -> float:
    """Returns the mean share of an id's occurrences at its most frequent expert: [T, K], [T]."""
    seen, numbers, occurs = np.unique(ids, return_inverse=True, return_counts=True)
    if not len(seen):
        return 0.0
    counts = group_counts(experts, numbers.astype(np.int32), len(seen), n)
    return float((counts.max(axis=1) / occurs).mean())


def position_buckets(positions: Ints) -> Ints:
    """Assigns positions to buckets by powers of two: 0 -> 0, 1 -> 1, 2-3 -> 2, 4-7 -> 3, ... [T] -> [T]."""
    return np.ceil(np.log2(positions.astype(np.float64) + 1)).astype(np.int32)


def bucket_name(bucket: int) -> str:
    """Returns the positions of a bucket as text: "0", "1", "2-3", "4-7"."""
    first = 1 << (bucket - 1) if bucket else 0
    return str(first) if bucket < 2 else f"{first}-{2 * first - 1}"
