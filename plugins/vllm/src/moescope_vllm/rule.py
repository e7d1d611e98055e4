"""The rule of a model's routers in numpy, against which the self-check compares vLLM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


def scores_of(logits: Floats, kind: str) -> Floats:
    """Returns scores [n, N] of logits [n, N]; `kind` is vLLM's `scoring_func`. Raises ValueError
    otherwise."""
    if kind == "softmax":
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)
    if kind == "sigmoid":
        return np.asarray(1 / (1 + np.exp(-logits)), np.float32)
    if kind == "sqrtsoftplus":
        return np.asarray(np.sqrt(np.logaddexp(0, logits)), np.float32)
    raise ValueError(f"scoring_func: expected softmax, sigmoid or sqrtsoftplus, got {kind!r}")


def selected(scores: Floats, rule: Mapping[str, Any], bias: Floats | None) -> Floats:
    """Returns what the k best are taken of [n, N]: scores with their bias, -inf outside the chosen groups.

    Groups as in DeepSeek-V3 (arXiv 2412.19437, section 2.1.2): with a bias a group counts as the sum of its
    two best, without as its best.
    """
    values = scores if bias is None else scores + bias
    groups, kept = rule["groups"], rule["topk_groups"]
    if groups <= 1 or kept >= groups:
        return values
    parts = values.reshape(len(values), groups, -1)
    best = np.sort(parts, axis=-1)
    weight = best[..., -1] if bias is None else best[..., -2:].sum(axis=-1)
    least = np.sort(weight, axis=-1)[:, -kept, None]
    inside = np.repeat(weight >= least, parts.shape[-1], axis=-1)
    return np.where(inside, values, -np.inf).astype(np.float32)


def agreement(
    columns: Mapping[str, NDArray[Any]],
    rule: Mapping[str, Any],
    biases: list[Floats | None],
    tolerance: float,
) -> float:
    """Returns the share of rows and layers whose ids are k best and whose weights follow from their scores.

    `columns`: logits [n, L, N], ids and weights [n, L, k]. Weights are compared as shares of their sum,
    because some engines apply the model's scale later.
    """
    good = []
    for layer, bias in enumerate(biases):
        scores = scores_of(columns["logits"][:, layer], rule["scores"])
        values = selected(scores, rule, bias)
        ids, weights = columns["ids"][:, layer], columns["weights"][:, layer]
        chosen = np.take_along_axis(values, ids, axis=-1)
        left = values.copy()
        np.put_along_axis(left, ids, -np.inf, axis=-1)
        best = chosen.min(axis=-1) >= left.max(axis=-1) - tolerance
        own = np.take_along_axis(scores, ids, axis=-1)
        apart = np.abs(shares(own) - shares(weights)).max(axis=-1)
        good.append(best & (apart <= tolerance))
    return float(np.mean(good))


def shares(weights: Floats) -> Floats:
    """Returns weights [n, k] over their sum."""
    return np.asarray(weights / np.maximum(weights.sum(axis=-1, keepdims=True), 1e-20), np.float32)
