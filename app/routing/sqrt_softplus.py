"""Token choice by the square root of softplus: affinities that neither saturate nor compete."""

from __future__ import annotations

import numpy as np

from ..references.references import cite
from ..trace import Floats, Ints
from .router import BIAS, Router, Selection
from .router_settings import RouterSettings
from .topk import LayerRouting, gather, top_k


def sqrt_softplus(logits: Floats) -> Floats:
    """Returns sqrt(log(1 + exp(l))), written so that large logits do not overflow."""
    result: Floats = np.sqrt(np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits))))
    return result


def weighted(affinities: Floats, experts: Ints, scale: float) -> LayerRouting:
    """Weights chosen experts [T, K] by their affinities [T, N], divided by their sum, times `scale`.

    The affinities have no upper bound, so the gate scores are each expert's share of their sum.
    """
    weights = gather(affinities, experts)
    weights /= weights.sum(axis=-1, keepdims=True) + np.float32(1e-20)
    total = affinities.sum(axis=-1, keepdims=True) + np.float32(1e-20)
    scores = affinities / total  # [T, N], in 0..1
    return LayerRouting(scores, experts, weights * np.float32(scale))


def sqrt_softplus_bias(logits: Floats, k: int, bias: Floats, scale: float = 1.0) -> LayerRouting:
    """Chooses the k best of s + bias [N]; weights are s without the bias, divided by their sum, times
    `scale`.

    DeepSeek-AI 2026, DeepSeek-V4: s = sqrt(softplus(l)), one group, k = 6, scale 2.5 (Pro) or 1.5 (Flash).
    """
    affinities = sqrt_softplus(logits)  # [T, N]
    return weighted(affinities, top_k(affinities + bias, k), scale)


ROUTERS = (
    Router(
        "sqrt_softplus_bias",
        cite("v4"),
        lambda logits, k, inputs: sqrt_softplus_bias(logits, k, inputs.bias, inputs.settings["scale"]),
        Selection(sqrt_softplus),
        uses=("scale", *BIAS),
        defaults=RouterSettings(scale=1.0, updates=0, rate=0.01),
    ),
)
