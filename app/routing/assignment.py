"""Balanced by construction: the whole batch is looked at together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.routing.choice import Routed, at, best, sigmoid, softmax
from app.trace import Floats, Ints


def base(logits: Floats, k: int) -> Routed:
    """The assignment with the largest sum of logits in which every expert has equally many tokens.

    Lewis et al. 2021, "BASE Layers", arXiv 2103.16716: in training; at inference each token takes
    its best expert, balanced or not. The weight is the sigmoid of the logit; the token itself enters with
    what is missing to 1. The paper has k = 1; for more, one assignment follows another.
    """
    tokens, count = logits.shape
    experts = np.full((tokens, k), -1, np.int32)
    loads = np.zeros(count, np.int64)
    left = logits.astype(np.float64)
    for choice in range(k):
        limit = -(-tokens * (choice + 1) // count)  # ceil(T (choice + 1) / N), for all choices so far
        experts[:, choice] = assign(left, limit - loads)
        loads += np.bincount(experts[:, choice], minlength=count)
        left[np.arange(tokens), experts[:, choice]] = -np.inf
    scores = sigmoid(logits)
    return Routed(scores, experts, at(scores, experts))


def assign(values: NDArray[np.float64], room: NDArray[np.int64]) -> Ints:
    """An expert for each token so that the sum of values [T, N] is largest and none exceeds its room [N].

    Earlier choices are -inf. Where nearly all experts are chosen, these may leave a token without room: then
    every expert has one seat more.
    """
    from scipy.optimize import linear_sum_assignment

    seats = np.repeat(np.arange(len(room)), np.clip(room, 0, len(values)))  # one column a seat
    try:
        rows, columns = linear_sum_assignment(values[:, seats], maximize=True)
    except ValueError:
        return assign(values, room + 1)
    chosen: Ints = seats[columns[np.argsort(rows)]].astype(np.int32)
    return chosen


def expert_choice(logits: Floats, k: int, capacity: int) -> Routed:
    """Each expert takes the `capacity` tokens that score highest with it, weighted by their probabilities.

    Zhou et al. 2022, "Mixture-of-Experts with Expert Choice Routing", arXiv 2202.09368. A token
    has between none and all of the experts; there are as many columns as the luckiest token needs, at least
    k. It looks at later tokens, which a model that writes text cannot.
    """
    scores = softmax(logits)  # [T, N]
    tokens, count = scores.shape
    taken = np.zeros((tokens, count), np.bool_)
    picks = best(
        np.ascontiguousarray(scores.T), min(capacity, tokens)
    )  # [N, T] -> [N, C], tokens of each expert
    taken[picks, np.arange(count)[:, None]] = True
    width = max(k, int(taken.sum(axis=-1).max()))
    experts = best(np.where(taken, scores, np.float32(-1)), width)
    chosen = taken[np.arange(tokens)[:, None], experts]  # [T, K]
    return Routed(scores, np.where(chosen, experts, -1), np.where(chosen, at(scores, experts), np.float32(0)))
