"""Converts a capture to a trace, the form that the page shows and saves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..shape import ModelShape
from ..trace import Floats, Ints, RoutingTrace, Token, TraceHeader, all_finite
from .bounds import needs, no_routing
from .capture import Capture
from .cellwise import highest, lowest
from .findings import CaptureError
from .model_facts import ModelFacts
from .stored import Array

MOST_WIDE = 65_534  # limit on experts, layers and k: 16 bits in a frame, less the code for no expert
DAMAGED = "the file is damaged, or its ids are no experts"
SPELLED = {  # engines as their makers write them; files that name none
    **{"vllm": "vLLM", "sglang": "SGLang", "megatron": "Megatron", "tensorrt-llm": "TensorRT-LLM"},
    **{"nemo-rl": "NeMo-RL", "dynamo": "Dynamo", "moe-atlas": "MoE Atlas", "moescope": "Moescope"},
    **{"array": "an unnamed engine", "table": "an unnamed engine", "hook": "a hook"},
}
NOTES = {
    "RECORDED": "Recorded by {engine}; experts and their weights as the file has them.",
    "IDS ONLY": "Recorded by {engine}, which keeps the chosen experts alone; their weights are drawn equal.",
}


def to_trace(
    capture: Capture, facts: ModelFacts | None = None, shape: ModelShape | None = None
) -> RoutingTrace:
    """Returns the trace of a capture; `shape` has the model's exact sizes, if known.

    Ids without an expert become empty. Raises CaptureError for counts, and for logits of a router with a
    bias or groups that the file lacks.
    """
    if capture.kind == "counts":
        advice = "counts open as loads, not as a trace"
        raise no_routing("capture", "the experts of each token", "counts without tokens", advice)
    scores = scores_of(capture, facts)
    experts = experts_of(capture, facts)
    size = capture.experts or max(capture.experts_at_least, facts.experts if facts else 0, 2)
    check_widths(size, experts.shape[1], experts.shape[2])
    if lowest(experts) < -1 or highest(experts) >= size:
        experts = np.where((experts < 0) | (experts >= size), np.int32(-1), experts)
    weights = weights_of(capture, facts, experts, scores)
    header = TraceHeader(
        tokens=shown_tokens(capture.tokens),
        shape=replace(
            shape or rough_shape(facts),
            layers=len(capture.layers),
            experts=size,
            top_k=experts.shape[-1],
        ),
        model=model_of(capture),
        origin=origin_of(capture, scores),
    )
    return RoutingTrace(header, scores, experts, weights, finite(capture.logits))


def model_of(capture: Capture) -> dict[str, Any]:
    """Returns the header's entry on the model."""
    model: dict[str, Any] = {"name": capture.model or "", "router": "recorded", "settings": {}}
    return model | ({"zero_experts": capture.zero_experts} if capture.zero_experts else {})


def origin_of(capture: Capture, scores: Floats | None) -> dict[str, Any]:
    """Returns the origin of the routing, with the findings."""
    badge = "IDS ONLY" if capture.ids_only else "RECORDED"
    return {
        **capture.origin,
        "source": "recorded",
        "badge": badge,
        "note": NOTES[badge].format(engine=SPELLED.get(capture.engine, capture.engine)),
        "engine": capture.engine,
        "ids_only": capture.ids_only,
        "scores": scores is not None,
        "layers": list(capture.layers),
        "stored_layers": capture.stored_layers,
        "prompt_tokens": capture.prompt,
        "findings": [finding.to_json() for finding in capture.findings],
        "notes": list(capture.notes),
        "fingerprint": capture.fingerprint,
    }


def rough_shape(facts: ModelFacts | None) -> ModelShape:
    """Returns the sizes in a config; unknown sizes and parameter counts are 0."""
    if facts is None:
        return ModelShape(layers=1, experts=2, top_k=1, d_model=0, d_expert=0)
    return ModelShape(
        layers=len(facts.moe_layers),
        experts=facts.experts,
        top_k=facts.k or 1,
        d_model=facts.d_model,
        d_expert=facts.d_expert,
        dense_layers=facts.dense_layers,
    )


