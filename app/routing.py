"""The routers: logits of the tokens of one layer -> gate scores, chosen experts, combine weights.

Pure functions over arrays of shape [T, N] (T tokens, N experts, K chosen). Where two experts tie, the lower
id wins; torch.topk does not promise that, so comparisons with it leave exact ties out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.trace import Bools, Floats, Ints

SORT_FROM = 16  # from this k on one sort is cheaper than k passes that each take the best


@dataclass(frozen=True)
class Routed:
    """What a router decided for the tokens of one layer."""

    scores: Floats  # [T, N] what selection looked at
    experts: Ints  # [T, K] best first; -1 where a choice stays empty
    weights: Floats  # [T, K] combine weights; 0 where dropped or empty
    dropped: Bools | None = None  # [T, K] chosen, but over the expert's capacity


@dataclass(frozen=True)
class Router:
    """A router and what its callers must know of it."""

    name: str
    source: str  # who described it
    kernel: Callable[[Floats, int], Routed]
    whole_batch: bool = False  # needs all tokens of the prompt at once; others take any chunks

    def route(self, logits: Floats, k: int) -> Routed:
        """Logits [T, N] -> Routed. Raises ValueError naming the field, what was expected and found."""
        check_k(k, logits.shape[-1])
        return self.kernel(logits, k)


def check_k(k: int, experts: int) -> None:
    """Raises ValueError where k experts cannot be chosen out of `experts`."""
    if not 1 <= k <= experts:
        raise ValueError(
            f"k: expected 1 to {experts}, got {k}; choose fewer experts a token or more experts a layer"
        )


def softmax(logits: Floats) -> Floats:
    """Probabilities over the last axis; the largest logit is subtracted first, so that none overflows."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return result


def best(values: Floats, k: int) -> Ints:
    """The k largest of each row, largest first, lower id first where they tie: [T, N] -> [T, K]."""
    if k >= SORT_FROM:
        return np.argsort(-values, axis=-1, kind="stable")[:, :k].astype(np.int32)
    left = values.copy()
    rows = np.arange(len(values))
    chosen = np.empty((len(values), k), np.int32)
    for choice in range(k):
        chosen[:, choice] = left.argmax(axis=-1)  # the first of equals, which is the lowest id
        left[rows, chosen[:, choice]] = -np.inf
    return chosen


def at(values: Floats, experts: Ints) -> Floats:
    """The values of the chosen experts: [T, N], [T, K] -> [T, K]."""
    return values[np.arange(len(values))[:, None], experts]


def topk(logits: Floats, k: int) -> Routed:
    """Softmax, then the k best; their weights are their probabilities, which sum to less than 1 (OLMoE)."""
    scores = softmax(logits)  # [T, N]
    experts = best(scores, k)  # [T, N] -> [T, K]
    return Routed(scores, experts, at(scores, experts))


def topk_norm(logits: Floats, k: int) -> Routed:
    """Softmax, then the k best, their probabilities divided by their sum (Mixtral)."""
    plain = topk(logits, k)
    return Routed(plain.scores, plain.experts, plain.weights / plain.weights.sum(axis=-1, keepdims=True))


ROUTERS: dict[str, Router] = {
    router.name: router
    for router in (
        Router("topk_norm", "Jiang et al. 2024, Mixtral of Experts, arXiv 2401.04088", topk_norm),
        Router("topk", "Muennighoff et al. 2024, OLMoE, arXiv 2409.02060", topk),
    )
}
DEFAULT_ROUTER = "topk_norm"


def find_router(name: str) -> Router:
    """The router of that name. Raises ValueError naming those that there are."""
    if name not in ROUTERS:
        raise ValueError(f"router: expected one of {', '.join(ROUTERS)}, got {name!r}")
    return ROUTERS[name]
