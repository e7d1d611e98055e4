"""Arrays without names: .npy files and bare tensors, with their axes in any order."""

from __future__ import annotations

import numpy as np

from ..containers.opened import Opened
from ..hints import Hints
from ..stored import Array, Stored
from .axes import layers_first, tokens_first, unfolded

ENGINE_TYPES = ("uint8", "uint16", "int16", "int32")  # types in which vLLM stores ids


def array_of(opened: Opened) -> Array | None:
    """Returns the only array of a file; None if it has none or several."""
    value = opened.value
    if opened.container == "npz" and isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    if (
        opened.container in ("npy", "npz", "pt")
        and isinstance(value, np.ndarray)
        and value.dtype.kind in "iuf"
    ):
        return value
    return None


def matches_ids(opened: Opened) -> bool:
    """Recognises integer arrays with two to four axes."""
    array = array_of(opened)
    return array is not None and array.dtype.kind in "iu" and array.ndim in (2, 3, 4)


def matches_logits(opened: Opened) -> bool:
    """Recognises floating-point arrays with three axes."""
    array = array_of(opened)
    return array is not None and array.dtype.kind == "f" and array.ndim == 3


def read_ids(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads ids: [rows, layers, k], layers first, or [rows, layers x k]. A batch gives several captures."""
    array = array_of(opened)
    assert array is not None
    if array.ndim == 4:
        return [Stored("array", ids=one, small_type=array.dtype == np.uint8) for one in array]
    if array.ndim == 2:
        return [Stored("array", ids=unfolded(opened.name, array, hints, hints.any_k))]
    first = layers_first(array, hints)
    stored = Stored("array", ids=array.swapaxes(0, 1) if first else array)
    stored.small_type = array.dtype == np.uint8
    if opened.container == "npy" and not first and as_engines_write(array):
        stored.engine, stored.sampled_last = "vllm", True
        stored.notes.append(
            "rows are taken as an engine writes them: one for every token but a sampled last one"
        )
    if hints.facts is None and hints.layers is None:
        stored.notes.append("no config: axes are taken as token, layer, place")
    return [stored]


def as_engines_write(array: Array) -> bool:
    """Returns whether an array has the form of vLLM's Python interface: C order, a native type of ids."""
    return array.dtype.name in ENGINE_TYPES and array.dtype.isnative and array.flags.c_contiguous


def read_logits(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads logits [rows, layers, N] or layers first."""
    array = array_of(opened)
    assert array is not None
    first = tokens_first(array, None, 1, hints, None)
    return [Stored("array", logits=array if first else array.swapaxes(0, 1))]
