"""Choices that compute nothing: zero experts and the skip expert. The result has -1 for them."""

from __future__ import annotations

import numpy as np

from ..references.references import cite
from ..trace import Floats, Ints
from .router import Router, RouterInputs
from .router_settings import RouterSettings
from .topk import LayerRouting, gather, softmax, top_k

NO_BIAS = np.zeros(1, np.float32)
ZEROS_PER_EXPERT = 0.5  # LongCat-Flash has 256 zero experts and 512 others


def softmax_with_zeros(logits: Floats, k: int, zeros: int, bias: Floats, scale: float = 1.0) -> LayerRouting:
    """Softmax over N + `zeros` logits [T, N + Z]; the k best of p + bias; weights are p times `scale`.

    Meituan 2025, "LongCat-Flash Technical Report", arXiv 2509.01322: ids from N on are zero experts, which
    return their input. Here such a choice is -1 with weight 0, so a token has 0 to k experts.
    """
    scores = softmax(logits)  # [T, N + Z]
    experts = top_k(scores + bias, k)
    computed = logits.shape[-1] - zeros
    weights = gather(scores, experts) * np.float32(scale)
    return LayerRouting(scores[:, :computed], *left_empty(experts, weights, computed))


def left_empty(experts: Ints, weights: Floats, computed: int) -> tuple[Ints, Floats]:
    """Returns choices [T, K] in which those of zero experts, ids from `computed` on, are -1 with weight 0."""
    there = experts < computed
    return np.where(there, experts, -1), np.where(there, weights, np.float32(0))


def zero_experts(logits: Floats, k: int, inputs: RouterInputs) -> LayerRouting:
    """Routes with half as many zero experts as experts. Their logits, learned in models, are random here."""
    zeros = zeros_beside(logits.shape[-1])
    wide = np.concatenate([logits, drawn(logits, zeros, inputs)], axis=-1)  # [T, N] -> [T, N + Z]
    return softmax_with_zeros(wide, k, zeros, np.pad(inputs.bias, (0, zeros)), inputs.settings["scale"])


def zeros_beside(experts: int) -> int:
    """Returns the number of zero experts beside so many experts."""
    return max(1, int(experts * ZEROS_PER_EXPERT))


def skip_expert(logits: Floats, k: int, inputs: RouterInputs) -> LayerRouting:
    """Routes with one additional class: a token that chooses it skips the layer.

    Zyphra 2025, ZAYA1, whose router is a small network; k = 1. The logit of the class is random here.
    """
    wide = np.concatenate([logits, drawn(logits, 1, inputs)], axis=-1)  # [T, N] -> [T, N + 1]
    return softmax_with_zeros(wide, k, 1, NO_BIAS)


def one_skip(experts: int) -> int:
    """Returns the number of skip experts beside so many experts."""
    return 1


def drawn(logits: Floats, count: int, inputs: RouterInputs) -> Floats:
    """Returns `count` random logits per token, normal with the mean and deviation of its own logits."""
    spread, middle = logits.std(axis=-1, keepdims=True), logits.mean(axis=-1, keepdims=True)
    result: Floats = middle + spread * inputs.normals(len(logits), count)
    return result


ROUTERS = (
    Router(
        "zero_experts",
        cite("longcat"),
        zero_experts,
        uses=("scale", "seed"),
        defaults=RouterSettings(scale=1.0, seed=0),
        zeros=zeros_beside,
    ),
    Router(
        "skip_expert",
        cite("zaya"),
        skip_expert,
        uses=("seed",),
        defaults=RouterSettings(seed=0),
        zeros=one_skip,
    ),
)
