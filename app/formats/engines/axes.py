"""Orders the axes of an array: rows, layers, then the values of each row."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..bounds import needs, no_routing
from ..hints import Hints
from ..stored import Array


def shape_of(array: Array | None) -> tuple[int, int] | None:
    """Returns the number of rows and layers of an aligned array."""
    return None if array is None else (array.shape[0], array.shape[1])


def aligned(
    value: Any,
    rows: int | None,
    batch: int,
    hints: Hints,
    last: int | None,
    like: tuple[int, int] | None = None,
) -> Array | None:
    """Returns [rows of all sequences, layers, width] from any arrangement of the layers."""
    if value is None:
        return None
    if isinstance(value, np.ndarray):
        if value.ndim == 4:  # [layers, batch, tokens, N] or [batch, tokens, layers, N]
            first = value.shape[1] == batch and value.shape[2] == rows
            moved: Array = value.transpose(1, 2, 0, 3) if first else value
            return moved.reshape(-1, *moved.shape[2:])
        if value.ndim != 3:
            return unfolded("arrays", value, hints, last)
        return value if tokens_first(value, rows, batch, hints, like) else value.swapaxes(0, 1)
    if isinstance(value[0], list | tuple):  # one tuple per generation pass
        value = [np.concatenate([flat_rows(step[at]) for step in value]) for at in range(len(value[0]))]
    layers = [flat_rows(one) for one in value]
    width = max(len(one) for one in layers)
    if len({one.shape[-1] for one in layers}) > 1:
        found = sorted({one.shape[-1] for one in layers})
        raise no_routing("layers", "arrays of one width", f"widths {found}", "save the routers' logits alone")
    return np.stack([padded(one, width) for one in layers], axis=1)


def flat_rows(array: Array) -> Array:
    """Returns [rows, width] of one layer; the batch axis is flattened."""
    return array.reshape(-1, array.shape[-1])


def padded(array: Array, rows: int) -> Array:
    """Returns `rows` rows that end with those given. Rows that a layer lacks come first and are empty."""
    if len(array) == rows:
        return array
    empty = -1 if array.dtype.kind in "iu" else np.nan
    whole = np.full((rows, array.shape[-1]), empty, np.int64 if array.dtype.kind in "iu" else np.float32)
    whole[rows - len(array) :] = array
    return whole


def tokens_first(
    value: Array, rows: int | None, batch: int, hints: Hints, like: tuple[int, int] | None
) -> bool:
    """Returns whether the first of three axes counts tokens."""
    first, second = value.shape[:2]
    if like is not None and (first, second) == like:
        return True
    if like is not None and (second, first) == like:
        return False
    if rows is not None and first != second:
        due = (rows * batch, rows * batch - 1)
        if first in due or second in due:
            return first in due
    facts = hints.facts
    counts = {hints.layers} if hints.layers else set()
    counts |= {facts.layers, len(facts.moe_layers)} if facts else set()
    if first in counts or second in counts:
        return second in counts
    return value.dtype.kind in "iu"  # ids are saved by token; logits are stacked by layer


def layers_first(array: Array, hints: Hints) -> bool:
    """Returns whether the first axis is that of the layers, by their number in the config."""
    facts = hints.facts
    counts = {hints.layers} if hints.layers else set()
    counts |= {facts.layers, len(facts.moe_layers)} if facts else set()
    first, second = array.shape[:2]
    if second in counts or not counts:
        return False
    return first in counts or (second > max(counts) >= first)


def unfolded(where: str, array: Array, hints: Hints, last: int | None) -> Array:
    """Returns [rows, layers, width] from [rows, layers x width].

    Raises CaptureError `needs-facts` if the width is not known, `no-routing` if it does not fit.
    """
    if array.ndim != 2:
        raise no_routing(where, "two or three axes", f"{array.shape}", "save [tokens, layers, k]")
    if last is None:
        advice = "give --config, or --layers and --k"
        raise needs(where, "the number of layers and k", f"[{array.shape[0]}, {array.shape[1]}]", advice)
    facts = hints.facts
    counts = [one for one in (hints.layers, facts.layers if facts else None) if one]
    counts += [len(facts.moe_layers)] if facts else []
    for layers in counts:
        if array.shape[1] == layers * last:
            return array.reshape(array.shape[0], layers, last)
    if array.shape[1] % last:
        expected = f"a multiple of {last} numbers a row"
        raise no_routing(where, expected, f"{array.shape[1]}", "give the config of the captured model")
    return array.reshape(array.shape[0], -1, last)
