"""The tensors of a checkpoint on disk, memory-mapped: a tensor is read when it is used, and only then."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from ...trace import Floats
from .config import CheckpointError

# bfloat16 is the upper half of float32; numpy has no such type, so its bits are read as integers.
STORED: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}
INDEX = "model.safetensors.index.json"


@dataclass(frozen=True)
class Stored:
    """Where a tensor lies: its file's mapping, its type, its shape, its first byte."""

    file: NDArray[np.uint8]
    type: str
    shape: tuple[int, ...]
    start: int

    def array(self) -> NDArray[Any]:
        """The tensor as it is stored, a view of the mapped file."""
        dtype = STORED[self.type]
        size = dtype.itemsize * int(np.prod(self.shape))
        return self.file[self.start : self.start + size].view(dtype).reshape(self.shape)


class Tensors:
    """The tensors of one file or of several shards, by name."""

    def __init__(self, folder: Path) -> None:
        """Read the headers. Raises CheckpointError naming the file, or a tensor of a type not read."""
        self._stored: dict[str, Stored] = {}
        for path in shards(folder):
            self._stored.update(read_header(path))

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every tensor."""
        return {name: stored.shape for name, stored in self._stored.items()}

    def read(self, name: str) -> Floats:
        """The whole tensor in float32."""
        return widen(self._stored[name], self._stored[name].array())

    def rows(self, name: str, rows: NDArray[Any]) -> Floats:
        """Some rows of a matrix in float32; only the pages of the file that hold them are read."""
        return widen(self._stored[name], self._stored[name].array()[rows])


def widen(stored: Stored, values: NDArray[Any]) -> Floats:
    """Stored values in float32, exactly: every float16 and bfloat16 is also a float32."""
    if stored.type == "BF16":
        bits: NDArray[np.uint32] = np.left_shift(values, 16, dtype=np.uint32)
        return bits.view(np.float32)
    return np.asarray(values, np.float32)


def shards(folder: Path) -> list[Path]:
    """The weight files of a checkpoint: one, or those that its index names."""
    single = folder / "model.safetensors"
    if single.exists():
        return [single]
    try:
        names = sorted(set(json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values()))
    except (OSError, ValueError, KeyError) as error:
        raise CheckpointError(f"{folder}: expected model.safetensors or {INDEX}; {error!r}") from error
    missing = [name for name in names if Path(name).name != name or not (folder / name).exists()]
    if missing:
        raise CheckpointError(
            f"{folder / INDEX}: expected its shards beside it, missing {', '.join(missing)}"
        )
    return [folder / name for name in names]


def read_header(path: Path) -> dict[str, Stored]:
    """The tensors of one safetensors file. The library checks the header; numpy maps the file."""
    try:
        with safe_open(path, framework="np"):
            pass
        file = np.memmap(path, np.uint8, mode="r")
        size = int.from_bytes(file[:8].tobytes(), "little")
        header = json.loads(bytes(file[8 : 8 + size]))
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path}: expected a safetensors file; {error}") from error
    header.pop("__metadata__", None)
    for name, entry in header.items():
        if entry["dtype"] not in STORED:
            raise CheckpointError(
                f"{path}: {name}: expected {', '.join(STORED)}, got {entry['dtype']}; "
                "quantised weights are not implemented"
            )
    view = np.asarray(file)
    return {
        name: Stored(view, entry["dtype"], tuple(entry["shape"]), 8 + size + entry["data_offsets"][0])
        for name, entry in header.items()
    }
