"""Token choice with a capacity: an expert takes so many tokens of a batch, first come first served."""

from __future__ import annotations

import numpy as np

from ..trace import Bools, Floats, Ints
from .topk import Routed, at, best, softmax


def capacity_of(tokens: int, experts: int, factor: float) -> int:
    """How many tokens an expert takes: int(T * factor / N), at least 1.

    Fedus et al. 2022, "Switch Transformers", arXiv 2101.03961. Its code asks for at least 4.
    """
    return max(1, int(tokens * factor / experts))


def over_capacity(experts: Ints, count: int, capacity: int) -> Bools:
    """Which choices [T, K] find their expert full. All first choices queue before any second one.

    A choice counts in the queue whether it is kept or not; -1 queues nowhere.
    """
    order = experts.T.ravel()  # [T, K] -> [K * T], by choice, then by token
    queues = np.argsort(order, kind="stable")  # choices of one expert side by side, still in order
    lengths = np.bincount(order + 1, minlength=count + 1)
    starts = np.concatenate([[0], lengths.cumsum()[:-1]])  # where each expert's queue starts
    places = np.empty(len(order), np.int64)
    places[queues] = np.arange(len(order)) - np.repeat(starts, lengths)
    full = (places >= capacity) & (order >= 0)
    return full.reshape(experts.shape[::-1]).T


def switch(logits: Floats, capacity: int) -> Routed:
    """The one best expert, weighted by its probability; where it is full the token is dropped.

    Fedus et al. 2022, "Switch Transformers", arXiv 2101.03961; a dropped token is passed by.
    """
    return dropping(logits, 1, capacity)


def st_moe(logits: Floats, capacity: int) -> Routed:
    """The two best experts, weighted by their probabilities; dropped where full.

    Zoph et al. 2022, "ST-MoE", arXiv 2202.08906; `metrics.z_loss` is its router z-loss.
    """
    return dropping(logits, 2, capacity)


def dropping(logits: Floats, k: int, capacity: int) -> Routed:
    """The k best experts, weighted by their probabilities, 0 where full."""
    scores = softmax(logits)  # [T, N]
    experts = best(scores, k)  # [T, N] -> [T, K]
    full = over_capacity(experts, scores.shape[-1], capacity)
    return Routed(scores, experts, np.where(full, np.float32(0), at(scores, experts)), full)


def gshard(logits: Floats, capacity: int, draws: Floats) -> Routed:
    """The two best experts, p1 / (p1 + p2) and p2 / (p1 + p2); the second with probability twice its weight.

    Lepikhin et al. 2021, "GShard", arXiv 2006.16668, algorithm 1; draws [T] are uniform in 0..1. A second
    choice that is not drawn leaves its place empty (-1), yet takes one in the queue, as in the algorithm.
    """
    scores = softmax(logits)  # [T, N]
    experts = best(scores, 2)  # [T, N] -> [T, 2]
    gates = at(scores, experts)
    gates /= gates.sum(axis=-1, keepdims=True)
    full = over_capacity(experts, scores.shape[-1], capacity)
    drawn = np.ones(experts.shape, np.bool_)
    drawn[:, 1] = 2 * gates[:, 1] > draws
    kept = drawn & ~full
    return Routed(scores, np.where(drawn, experts, -1), np.where(kept, gates, np.float32(0)), full & drawn)
