"""Checks arrays from an engine and converts them to steps: n rows, L layers, N experts, k chosen."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....problem import show
from ....routing import sigmoid, softmax
from ....shape import ModelShape
from ....trace import Floats, Ints, Step, Token
from .engine_error import nonsense


def sqrt_softplus(logits: Floats) -> Floats:
    """Returns DeepSeek-V4's scores; unlike others, they may exceed 1."""
    return np.asarray(np.sqrt(np.logaddexp(0, logits)), np.float32)


SCORES: dict[str, Callable[[Floats], Floats]] = {
    "softmax": softmax,
    "sigmoid": sigmoid,
    "sqrtsoftplus": sqrt_softplus,
}


def unpacked(engine: str, value: Any, name: str, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """Returns an array from JSON {"shape", "dtype", "data": base64}. Raises EngineError if it differs."""
    fields = value if isinstance(value, dict) else {}
    found = (fields.get("shape"), fields.get("dtype"))
    if found != (list(shape), dtype):
        raise nonsense(engine, f"{name} of {show(found)}", f"{name} of {(list(shape), dtype)}")
    data = decoded(engine, fields.get("data"), name)
    if len(data) != int(np.prod(shape)) * np.dtype(dtype).itemsize:
        raise nonsense(engine, f"{len(data)} bytes of {name}", f"bytes for {list(shape)}")
    return np.frombuffer(data, dtype).reshape(shape)


def decoded(engine: str, text: Any, name: str) -> bytes:
    """Returns the bytes of a base64 text. Raises EngineError if it is not base64."""
    try:
        if not isinstance(text, str):
            raise ValueError(type(text).__name__)
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise nonsense(engine, f"{name} that is not base64: {error}", "base64") from error


def scored_steps(
    engine: str, logits: Floats, ids: Ints, weights: Floats, scores: str, written: Sequence[Token | None]
) -> list[Step]:
    """Returns steps with scores and weights. Ids are sorted by weight, because vLLM returns them unsorted.

    Raises EngineError for numbers that are not finite, and for ids that are impossible.
    """
    for name, column in (("logits", logits), ("weights", weights)):
        check_finite(engine, name, column)
    check_ids(engine, ids, logits.shape[-1])
    order = np.argsort(-weights, axis=-1, kind="stable")
    ids = np.take_along_axis(ids, order, axis=-1)
    weights = np.take_along_axis(weights, order, axis=-1)
    gates = SCORES.get(scores, softmax)(logits)
    return [
        Step(gates[row], ids[row], weights[row], logits[row], written=written[row]) for row in range(len(ids))
    ]


def bare_steps(engine: str, ids: Ints, shape: ModelShape, written: Sequence[Token | None]) -> list[Step]:
    """Returns steps from ids alone: equal weights, no scores. Raises EngineError for impossible ids."""
    check_ids(engine, ids, shape.experts)
    share = np.float32(1 / shape.top_k)
    weights = np.full(ids.shape, share, np.float32)
    return [Step(None, ids[row], weights[row], written=written[row]) for row in range(len(ids))]


def check_finite(engine: str, name: str, column: Floats) -> None:
    """Raises EngineError naming the first row and layer with NaN or infinity."""
    wrong = np.argwhere(~np.isfinite(column))
    if len(wrong):
        row, layer = (int(index) for index in wrong[0][:2])
        raise nonsense(engine, f"{name} that are not finite, row {row}, MoE layer {layer}", "numbers")


def check_ids(engine: str, ids: Ints, experts: int) -> None:
    """Raises EngineError for ids out of range, duplicates in a row, and captures of zeros only."""
    wrong = np.argwhere((ids < 0) | (ids >= experts))
    if len(wrong):
        row, layer, place = (int(index) for index in wrong[0])
        found = f"expert {ids[row, layer, place]} in row {row}, MoE layer {layer}"
        raise nonsense(engine, found, f"experts from 0 to {experts - 1}")
    ordered = np.sort(ids, axis=-1)
    twice = np.argwhere(ordered[..., 1:] == ordered[..., :-1])
    if len(twice):
        row, layer = (int(index) for index in twice[0][:2])
        what = "all experts 0" if not ids[row].any() else "one expert twice"
        raise nonsense(engine, f"{what} in row {row}, MoE layer {layer}", "different experts in a layer")


def tokens_of(engine: str, value: Any) -> list[Token]:
    """Returns the tokens that the plugin sent. Raises EngineError."""
    if not isinstance(value, list):
        raise nonsense(engine, show(value), "a list of tokens")
    return [token_of(engine, each) for each in value]


def token_of(engine: str, value: Any) -> Token:
    """Returns one token from {"id", "text"}. Raises EngineError."""
    fields = value if isinstance(value, Mapping) else {}
    id, text = fields.get("id"), fields.get("text")
    if not (isinstance(id, int) and id >= 0 and isinstance(text, str) and len(text) <= 1000):
        raise nonsense(engine, show(value), "a token with id and text")
    return Token(text.encode("utf-8", "backslashreplace").decode(), id=id)
