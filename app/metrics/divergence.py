"""Divergence of routings: of load distributions, and of choices token by token."""

from __future__ import annotations

import numpy as np

from ..trace import Counts, Doubles, Ints
from .balance import nats, shares
from .metric import Metric

DIVERGENCE = Metric(
    "divergence",
    "Jensen-Shannon divergence of the loads of G groups, each with the same weight; 0 equal, log2 G apart",
    'Lin 1991, "Divergence measures based on the Shannon entropy"',
    unit="bits",
)
FLIPS = Metric(
    "flips",
    "share of tokens whose set of chosen experts differs between two routings of the same tokens",
    "arXiv 2510.11370",
)
OVERLAP = Metric(
    "overlap",
    "|A and B| / |A or B| of a token's two sets of experts, mean over tokens",
    "arXiv 2606.00395",
)


def divergence(groups: Counts) -> Doubles:
    """Returns the Jensen-Shannon divergence of G loads: [G, ..., N] -> [...], bits."""
    share = np.stack([shares(loads) for loads in groups])  # [G, ..., N]
    result: Doubles = bits(share.mean(axis=0)) - bits(share).mean(axis=0)
    return np.maximum(result, 0)


def bits(share: Doubles) -> Doubles:
    """Returns the Shannon entropy over the last axis, in bits."""
    result: Doubles = nats(share) / np.log(2)
    return result


def shared_choices(a: Ints, b: Ints) -> Counts:
    """Counts the experts that both sets of a token hold: [..., K], [..., K'] -> [...]. -1 is no expert."""
    equal = (a[..., :, None] == b[..., None, :]) & (a[..., :, None] >= 0)
    result: Counts = equal.any(axis=-1).sum(axis=-1)
    return result


def flipped(a: Ints, b: Ints) -> Counts:
    """Marks the rows whose sets differ: [..., K], [..., K'] -> [...], 0 or 1."""
    shared = shared_choices(a, b)
    result: Counts = ((shared != (a >= 0).sum(axis=-1)) | (shared != (b >= 0).sum(axis=-1))).astype(np.int64)
    return result


def flip_share(a: Ints, b: Ints) -> Doubles:
    """Returns the share of tokens that flip: [T, ..., K] twice -> [...]."""
    result: Doubles = flipped(a, b).mean(axis=0)
    return result


def overlap(a: Ints, b: Ints) -> Doubles:
    """Returns the mean Jaccard index of the sets: [T, ..., K] twice -> [...]; two empty sets are equal."""
    shared = shared_choices(a, b)
    union = (a >= 0).sum(axis=-1) + (b >= 0).sum(axis=-1) - shared
    result: Doubles = np.where(union > 0, shared / np.maximum(union, 1), 1.0).mean(axis=0)
    return result
