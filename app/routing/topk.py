"""Building blocks of every router: score functions, top-k selection, and the result type.

Arrays have shape [T, N] (T tokens, N experts, K chosen). In a tie the lower id wins. torch.topk does not
guarantee this, so comparisons with it exclude exact ties.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..trace import Bools, Floats, Ints

SORT_FROM = 16  # k from which one sort is cheaper than k passes of argmax


@dataclass(frozen=True)
class LayerRouting:
    """The routing of one layer's tokens."""

    scores: Floats  # [T, N] gate scores in 0..1, before any bias
    experts: Ints  # [T, K] in the order of selection; -1 if a choice stays empty
    weights: Floats  # [T, K] combine weights; 0 if dropped or empty
    dropped: Bools | None = None  # [T, K] over the expert's capacity; None: no capacity
    weighs_input: bool = False  # the weight multiplies the expert's input instead of its output; K = 1

    def widened(self, width: int) -> LayerRouting:
        """Returns the routing with empty choices appended: [T, K] -> [T, max(K, width)]."""
        missing = width - self.experts.shape[-1]
        if missing <= 0:
            return self
        extra = ((0, 0), (0, missing))
        return replace(
            self,
            experts=np.pad(self.experts, extra, constant_values=-1),
            weights=np.pad(self.weights, extra),
            dropped=None if self.dropped is None else np.pad(self.dropped, extra),
        )


def softmax(logits: Floats) -> Floats:
    """Returns probabilities over the last axis. The largest logit is subtracted to avoid overflow."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return result


def sigmoid(logits: Floats) -> Floats:
    """Returns affinities. Both tails avoid overflow, and small values keep their precision."""
    power = np.exp(-np.abs(logits))
    result: Floats = np.where(logits >= 0, 1, power) / (1 + power)
    return result


def top_k(values: Floats, k: int) -> Ints:
    """Returns the k largest of each row in descending order, lower id first in a tie: [T, N] -> [T, K]."""
    if k >= SORT_FROM:
        return np.argsort(-values, axis=-1, kind="stable")[:, :k].astype(np.int32)
    left = values.copy()
    rows = np.arange(len(values))
    chosen = np.empty((len(values), k), np.int32)
    for choice in range(k):
        chosen[:, choice] = left.argmax(axis=-1)  # argmax returns the first of equals, which is the lowest id
        left[rows, chosen[:, choice]] = -np.inf
    return chosen


def top_k_mask(values: Floats, k: int) -> Bools:
    """Returns the choices of `top_k` as a mask, which is faster: [T, N] -> [T, N]."""
    least = np.partition(values, -k, axis=-1)[:, -k, None]
    inside: Bools = values >= least
    if np.count_nonzero(inside) == k * len(values):
        return inside
    above = values > least
    ties = values == least
    missing = k - above.sum(axis=-1, keepdims=True)
    inside = above | (ties & (ties.cumsum(axis=-1) <= missing))
    return inside


def gather(values: Floats, experts: Ints) -> Floats:
    """Returns the values of the chosen experts: [T, N], [T, K] -> [T, K]."""
    return values[np.arange(len(values))[:, None], experts]


def in_best_groups(values: Floats, group_values: Floats, kept: int) -> Floats:
    """Returns `values` [T, N] with -inf outside the `kept` best groups, whose values are [T, G].

    Minus infinity instead of 0, because values below 0 would lose to experts of excluded groups.
    """
    inside = top_k_mask(group_values, kept)[..., None]
    grouped = values.reshape(*group_values.shape, -1)  # [T, N] -> [T, G, N / G]
    result: Floats = np.where(inside, grouped, np.float32(-np.inf)).reshape(values.shape)
    return result
