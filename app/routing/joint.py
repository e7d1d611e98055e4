"""Weights that depend on more than the chosen experts: shared experts, and a scale per expert."""

from __future__ import annotations

import numpy as np

from ..references.references import cite
from ..trace import Floats
from .router import BIAS, Router, RouterInputs, Selection
from .router_settings import RouterSettings
from .softmax import topk_norm
from .topk import LayerRouting, gather, sigmoid, top_k

SHARED = 2  # shared experts of Inkling
SPREAD = 0.25  # standard deviation of the logarithm of a random scale


def joint_sigmoid(
    logits: Floats, shared: Floats, k: int, bias: Floats, scale: float = 1.0
) -> tuple[LayerRouting, Floats]:
    """Sigmoid; the k best of s + bias [N]; s of chosen and shared experts divided by their joint sum.

    Thinking Machines 2026, Inkling: the shared experts have logits [T, S] of their own and always run.
    Returns the routing and the weights of the shared experts [T, S].
    """
    scores = sigmoid(logits)  # [T, N]
    experts = top_k(scores + bias, k)
    weights = np.concatenate([gather(scores, experts), sigmoid(shared)], axis=-1)  # [T, K + S]
    weights /= weights.sum(axis=-1, keepdims=True) + np.float32(1e-20)
    return LayerRouting(scores, experts, weights[:, :k] * np.float32(scale)), weights[:, k:] * np.float32(
        scale
    )


def topk_norm_scaled(logits: Floats, k: int, scales: Floats) -> LayerRouting:
    """Applies `topk_norm`, then multiplies each weight by its expert's learned scale [N].

    Google 2026, Gemma 4: the weights of a token no longer sum to 1.
    """
    plain = topk_norm(logits, k)
    return LayerRouting(plain.scores, plain.experts, plain.weights * scales[plain.experts])


def with_shared(logits: Floats, k: int, inputs: RouterInputs) -> LayerRouting:
    """Routes with two shared experts. Their logits, learned in the model, are random here."""
    shared = inputs.normals(len(logits), SHARED)
    return joint_sigmoid(logits, shared, k, inputs.bias, inputs.settings["scale"])[0]


def with_scales(logits: Floats, k: int, inputs: RouterInputs) -> LayerRouting:
    """Routes with a scale per expert, learned in the model, random here: log-normal around 1."""
    scales = np.exp(np.float32(SPREAD) * inputs.of_layer(logits.shape[-1]))
    return topk_norm_scaled(logits, k, scales)


ROUTERS = (
    Router(
        "sigmoid_joint",
        cite("inkling"),
        with_shared,
        Selection(sigmoid),
        uses=("scale", "seed", *BIAS),
        defaults=RouterSettings(scale=1.0, seed=0, updates=0, rate=0.01),
    ),
    Router("topk_norm_scaled", cite("gemma4"), with_scales, uses=("seed",), defaults=RouterSettings(seed=0)),
)
