"""Checks of combine weights: finite, not negative, with the right sum, in the order of the logits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..capture import Capture
from ..findings import Finding, found
from ..model_facts import ModelFacts
from ..stored import Array

SUM_ERROR = 0.02  # relative; weights in tables have four decimals, those of bfloat16 routers three digits
ORDER_ERROR = 0.02
MOST_RULE = 0.9  # share of tokens that makes a sum the rule


def check_weights(capture: Capture, facts: ModelFacts | None, ordered: bool) -> list[Finding]:
    """Returns `bad-weights`, else `weights-off`; checks the order only if `ordered`."""
    if capture.weights is None:
        return []
    weights = capture.weights
    there = capture.routed[:, None] & (capture.ids >= 0).any(axis=-1) if capture.ids is not None else None
    broken = ~np.isfinite(weights) | (weights < 0)
    if broken.any():
        token, layer, place = (int(one) for one in np.unravel_index(int(broken.argmax()), broken.shape))
        number = capture.layers[layer]
        text = f"the weight at layer {number}, token {token} is {weights[token, layer, place]}, and"
        text += f" {int(broken.sum())} are not finite or negative; capture again in float32"
        return [found("bad-weights", text, number, token)]
    wrong = check_sums(capture, facts, weights, there)
    return wrong or (check_order(capture, weights) if ordered else [])


def check_sums(
    capture: Capture, facts: ModelFacts | None, weights: NDArray[np.float32], there: Array | None
) -> list[Finding]:
    """Returns `weights-off` if sums differ from the rule of the config, or from those of other tokens."""
    full = (weights > 0).all(axis=-1)  # dropped and empty choices have weight 0 and are skipped
    full = full if there is None else full & there
    if not full.any() or weights.shape[-1] < 2:
        return []
    sums = weights.sum(axis=-1, dtype=np.float64)
    wanted = sums_due(facts, sums[full]) if capture.weighted_rule is None else capture.weighted_rule
    if wanted is None:
        return []
    low, high = wanted
    off = full & ((sums < low * (1 - SUM_ERROR)) | (sums > high * (1 + SUM_ERROR)))
    if high == 1 and low == 0 and renormalised(sums[full], weights.shape[-1]):
        text = "weights sum to 1 although this model does not renormalise them: the hook did"
        return [found("weights-off", text + "; take the router's own weights")]
    if not off.any():
        return []
    token, layer = (int(one) for one in np.unravel_index(int(off.argmax()), off.shape))
    number = capture.layers[layer]
    due = f"{high:g}" if low == high else f"{low:g} to {high:g}"
    text = f"weights of {int(off.sum())} of {int(full.sum())} choices do not sum to {due},"
    text += f" first {sums[token, layer]:.3f} at layer {number}, token {token}"
    text += "; take the weights that the router returns"
    return [found("weights-off", text, number, token)]


def sums_due(facts: ModelFacts | None, sums: NDArray[np.float64]) -> tuple[float, float] | None:
    """Returns the least and the largest correct sum; None if no rule is known."""
    usual = float(np.median(sums))
    agree = np.abs(sums - usual) <= SUM_ERROR * usual
    if facts is not None and facts.normalised:  # transformers includes the scale, vLLM does not
        rules = (1.0, facts.scale)
        nearest = min(rules, key=lambda rule: abs(rule - usual))
        return nearest, nearest
    if facts is not None and facts.normalised is False and not facts.sigmoid:
        return (0.0, max(facts.scale, 1.0)) if facts.scale != 1 else (0.0, 1.0)
    return (usual, usual) if agree.mean() >= MOST_RULE and not agree.all() else None


def renormalised(sums: NDArray[np.float64], places: int) -> bool:
    """Returns whether all sums are 1, which is impossible for a softmax over more than k experts."""
    return len(sums) >= 8 and bool((np.abs(sums - 1) < 0.002).all())


def check_order(capture: Capture, weights: NDArray[np.float32]) -> list[Finding]:
    """Returns `weights-off` where a larger logit has a smaller weight."""
    logits = capture.logits
    if logits is None or capture.ids is None or logits.shape[1] != weights.shape[1]:
        return []
    safe = np.clip(capture.ids, 0, logits.shape[-1] - 1).astype(np.int64)
    chosen = np.take_along_axis(logits, safe, axis=-1)
    usable = ((capture.ids >= 0) & (weights > 0)).all(axis=-1) & np.isfinite(chosen).all(axis=-1)
    against = np.zeros(usable.shape, np.bool_)
    for second in range(1, weights.shape[-1]):
        rise = chosen[..., second - 1] - chosen[..., second]
        slack = ORDER_ERROR * np.maximum(np.abs(chosen[..., second - 1]), np.abs(chosen[..., second])) + 1e-3
        fall = weights[..., second - 1] - weights[..., second]
        against |= usable & (np.abs(rise) > slack) & (np.sign(rise) * fall < -0.01 * weights.max(axis=-1))
    if not against.any():
        return []
    token, layer = (int(one) for one in np.unravel_index(int(against.argmax()), against.shape))
    number = capture.layers[layer]
    text = f"{int(against.sum())} times a larger logit has a smaller weight, first at layer {number},"
    text += f" token {token}"
    return [
        found(
            "weights-off", text + "; weights and ids are in different orders: sort both alike", number, token
        )
    ]
