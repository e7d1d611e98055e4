"""Reads .npy, .npz and .safetensors. Headers are checked before allocation; nothing is unpickled."""

from __future__ import annotations

import io
import json
import math
import zipfile
from typing import Any, TypeGuard

import ml_dtypes
import numpy as np

from ..bounds import Bounds, no_routing, too_large, truncated, unsafe
from ..findings import CaptureError
from ..stored import Array
from .files import Bytes, check_name

NPY = b"\x93NUMPY"
SAFETENSORS: dict[str, str] = {
    **{"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1"},
    **{"U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?"},
}
LEAST_NPY = 128  # bytes: the shortest header that numpy writes
MOST_AXES = 32
SAFE_HEADER = 100 * 2**20  # bytes: limit of the safetensors format itself


def read_npy(name: str, data: Bytes, bounds: Bounds) -> Array:
    """Reads one .npy array. Raises CaptureError if it is cut off, an object array, or too large."""
    shape, fortran, dtype, begin = npy_header(name, data)
    if dtype.hasobject:
        raise unsafe(name, "an array of numbers", "an object array, which is a pickle", "save numbers alone")
    check_shape(name, shape)
    count = math.prod(shape)
    check_claim(name, count * max(dtype.itemsize, 1), len(data) - begin, bounds)
    flat = np.frombuffer(data, dtype, count, begin)
    return flat.reshape(shape, order="F" if fortran else "C")