def scores_of(capture: Capture, facts: ModelFacts | None) -> Floats | None:
    """Returns gate scores [T, L, N]: as stored, else computed from the logits."""
    if capture.scores is not None:
        return finite(capture.scores)
    if capture.logits is None:
        return None
    logits = finite(capture.logits)
    assert logits is not None
    if any(finding.code == "not-logits" for finding in capture.findings) or (facts and facts.probabilities):
        return np.clip(logits, 0, 1)
    from scipy.special import expit, softmax  # the import takes a quarter of a second, too long for `inspect`

    sigmoid = facts is not None and facts.sigmoid
    return np.asarray(expit(logits) if sigmoid else softmax(logits, axis=-1), np.float32)


def check_widths(experts: int, layers: int, top_k: int) -> None:
    """Raises CaptureError for sizes that exceed the frames of the stream."""
    for where, number in (("experts", experts), ("layers", layers), ("k", top_k)):
        if number > MOST_WIDE:
            raise CaptureError("id-range", where, f"at most {MOST_WIDE:,}", f"{number:,}", DAMAGED)


def experts_of(capture: Capture, facts: ModelFacts | None) -> Ints:
    """Returns the chosen experts [T, L, K], -1 if empty.

    Raises CaptureError `needs-facts` if they must be derived from logits by an unknown rule.
    """
    if capture.ids is not None:
        return capture.ids.astype(np.int32, copy=False)
    logits = capture.logits if capture.logits is not None else capture.scores
    assert logits is not None
    if capture.k is None:
        raise needs("k", "how many experts a token has", "logits alone", "give --config or --k")
    if facts is not None and not facts.plain:
        advice = "save the router's ids beside its logits"
        raise needs("ids", "the chosen experts", "logits of a router with a bias or groups", advice)
    k = min(capture.k, logits.shape[-1])
    chosen: Ints = np.argsort(-np.nan_to_num(logits, nan=0.0), axis=-1, kind="stable")[..., :k].astype(
        np.int32
    )
    chosen[np.isnan(logits).all(axis=-1)] = -1
    return chosen


def weights_of(capture: Capture, facts: ModelFacts | None, experts: Ints, scores: Floats | None) -> Floats:
    """Returns combine weights [T, L, K]: as stored, else scores of the chosen experts, else equal ones."""
    there = experts >= 0
    if capture.weights is not None and capture.weights.shape == experts.shape:
        if there.all() and all_finite(capture.weights):
            return capture.weights.astype(np.float32, copy=False)
        held = np.where(there, np.nan_to_num(capture.weights, nan=0.0, posinf=0.0, neginf=0.0), 0)
        return held.astype(np.float32)
    if scores is None:
        return equal_weights(there)
    safe = np.where(there, experts, 0)
    chosen: Array = np.take_along_axis(scores, safe, axis=-1) * there
    if facts is None or facts.normalised is not False:
        chosen = chosen / np.maximum(chosen.sum(axis=-1, keepdims=True), 1e-20)
    scale = facts.scale if facts is not None else 1.0
    return (chosen * scale).astype(np.float32)


def equal_weights(there: Array) -> Floats:
    """Returns equal weights [T, L, K] for the experts of each token."""
    if there.all():
        return np.full(there.shape, 1 / there.shape[-1], np.float32)
    count = np.maximum(there.sum(axis=-1, keepdims=True), 1)
    return np.where(there, np.float32(1) / count, 0).astype(np.float32)


def finite(values: Floats | None) -> Floats | None:
    """Returns values with NaN (tokens without routing) replaced by 0."""
    if values is None or all_finite(values):
        return values
    return np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=-1e9)


def shown_tokens(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Returns tokens with texts; if no token has one, the text is the id in brackets."""
    if any(token.text for token in tokens):
        return tokens
    return tuple(Token(f"[{token.id}]" if token.id is not None else "", id=token.id) for token in tokens)
