"""Co-activation: experts of a layer that are chosen for the same token."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from ..trace import Counts, Doubles, Ints
from .metric import Metric

COACTIVATION = Metric(
    "coactivation",
    "P(b chosen | a chosen): tokens that choose both over tokens that choose a",
    "OLMoE, arXiv 2409.02060, section 5.2. Its script `do_correlation_analysis` pairs only neighbours in the "
    "order of choice: `neighbour_pairs` here",
    per="pair",
)


def pair_counts(experts: Ints, n: int) -> Counts:
    """Counts the tokens that choose both of two experts: [T, K] -> [n, n], symmetric, diagonal 0."""
    pairs = np.zeros((n, n), np.int64)
    for first, second in combinations(range(experts.shape[-1]), 2):
        pairs += ordered_pairs(experts[:, first], experts[:, second], n)
    return pairs + pairs.T


def neighbour_pairs(experts: Ints, n: int) -> Counts:
    """Counts pairs as OLMoE's script does: choice i with choice i + 1 only: [T, K] -> [n, n]."""
    pairs = np.zeros((n, n), np.int64)
    for first in range(experts.shape[-1] - 1):
        pairs += ordered_pairs(experts[:, first], experts[:, first + 1], n)
    return pairs + pairs.T


def ordered_pairs(a: Ints, b: Ints, n: int) -> Counts:
    """Counts (a, b) row by row: twice [T] -> [n, n]; rows with an empty choice do not count."""
    if a.min(initial=0) < 0 or b.min(initial=0) < 0:  # most layers have none, so no copies are made
        both = (a >= 0) & (b >= 0)
        a, b = a[both], b[both]
    cells = np.multiply(a, n, dtype=np.intp) + b
    return np.bincount(cells, minlength=n * n).reshape(n, n).astype(np.int64)


def conditional(pairs: Counts, loads: Counts) -> Doubles:
    """Returns P(b | a): pairs [n, n], loads [n] -> [n, n]; row a. 0 if a was never chosen."""
    result: Doubles = pairs / np.maximum(loads[:, None], 1)
    return result


def lift(pairs: Counts, loads: Counts, tokens: int) -> Doubles:
    """Returns P(a and b) / (P(a) P(b)): 1 if choices were independent; [n, n], [n] -> [n, n]."""
    expected = loads[:, None].astype(np.float64) * loads[None, :]
    result: Doubles = pairs * float(tokens) / np.where(expected > 0, expected, 1)
    return result