def npy_header(name: str, data: Bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Returns shape, Fortran order, type, and the offset of the data."""
    head = io.BytesIO(bytes(data[:70_000]))
    try:
        version = np.lib.format.read_magic(head)
        read = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, fortran, dtype = read(head)
    except Exception as error:  # tokenize, ast and numpy raise their own errors
        raise broken_header(name, len(data), error) from error
    if any(size < 0 for size in shape):
        raise no_routing(name, "a shape of sizes from 0 up", f"{shape}", "save it again")
    return shape, fortran, dtype, head.tell()


def broken_header(name: str, size: int, error: Exception) -> CaptureError:
    """Returns the error for a broken .npy header."""
    if "EOF" in str(error) or size < LEAST_NPY:
        return truncated(name, "the header of a .npy file", f"{size:,} bytes")
    if "large" in str(error):
        return too_large(name, "a header of at most 10,000 characters", "a larger one")
    return no_routing(name, "a .npy file", "a header that cannot be read", "save it again")


def check_shape(where: str, shape: tuple[int, ...]) -> None:
    """Raises CaptureError for a shape that numpy cannot make, even where a size of 0 leaves it empty."""
    if len(shape) > MOST_AXES or math.prod(max(size, 1) for size in shape) >= 2**48:
        raise too_large(where, f"at most {MOST_AXES} axes of real sizes", f"{shape}"[:80])


def check_claim(name: str, claimed: int, held: int, bounds: Bounds) -> None:
    """Raises CaptureError if an array claims more bytes than the file holds."""
    bounds.check(name, claimed, bounds.unpacked_bytes, held)
    if claimed > held:
        raise truncated(name, f"{claimed:,} bytes of numbers", f"{max(held, 0):,}")


def read_npz(name: str, data: Bytes, bounds: Bounds) -> dict[str, Array]:
    """Reads all arrays of an .npz file by name."""
    with open_zip(name, data, bounds) as archive:
        arrays = {}
        for info in archive.infolist():
            if info.filename.endswith(".npy"):
                arrays[info.filename[:-4]] = read_npy(
                    f"{name}: {info.filename}", member(name, archive, info), bounds
                )
        return arrays


def open_zip(name: str, data: Bytes, bounds: Bounds) -> zipfile.ZipFile:
    """Opens an archive. Raises CaptureError if a name leads out of it, or its members unpack to too much."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(bytes(data)))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise truncated(name, "a zip archive with its directory at the end", "no directory") from error
    infos = archive.infolist()
    bounds.check(f"{name}: members", len(infos), bounds.files)
    for info in infos:
        check_name(info.filename)
    unpacked = sum(info.file_size for info in infos)
    bounds.check(f"{name}: unpacked bytes", unpacked, bounds.unpacked_bytes, len(data))
    return archive


def member(name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Unpacks one member, up to the size in its entry."""
    try:
        with archive.open(info) as file:
            return file.read(info.file_size)
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError, OSError) as error:
        where = f"{name}: {info.filename}"
        raise truncated(where, "a member that unpacks", f"a broken one ({error})") from error
    except Exception as error:  # zlib, lzma and bz2 each raise their own errors
        raise truncated(f"{name}: {info.filename}", "a member that unpacks", "a broken one") from error


def safetensors_header(name: str, data: Bytes) -> tuple[dict[str, Any], int]:
    """Returns the header of a safetensors file, and the offset of the data."""
    size = int.from_bytes(data[:8], "little")
    if size > SAFE_HEADER:
        raise too_large(name, f"a header of at most {SAFE_HEADER:,} bytes", f"one of {size:,}")
    if 8 + size > len(data):
        raise truncated(name, f"a header of {size:,} bytes", f"{len(data) - 8:,}")
    try:
        header = json.loads(bytes(data[8 : 8 + size]))
    except (ValueError, RecursionError) as error:
        raise no_routing(name, "a JSON header", "something else", "save it again") from error
    if not isinstance(header, dict):
        raise no_routing(name, "a header with tensors", "something else", "save it again")
    return header, 8 + size


def read_safetensors(name: str, data: Bytes, bounds: Bounds) -> tuple[dict[str, Array], dict[str, str]]:
    """Reads all tensors and the metadata of a safetensors file."""
    header, begin = safetensors_header(name, data)
    metadata = header.pop("__metadata__", None) or {}
    bounds.check(f"{name}: tensors", len(header), bounds.files * 10)
    check_apart(name, header)
    arrays = {key: tensor(f"{name}: {key}", entry, data, begin, bounds) for key, entry in header.items()}
    texts = {str(key): str(value) for key, value in metadata.items()} if isinstance(metadata, dict) else {}
    return arrays, texts


def check_apart(name: str, header: dict[str, Any]) -> None:
    """Raises CaptureError if tensors overlap: together they could be far larger than the file."""
    end = 0
    offsets = [entry.get("data_offsets") for entry in header.values() if isinstance(entry, dict)]
    spans: list[list[int]] = [one for one in offsets if is_span(one)]
    for low, high in sorted(spans):
        if low < end:
            raise too_large(name, "tensors one behind the other", f"one at {low}, before the end at {end}")
        end = max(end, high)


def is_span(offsets: Any) -> TypeGuard[list[int]]:
    """Returns whether these are the two offsets of a tensor."""
    return isinstance(offsets, list) and len(offsets) == 2 and all(type(one) is int for one in offsets)


def tensor(where: str, entry: Any, data: Bytes, begin: int, bounds: Bounds) -> Array:
    """Returns one tensor as a view of the file; bfloat16 is widened to float32."""
    try:
        kind, shape = str(entry["dtype"]), tuple(int(size) for size in entry["shape"])
        low, high = (int(offset) for offset in entry["data_offsets"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise no_routing(where, "dtype, shape and data_offsets", "something else", "save it again") from error
    if kind != "BF16" and kind not in SAFETENSORS:
        raise no_routing(where, f"a type among {', '.join(SAFETENSORS)}, BF16", kind, "save it as F32")
    itemsize = 2 if kind == "BF16" else np.dtype(SAFETENSORS[kind]).itemsize
    count = math.prod(shape)
    if min(shape, default=0) < 0 or low < 0 or high - low != count * itemsize:
        raise no_routing(where, "offsets that fit the shape", f"{low} to {high} for {shape}", "save it again")
    check_shape(where, shape)
    check_claim(where, begin + high, len(data), bounds)
    if kind == "BF16":
        return widened(np.frombuffer(data, "<u2", count, begin + low)).reshape(shape)
    return np.frombuffer(data, SAFETENSORS[kind], count, begin + low).reshape(shape)


def widened(bits: Array) -> Array:
    """Returns bfloat16 bits [..] as float32."""
    numbers: Array = bits.view(ml_dtypes.bfloat16).astype("<f4")
    return numbers


__all__ = ["NPY", "CaptureError", "check_claim", "open_zip", "read_npy", "read_npz", "read_safetensors"]
