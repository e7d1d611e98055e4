"""Transitions from one MoE layer to the next, and how well a layer predicts the next one."""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from ..trace import Counts, Doubles, Floats, Ints
from .coactivation import ordered_pairs
from .counts import expert_counts
from .metric import Metric

TRANSITIONS = Metric(
    "transitions",
    "P(b at layer l + 1 | a at layer l): tokens that choose a and then b over tokens that choose a",
    "OLMoE, arXiv 2409.02060, cross-layer notebook",
    per="pair",
)
PREDICTABILITY = Metric(
    "recall_ahead",
    "share of the next layer's choices that are among its k experts with the largest sum of "
    "P(b | a) over the token's own choices a; fitted on even tokens, counted on odd ones",
    "one layer ahead as in Megatron-LM, analyze_routing_predictability.py; from ids instead of hidden states",
)
COUNT_SIMILARITY = Metric(
    "counts_ahead",
    "cosine and Spearman correlation of the counts that the prediction gives each expert and the true counts",
    "Megatron-LM, tools/moe_routing/analyze_routing_predictability.py",
)


def transition_counts(here: Ints, ahead: Ints, n: int) -> Counts:
    """Counts tokens by choice in one layer and in the next: [T, K], [T, K'] -> [n, n]; row: this layer."""
    found = np.zeros((n, n), np.int64)
    for first in range(here.shape[-1]):
        for second in range(ahead.shape[-1]):
            found += ordered_pairs(here[:, first], ahead[:, second], n)
    return found


def predicted(here: Ints, rates: Doubles, k: int) -> Ints:
    """Returns the k likeliest experts of the next layer: [T, K], rates P(b | a) [n, n] -> [T, k]."""
    padded = np.concatenate([rates, np.zeros((1, rates.shape[1]))])  # row -1: an empty choice
    scores: Floats = np.zeros((len(here), rates.shape[1]), np.float32)
    for choice in range(here.shape[-1]):
        scores += padded[here[:, choice]].astype(np.float32)
    return np.argsort(-scores, axis=-1, kind="stable")[:, :k].astype(np.int32)


def recall(guess: Ints, truth: Ints) -> float:
    """Returns the share of true choices in the guess: [T, k], [T, K] -> one number; 1 without choices."""
    chosen = truth >= 0
    found = (truth[:, :, None] == guess[:, None, :]).any(axis=-1) & chosen
    return float(found.sum() / chosen.sum()) if chosen.any() else 1.0


def recall_ahead(here: Ints, ahead: Ints, n: int, k: int) -> dict[str, float]:
    """Returns how well a layer predicts the next: recall by transitions, by load alone, and similarity."""
    fit, check = slice(0, None, 2), slice(1, None, 2)
    loads = expert_counts(here[fit], n)
    rates = transition_counts(here[fit], ahead[fit], n) / np.maximum(loads[:, None], 1)
    guess = predicted(here[check], rates, k)
    busiest = np.argsort(-expert_counts(ahead[fit], n), kind="stable")[:k].astype(np.int32)
    told, true = expert_counts(guess, n), expert_counts(ahead[check], n)
    return {
        "recall": recall(guess, ahead[check]),
        "recall_by_load": recall(np.broadcast_to(busiest, (len(guess), k)), ahead[check]),
        "cosine": cosine(told, true),
        "spearman": rank_correlation(told, true),
    }


def cosine(a: Counts, b: Counts) -> float:
    """Returns the cosine of two count vectors: 0 if one is empty."""
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b / size) if size else 0.0


def rank_correlation(a: Counts, b: Counts) -> float:
    """Returns Spearman's rho: 0 if one of the vectors is constant."""
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(spearmanr(a, b).statistic)
