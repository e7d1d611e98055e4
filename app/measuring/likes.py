"""Which tokens an expert likes."""

from __future__ import annotations

import numpy as np

from ..trace import Ints

FEWEST = 3  # times that an expert must have received a token for us to say that it likes it
MOST = 5  # tokens an expert


def likes(experts: Ints, ids: Ints, size: int, vocabulary: int) -> list[list[tuple[int, int, int]]]:
    """For each expert of a layer the tokens that it likes most: (id, times it received it, times it occurs).

    Experts [T, K], ids [T]. Ordered by count * ln(count / expected), where expected is what the expert would
    receive if the token went where all tokens go: a token must be frequent here and rarer elsewhere. This is
    the token's part of the mutual information of tokens and experts.
    """
    pairs = experts * vocabulary + ids[:, None]
    counts = np.bincount(pairs[experts >= 0], minlength=size * vocabulary).reshape(size, vocabulary)
    occurs = np.bincount(ids, minlength=vocabulary)
    load = counts.sum(axis=1, keepdims=True) / len(ids)  # choices a token, [N, 1]
    expected = load * occurs  # [N, V]
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where(counts >= FEWEST, counts * np.log(counts / expected), -np.inf)
    found = []
    for expert, row in enumerate(np.argsort(-score, axis=-1, kind="stable")[:, :MOST].tolist()):
        found.append([(id, int(counts[expert, id]), int(occurs[id])) for id in row if score[expert, id] > 0])
    return found
