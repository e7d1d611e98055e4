"""Token choice by softmax: each token takes the experts that it scores highest."""

from __future__ import annotations

import numpy as np

from ..trace import Floats
from .topk import Routed, at, best, in_best_groups, softmax


def topk(logits: Floats, k: int) -> Routed:
    """Softmax, then the k best; their weights are their probabilities, which sum to less than 1.

    Muennighoff et al. 2024, "OLMoE", arXiv 2409.02060; Qwen1.5-MoE, Jamba and Grok-1 do the same.
    """
    scores = softmax(logits)  # [T, N]
    experts = best(scores, k)  # [T, N] -> [T, K]
    return Routed(scores, experts, at(scores, experts))


def topk_norm(logits: Floats, k: int) -> Routed:
    """Softmax, then the k best, their probabilities divided by their sum.

    Jiang et al. 2024, "Mixtral of Experts", arXiv 2401.04088; Qwen3-MoE does the same.
    """
    plain = topk(logits, k)
    return Routed(plain.scores, plain.experts, plain.weights / plain.weights.sum(axis=-1, keepdims=True))


def softmax_after(logits: Floats, k: int) -> Routed:
    """The k best logits, then a softmax over these alone. In real arithmetic the same as `topk_norm`.

    OpenAI 2025, "gpt-oss", arXiv 2508.10925 (its logits have a bias); IBM Granite 3.0.
    """
    experts = best(logits, k)  # [T, N] -> [T, K]
    return Routed(softmax(logits), experts, softmax(at(logits, experts)))


def noisy_topk(logits: Floats, k: int, noise: Floats) -> Routed:
    """Noise [T, N] on the logits, then `softmax_after`; the scores are those that selection saw.

    Shazeer et al. 2017, "Outrageously Large Neural Networks", arXiv 1701.06538. There the noise is a
    standard normal times softplus(h W_noise), learned for each token and expert, and only in training.
    """
    return softmax_after(logits + noise, k)


def group_limited(logits: Floats, k: int, groups: int, topk_groups: int, scale: float) -> Routed:
    """Softmax; the groups with the best single expert; the k best within them; weights are p times `scale`.

    DeepSeek-AI 2024, "DeepSeek-V2", arXiv 2405.04434, section 2.2.2: a group is a device. 160 experts, 3 of 8
    groups, k = 6, scale 16.
    """
    scores = softmax(logits)  # [T, N]
    group_scores = scores.reshape(len(scores), groups, -1).max(axis=-1)  # [T, N] -> [T, G]
    experts = best(in_best_groups(scores, group_scores, topk_groups), k)
    return Routed(scores, experts, at(scores, experts) * np.float32(scale))


def softmax_bias(logits: Floats, k: int, bias: Floats) -> Routed:
    """Softmax; the k best of p + bias [N]; weights are p without the bias, divided by their sum.

    Baidu 2025, "ERNIE 4.5 Technical Report". The bias is added to probabilities, not to logits.
    """
    scores = softmax(logits)  # [T, N]
    experts = best(scores + bias, k)
    weights = at(scores, experts)
    return Routed(
        scores, experts, weights / np.maximum(weights.sum(axis=-1, keepdims=True), np.float32(1e-12))
    )
