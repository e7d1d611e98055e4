"""Token choice by softmax: each token chooses the experts with its highest scores."""

from __future__ import annotations

import numpy as np

from ..references.references import cite
from ..trace import Floats
from .router import BIAS, Router, RouterInputs, Selection
from .router_settings import NOISE, RouterSettings
from .topk import LayerRouting, gather, in_best_groups, softmax, top_k


def topk(logits: Floats, k: int) -> LayerRouting:
    """Softmax, then the k best; their weights are their probabilities, which sum to less than 1.

    Muennighoff et al. 2024, "OLMoE", arXiv 2409.02060; Qwen1.5-MoE, Jamba and Grok-1 do the same.
    """
    scores = softmax(logits)  # [T, N]
    experts = top_k(scores, k)  # [T, N] -> [T, K]
    return LayerRouting(scores, experts, gather(scores, experts))


def topk_norm(logits: Floats, k: int) -> LayerRouting:
    """Softmax, then the k best, their probabilities divided by their sum.

    Jiang et al. 2024, "Mixtral of Experts", arXiv 2401.04088; Qwen3-MoE does the same.
    """
    plain = topk(logits, k)
    return LayerRouting(
        plain.scores, plain.experts, plain.weights / plain.weights.sum(axis=-1, keepdims=True)
    )


def softmax_after(logits: Floats, k: int) -> LayerRouting:
    """Selects the k best logits, then a softmax over these alone. In real arithmetic it equals `topk_norm`.

    OpenAI 2025, "gpt-oss", arXiv 2508.10925 (its logits have a bias); IBM Granite 3.0.
    """
    experts = top_k(logits, k)  # [T, N] -> [T, K]
    return LayerRouting(softmax(logits), experts, softmax(gather(logits, experts)))


def noisy_topk(logits: Floats, k: int, noise: Floats) -> LayerRouting:
    """Adds noise [T, N] to the logits, then applies `softmax_after`; the scores include the noise.

    Shazeer et al. 2017, "Outrageously Large Neural Networks", arXiv 1701.06538. There the noise is a
    standard normal times softplus(h W_noise), learned per token and expert, and only used in training.
    """
    return softmax_after(logits + noise, k)


def group_limited(logits: Floats, k: int, groups: int, topk_groups: int, scale: float) -> LayerRouting:
    """Softmax; the groups with the best single expert; the k best within them; weights are p times `scale`.

    DeepSeek-AI 2024, "DeepSeek-V2", arXiv 2405.04434, section 2.2.2: a group is a device. 160 experts, 3 of 8
    groups, k = 6, scale 16.
    """
    scores = softmax(logits)  # [T, N]
    group_scores = scores.reshape(len(scores), groups, -1).max(axis=-1)  # [T, N] -> [T, G]
    experts = top_k(in_best_groups(scores, group_scores, topk_groups), k)
    return LayerRouting(scores, experts, gather(scores, experts) * np.float32(scale))


def softmax_bias(logits: Floats, k: int, bias: Floats) -> LayerRouting:
    """Softmax; the k best of p + bias [N]; weights are p without the bias, divided by their sum.

    Baidu 2025, "ERNIE 4.5 Technical Report". The bias is added to probabilities, not to logits.
    """
    scores = softmax(logits)  # [T, N]
    experts = top_k(scores + bias, k)
    weights = gather(scores, experts)
    return LayerRouting(
        scores, experts, weights / np.maximum(weights.sum(axis=-1, keepdims=True), np.float32(1e-12))
    )


def noise(logits: Floats, inputs: RouterInputs) -> Floats:
    """Returns the noise [T, N] of `noisy_topk`."""
    result: Floats = inputs.settings["noise"] * inputs.normals(*logits.shape)
    return result


ROUTERS = (
    Router("topk_norm", cite("mixtral"), lambda logits, k, inputs: topk_norm(logits, k)),
    Router("topk", cite("olmoe"), lambda logits, k, inputs: topk(logits, k)),
    Router("softmax_after", cite("gptoss"), lambda logits, k, inputs: softmax_after(logits, k)),
    Router(
        "noisy_topk",
        cite("shazeer"),
        lambda logits, k, inputs: noisy_topk(logits, k, noise(logits, inputs)),
        uses=("noise", "seed"),
        defaults=RouterSettings(noise=NOISE, seed=0),
    ),
    Router(
        "group_limited",
        cite("v2"),
        lambda logits, k, inputs: group_limited(logits, k, *inputs.groups),
        uses=("groups", "topk_groups", "scale"),
        defaults=RouterSettings(scale=1.0),
    ),
    Router(
        "softmax_bias",
        cite("ernie"),
        lambda logits, k, inputs: softmax_bias(logits, k, inputs.bias),
        Selection(softmax),
        uses=BIAS,
        defaults=RouterSettings(updates=0, rate=0.01),
    ),
)
