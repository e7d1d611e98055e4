"""Answers of the plugin moescope-vllm, as lines, for a model of 2 MoE layers among 3, 4 experts, k = 2."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

LAYERS, EXPERTS, K = [0, 2], 4, 2
PROMPT = [{"id": 5, "text": "On"}, {"id": 6, "text": "ce"}]
FACTS: dict[str, Any] = {
    "format": "moescope.route/1",
    "plugin": "0.1.0",
    "vllm": "0.32.0",
    "model": "tiny",
    "max_tokens": 64,
    "layers": LAYERS,
    "experts": EXPERTS,
    "top_k": K,
    "rule": {"router": "CPURouter", "scores": "softmax", "renormalise": True, "groups": 0, "custom": False},
}
INFO = {**FACTS, "config": {"hidden_size": 32, "moe_intermediate_size": 16}, "running": 0, "workers": []}
START = {"event": "start", **FACTS, "prompt": PROMPT}
END = {"event": "end", "last": {"id": 9, "text": "!"}, "finish": "length", "missing": 0, "dropped": 0}


def packed(array: np.ndarray) -> dict[str, Any]:
    data = base64.b64encode(array.tobytes()).decode()
    return {"shape": list(array.shape), "dtype": array.dtype.str, "data": data}


def rows(first: int, tokens: list[dict[str, Any]], **changed: Any) -> dict[str, Any]:
    """Returns rows in which token t of layer l prefers expert t, then t + 1; vLLM gives the worse one
    first."""
    logits = np.zeros((len(tokens), 2, EXPERTS), "<f4")
    ids = np.zeros((len(tokens), 2, K), "<i4")
    for index, token in enumerate(tokens):
        best, second = token["id"] % EXPERTS, (token["id"] + 1) % EXPERTS
        logits[index, :, best], logits[index, :, second] = 2, 1
        ids[index] = [second, best]
    power = np.exp(np.take_along_axis(logits, ids, -1))
    weights = (power / power.sum(-1, keepdims=True)).astype("<f4")
    arrays = {"logits": logits, "experts": ids, "weights": weights}
    arrays = {name: packed(changed.pop(name, array)) for name, array in arrays.items()}
    return {"event": "rows", "first": first, "tokens": tokens, **arrays, **changed}
