"""Building blocks of every router: score functions, top-k selection, and the result type.

Arrays have shape [T, N] (T tokens, N experts, K chosen). Where two experts tie, the lower id wins; torch.topk
does not promise that, so comparisons with it leave exact ties out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..trace import Bools, Floats, Ints

SORT_FROM = 16  # from this k on one sort is cheaper than k passes that each take the best


@dataclass(frozen=True)
class LayerRouting:
    """What a router decided for the tokens of one layer."""

    scores: Floats  # [T, N] gate scores in 0..1, before any bias
    experts: Ints  # [T, K] in the order of selection; -1 if a choice stays empty
    weights: Floats  # [T, K] combine weights; 0 if dropped or empty
    dropped: Bools | None = None  # [T, K] over the expert's capacity; None: a router without capacity
    weighs_input: bool = False  # the weight multiplies what its expert reads, and not what it says; K = 1

    def widened(self, width: int) -> LayerRouting:
        """Returns the same with empty choices appended: [T, K] -> [T, max(K, width)]."""
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
    """Returns probabilities over the last axis. The largest logit is subtracted, so none overflows."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return result


def sigmoid(logits: Floats) -> Floats:
    """Returns affinities. Neither side overflows, and small ones keep their digits."""
    power = np.exp(-np.abs(logits))
    result: Floats = np.where(logits >= 0, 1, power) / (1 + power)
    return result


def top_k(values: Floats, k: int) -> Ints:
    """Returns the k largest of each row, largest first, lower id first where they tie: [T, N] -> [T, K]."""
    if k >= SORT_FROM:
        return np.argsort(-values, axis=-1, kind="stable")[:, :k].astype(np.int32)
    left = values.copy()
    rows = np.arange(len(values))
    chosen = np.empty((len(values), k), np.int32)
    for choice in range(k):
        chosen[:, choice] = left.argmax(axis=-1)  # the first of equals, which is the lowest id
        left[rows, chosen[:, choice]] = -np.inf
    return chosen


def top_k_mask(values: Floats, k: int) -> Bools:
    """Returns which of each row `top_k` finds, in no order, faster: [T, N] -> [T, N]."""
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

    Minus infinity and not 0: values below 0 would otherwise lose to experts of the groups that are out.
    """
    inside = top_k_mask(group_values, kept)[..., None]
    grouped = values.reshape(*group_values.shape, -1)  # [T, N] -> [T, G, N / G]
    result: Floats = np.where(inside, grouped, np.float32(-np.inf)).reshape(values.shape)
    return result
