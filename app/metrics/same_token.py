"""The similarity of routings of the same token in different contexts."""

from __future__ import annotations

import numpy as np

from ..trace import Floats, Ints
from .metric import Metric

SAME_TOKEN = Metric(
    "same_token",
    "weighted Jaccard index, sum(min(w, w')) / sum(max(w, w')), of the combine weights of two occurrences of "
    "a token id; mean over neighbouring occurrences in the corpus. Beside it the same for two different ids",
    "arXiv 2606.22798, which compares all pairs of occurrences; neighbours cost one pass",
    needs="weights",
)


def weighted_jaccard(a: Ints, wa: Floats, b: Ints, wb: Floats) -> Floats:
    """Returns the index of each row: experts and weights [T, K] twice -> [T]; 1 if both are empty."""
    wa, wb = np.where(a >= 0, wa, 0), np.where(b >= 0, wb, 0)
    equal = (a[:, :, None] == b[:, None, :]) & (a[:, :, None] >= 0)
    shared = np.where(equal, np.minimum(wa[:, :, None], wb[:, None, :]), 0).sum(axis=(1, 2))
    union = wa.sum(axis=1) + wb.sum(axis=1) - shared
    result: Floats = np.where(union > 0, shared / np.where(union > 0, union, 1), 1.0)
    return result


def same_token(experts: Ints, weights: Floats, ids: Ints) -> dict[str, float]:
    """Returns the mean index of neighbouring occurrences of one id, and of different ids: [T, K], [T].

    Keys: `same`, `different`, `pairs` (of one id). 0 if there is no pair.
    """
    order = np.argsort(ids, kind="stable")
    first, second = order[:-1], order[1:]
    alike = ids[first] == ids[second]
    half = len(ids) // 2
    other = np.arange(half)
    unlike = ids[other] != ids[other + half]
    return {
        "same": mean_index(experts, weights, first[alike], second[alike]),
        "different": mean_index(experts, weights, other[unlike], other[unlike] + half),
        "pairs": float(alike.sum()),
    }


def mean_index(experts: Ints, weights: Floats, one: Ints, other: Ints) -> float:
    """Returns the mean index over pairs of rows; 0 without pairs."""
    if not len(one):
        return 0.0
    return float(weighted_jaccard(experts[one], weights[one], experts[other], weights[other]).mean())
