"""How far apart groups of tokens go, and how far they would without any learning."""

from __future__ import annotations

import numpy as np

from ..measuring.heldout_pass import Doubles
from ..trace import Floats, Ints
from .balance import Counts, shares


def divergence(groups: Counts) -> Doubles:
    """How far apart the loads of G groups of tokens are: [G, L, N] -> [L], bits; 0 equal, log2 G apart.

    Jensen-Shannon, each group weighing the same (Lin 1991, "Divergence measures based on the Shannon
    entropy").
    """
    share = np.stack([shares(loads) for loads in groups])  # [G, L, N]
    result: Doubles = bits(share.mean(axis=0)) - bits(share).mean(axis=0)
    return np.maximum(result, 0)


def bits(share: Doubles) -> Doubles:
    """Shannon entropy over the last axis, in bits."""
    result: Doubles = -(share * np.log2(np.where(share > 0, share, 1))).sum(axis=-1)
    return result


def by_chance(tokens: int, experts: int, k: int, random: np.random.Generator) -> Ints:
    """k different experts for each token, all equally likely: [T, k]."""
    return random.random((tokens, experts)).argsort(axis=-1)[:, :k].astype(np.int32)


def by_random_weights(inputs: Floats, experts: int, k: int, random: np.random.Generator) -> Ints:
    """The k best of a router that was never trained: inputs [T, D] -> [T, k]."""
    matrix = random.standard_normal((inputs.shape[-1], experts)).astype(np.float32)
    return np.argsort(-np.dot(inputs, matrix), axis=-1)[:, :k].astype(np.int32)


def group_loads(experts: Ints, groups: Ints, count: int, size: int) -> Counts:
    """Assignments by group of the token: experts [T, K], groups [T] -> [G, N]."""
    flat = np.bincount((groups[:, None] * size + experts).ravel(), minlength=count * size)
    return flat.reshape(count, size).astype(np.int64)
