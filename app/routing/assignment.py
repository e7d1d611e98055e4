"""Routing that is balanced by construction, from the logits of the whole batch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..references.references import cite
from ..trace import Floats, Ints
from .router import Router
from .router_settings import capacity_of
from .topk import LayerRouting, gather, sigmoid, softmax, top_k

FEW = 512  # tokens up to which the solver is fast without prices
ROUNDS = 20  # iterations for the prices
TINY = np.float32(1e-6)


def base(logits: Floats, k: int) -> LayerRouting:
    """Returns the assignment with the largest sum of logits in which all experts have equally many tokens.

    Lewis et al. 2021, "BASE Layers", arXiv 2103.16716, in training. At inference each token takes its best
    expert, balanced or not. The weight is the sigmoid of the logit; the residual has the rest to 1. The
    paper has k = 1; for k > 1, assignments are made one after another.
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
    return LayerRouting(scores, experts, gather(scores, experts))


def assign(values: NDArray[np.float64], room: NDArray[np.int64]) -> Ints:
    """Assigns an expert to each token: the largest sum of values [T, N] within the room [N] of each expert.

    Earlier choices are -inf. If nearly all experts are chosen, they may leave a token without room; every
    expert then gets one more seat.
    """
    from scipy.optimize import linear_sum_assignment

    seats = np.repeat(np.arange(len(room)), np.clip(room, 0, len(values)))  # one column per seat
    costs = priced(values, seats) if len(values) > FEW else -values
    try:
        rows, columns = linear_sum_assignment(costs[:, seats])
    except ValueError:
        return assign(values, room + 1)
    chosen: Ints = seats[columns[np.argsort(rows)]].astype(np.int32)
    return chosen[: len(values)]


def priced(values: NDArray[np.float64], seats: NDArray[np.int64]) -> NDArray[np.float64]:
    """Returns costs [S, N] with the same best assignment: values with a price per seat, negated.

    Every one of the S seats is taken, by tokens without preference if there are too few, so prices cost
    every assignment the same. Near the right prices most tokens get their preferred expert, which leaves
    little for the solver: 4,096 tokens with skewed preferences take a fortieth of the time.
    """
    rows = np.zeros((len(seats), values.shape[1]))
    rows[: len(values)] = values
    return prices(rows.astype(np.float32), np.bincount(seats, minlength=values.shape[1])) - rows


def prices(values: Floats, room: NDArray[np.int64]) -> NDArray[np.float64]:
    """Returns the price [N] of a seat per expert at which soft demand, increasingly hard, meets its room.

    Cuturi 2013, "Sinkhorn Distances", arXiv 1306.0895: one side of its iteration; the other is a softmax.
    """
    found = np.zeros(values.shape[1], np.float32)
    for heat in np.geomspace(1, 0.02, ROUNDS, dtype=np.float32):
        demand = softmax((values - found) / heat).sum(axis=0)
        found += heat * np.log(np.maximum(demand, TINY) / np.maximum(room, TINY).astype(np.float32))
    return (
        np.rint(found.astype(np.float64) * 2**16) / 2**16
    )  # so short that differences with logits are exact


def expert_choice(logits: Floats, k: int, capacity: int) -> LayerRouting:
    """Lets each expert take its `capacity` best tokens, weighted by their probabilities.

    Zhou et al. 2022, "Mixture-of-Experts with Expert Choice Routing", arXiv 2202.09368. A token has
    between none and all of the experts; the number of columns is the maximum over tokens, at least k. It
    uses later tokens, which autoregressive generation cannot.
    """
    scores = softmax(logits)  # [T, N]
    tokens, count = scores.shape
    taken = np.zeros((tokens, count), np.bool_)
    picks = top_k(
        np.ascontiguousarray(scores.T), min(capacity, tokens)
    )  # [N, T] -> [N, C], tokens of each expert
    taken[picks, np.arange(count)[:, None]] = True
    width = max(k, int(taken.sum(axis=-1).max()))
    experts = top_k(np.where(taken, scores, np.float32(-1)), width)
    chosen = taken[np.arange(tokens)[:, None], experts]  # [T, K]
    return LayerRouting(
        scores, np.where(chosen, experts, -1), np.where(chosen, gather(scores, experts), np.float32(0))
    )


ROUTERS = (
    Router(
        "base",
        cite("base"),
        lambda logits, k, inputs: base(logits, k),
        largest_k=16,
        whole_batch=True,
    ),
    Router(
        "expert_choice",
        cite("choice"),
        # The paper's capacity factor is the mean number of experts per token, which is our k.
        lambda logits, k, inputs: expert_choice(logits, k, capacity_of(len(logits), logits.shape[-1], k)),
        whole_batch=True,
        varies=True,
    ),
)
