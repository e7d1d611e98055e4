"""Arrays inside JSON: base64 of raw numbers, or nested lists."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..bounds import no_routing, truncated
from ..containers.numpy_files import check_claim
from ..containers.opened import Opened
from ..findings import CaptureError
from ..hints import Hints
from ..stored import Array

DTYPES = {"int8": "i1", "uint8": "u1", "int16": "<i2", "uint16": "<u2", "int32": "<i4", "int64": "<i8"}
WIDTH = 4  # bytes of an int32


def decode_base64(where: str, text: str) -> bytes:
    """Returns the bytes of a base64 text. Raises CaptureError `truncated` if it ends within a group."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise truncated(where, "base64 in whole groups", f"{len(text):,} characters ({error})") from error


def nested(where: str, rows: Any) -> Array:
    """Returns nested lists [rows, layers, k] as an array. Raises CaptureError if they are ragged."""
    try:
        array = np.array(rows)
    except (ValueError, OverflowError) as error:
        raise no_routing(where, "lists [rows, layers, k]", "ragged lists", "check what wrote them") from error
    if array.ndim != 3 or array.dtype.kind not in "iu":
        raise no_routing(
            where, "whole numbers [rows, layers, k]", f"{array.dtype} {array.shape}", "check them"
        )
    return array


def shaped(where: str, data: str, dtype: str, shape: Iterable[int], opened: Opened) -> Array:
    """Returns an array from base64 of its bytes, with its type and shape."""
    sizes = tuple(int(size) for size in shape)
    if dtype not in DTYPES or len(sizes) != 3 or min(sizes) < 0:
        expected = f"a type among {', '.join(DTYPES)} and three sizes"
        raise no_routing(where, expected, f"{dtype[:20]} {sizes}", "check what wrote it")
    raw = decode_base64(where, data)
    check_claim(where, math.prod(sizes) * np.dtype(DTYPES[dtype]).itemsize, len(raw), opened.files.bounds)
    return np.frombuffer(raw, DTYPES[dtype], math.prod(sizes)).reshape(sizes)


def raw_rows(where: str, text: str, hints: Hints, due: int | None) -> Array:
    """Returns int32 rows [rows, layers, k] from base64 without a shape; the config gives the sizes.

    `due` is the number of rows that the tokens imply. Raises CaptureError `needs-facts` without sizes,
    `config-mismatch` if the numbers are not whole rows of that size.
    """
    raw = decode_base64(where, text)
    if len(raw) % WIDTH:
        raise truncated(where, "whole int32 numbers", f"{len(raw):,} bytes")
    flat = np.frombuffer(raw, "<i4")
    layers, k = hints.any_layers, hints.any_k
    if layers is None or k is None:
        advice = "give --config config.json of the model, or --layers and --k"
        raise wanting(where, f"{len(flat):,} numbers without a shape", advice)
    width = layers * k
    rows = len(flat) // width
    fewer = fewer_layers(flat, due, layers, k, hints) if len(flat) % width else None
    if fewer is not None:
        return fewer
    other = due and len(flat) % due == 0 and (len(flat) // due) != width and rows > due
    if len(flat) % width or other:
        raise CaptureError(
            "config-mismatch",
            where,
            f"rows of {layers} layers x {k}",
            f"{len(flat):,} numbers" + (f" for {due} rows" if due else ""),
            "give the config of the model that was captured",
        )
    return flat.reshape(rows, layers, k)


def fewer_layers(flat: Array, due: int | None, layers: int, k: int, hints: Hints) -> Array | None:
    """Returns rows of fewer layers than the config's, where they are as many as the tokens and make sense.

    A config with another k divides the numbers too, but then an expert stands twice in a place.
    """
    if not due or len(flat) % (due * k) or not 0 < len(flat) // (due * k) < layers:
        return None
    rows = flat.reshape(due, -1, k)
    ordered = np.sort(rows, axis=-1)
    twice = (ordered[..., 1:] == ordered[..., :-1]) & (ordered[..., 1:] > 0)
    most = hints.facts.id_limit if hints.facts else hints.any_experts
    return None if twice.any() or (most and rows.max() >= most) else rows


def wanting(where: str, got: str, advice: str) -> CaptureError:
    """Returns the error `needs-facts` for missing sizes."""
    return CaptureError("needs-facts", where, "the number of layers and k", got, advice)
