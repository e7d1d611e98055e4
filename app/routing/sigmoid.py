"""Token choice by sigmoid: affinities that do not compete, as in the newest models."""

from __future__ import annotations

import numpy as np

from ..references.references import cite
from ..trace import Floats
from .router import BIAS, Router, Selection
from .router_settings import RouterSettings
from .topk import LayerRouting, gather, in_best_groups, sigmoid, top_k


def sigmoid_top1(logits: Floats) -> LayerRouting:
    """Selects the best logit. Its weight, the sigmoid, multiplies the expert's input, not its output.

    Meta 2025, Llama 4. Selection uses the logits, because in float32 large ones have equal sigmoids.
    """
    scores = sigmoid(logits)  # [T, N]
    experts = top_k(logits, 1)  # [T, N] -> [T, 1]
    return LayerRouting(scores, experts, gather(scores, experts), weighs_input=True)


def in_groups(values: Floats, groups: int, topk_groups: int) -> Floats:
    """Returns values [T, N] with -inf outside the groups with the largest sum of two best values."""
    if groups == 1:
        return values
    grouped = values.reshape(len(values), groups, -1)  # [T, N] -> [T, G, N / G]
    return in_best_groups(values, np.partition(grouped, -2, axis=-1)[..., -2:].sum(axis=-1), topk_groups)


def sigmoid_bias(
    logits: Floats, k: int, bias: Floats, groups: int = 1, topk_groups: int = 1, scale: float = 1.0
) -> LayerRouting:
    """Sigmoid; the groups with the best two of s + bias [N]; the k best of s + bias within them; the weights
    are s without the bias, divided by their sum, times `scale`.

    DeepSeek-AI 2024, "DeepSeek-V3 Technical Report", arXiv 2412.19437, section 2.1.2: 256 experts, 4 of 8
    groups, k = 8, scale 2.5. Kimi-K2 and GLM-4.5 have one group, which is no restriction.
    """
    scores = sigmoid(logits)  # [T, N]
    experts = top_k(in_groups(scores + bias, groups, topk_groups), k)
    weights = gather(scores, experts)
    weights /= weights.sum(axis=-1, keepdims=True) + np.float32(1e-20)
    return LayerRouting(scores, experts, weights * np.float32(scale))


ROUTERS = (
    Router("sigmoid_top1", cite("llama4"), lambda logits, k, inputs: sigmoid_top1(logits), fixed_k=1),
    Router(
        "sigmoid_bias",
        cite("v3"),
        lambda logits, k, inputs: sigmoid_bias(logits, k, inputs.bias, *inputs.groups),
        Selection(sigmoid, lambda values, inputs: in_groups(values, *inputs.groups[:2])),
        uses=("groups", "topk_groups", "scale", *BIAS),
        defaults=RouterSettings(scale=1.0, updates=0, rate=0.01),
    ),
)
