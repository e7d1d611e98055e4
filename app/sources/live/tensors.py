"""The tensors of a checkpoint on disk, read on use."""

from __future__ import annotations

import hashlib
import json
import math
import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from ...trace import Floats, Ints
from .config import CheckpointError, read_json
from .floats import TYPES, Bytes

EMBEDDING = "model.embed_tokens.weight"
HEAD = "lm_head.weight"
INDEX = "model.safetensors.index.json"
INDEX_BYTES = 256 << 20
LFS = b"version https://git-lfs.github.com/spec/"
PICKLES = ("*.bin", "*.pt", "*.pth")


class WeightFile:
    """A file of weights, mapped into memory: its pages are the system's, and are read on access.

    A mapped file that is shortened in place ends the process on access (SIGBUS), so `check` comes before use.
    """

    def __init__(self, path: Path) -> None:
        """Maps the file. Raises OSError."""
        self.name = path.name
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            self.pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.identity = path.name, status.st_size, status.st_ino, status.st_mtime_ns
        self.data: Bytes = np.frombuffer(self.pages, np.uint8)

    def check(self) -> None:
        """Raises CheckpointError if the file is shorter than it was when it was opened."""
        size = self.pages.size()
        if size < len(self.data):
            raise CheckpointError(
                f"{self.name}: expected {len(self.data)} bytes, got {size}; "
                "the file was shortened since it was opened: copy it again"
            )


@dataclass(frozen=True)
class Stored:
    """The location of a tensor: file, type, shape, offset."""

    file: WeightFile
    type: str
    shape: tuple[int, ...]
    start: int

    @property
    def size(self) -> int:
        """Returns the number of elements."""
        return math.prod(self.shape)

    def fill(self, out: Floats, first: int = 0) -> None:
        """Writes the elements from index `first` on into the contiguous array `out`, as float32."""
        np.copyto(out.reshape(-1), self.values(first, out.size))

    def values(self, first: int, count: int) -> NDArray[Any]:
        """Returns `count` elements from index `first` on, in the type of the file and without a copy."""
        kind = TYPES[self.type]
        start = self.start + first * kind.itemsize
        return self.file.data[start : start + count * kind.itemsize].view(kind)


class Tensors:
    """The tensors of one file or of several shards, by name."""

    def __init__(self, folder: Path) -> None:
        """Reads the headers. Raises CheckpointError naming the file, or a tensor of an unsupported type."""
        self.stored: dict[str, Stored] = {}
        for path in shards(folder):
            self.stored.update(read_header(path))
        if all(name.startswith("language_model.") for name in self.stored if "vision" not in name):
            self.stored = {plain_name(name): stored for name, stored in self.stored.items()}
        self.files = list({stored.file for stored in self.stored.values()})

    @property
    def bytes(self) -> int:
        """Returns the size of all tensors on disk."""
        return sum(stored.size * TYPES[stored.type].itemsize for stored in self.stored.values())

    @property
    def identity(self) -> str:
        """Returns what tells these open files from others in their place: a hash of sizes and times."""
        return hashlib.sha256(repr([file.identity for file in self.files]).encode()).hexdigest()

    def check(self) -> None:
        """Raises CheckpointError if a file was shortened since it was opened."""
        for file in self.files:
            file.check()

    def __contains__(self, name: str) -> bool:
        return name in self.stored

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Returns the shape of every tensor."""
        return {name: stored.shape for name, stored in self.stored.items()}

    def read(self, name: str) -> Floats:
        """Returns the whole tensor in float32."""
        stored = self.stored[name]
        stored.file.check()
        out = np.empty(stored.shape, np.float32)
        stored.fill(out)
        return out

    def rows(self, name: str, rows: Ints) -> Floats:
        """Returns some rows of a matrix in float32, without reading others."""
        stored = self.stored[name]
        stored.file.check()
        width = stored.shape[-1]
        out = np.empty((len(rows), width), np.float32)
        for target, row in zip(out, rows.tolist(), strict=True):
            stored.fill(target, row * width)
        return out


def plain_name(name: str) -> str:
    """Returns a tensor's name without the prefix of a multimodal wrapper."""
    inner = name.removeprefix("language_model.")
    return inner if inner.startswith(("model.", "lm_head.")) else f"model.{inner}"


def shards(folder: Path) -> list[Path]:
    """Returns the weight files of a checkpoint: one, or those in its index.

    Raises CheckpointError for a missing file, pickled weights, and adapters without their model.
    """
    if (folder / "adapter_config.json").exists():
        raise CheckpointError(
            "adapter_config.json: expected a whole model, got LoRA weights beside it; "
            "merge them into the model (peft: merge_and_unload) and save that"
        )
    single = folder / "model.safetensors"
    if single.exists():
        return [single]
    if not (folder / INDEX).exists():
        raise CheckpointError(no_weights(folder))
    index = read_json(folder / INDEX, INDEX_BYTES)
    names = sorted({str(name) for name in dict(index.get("weight_map") or {}).values()})
    if not names:
        raise CheckpointError(f"{INDEX}: weight_map: expected the shards of the model, got none")
    missing = [name for name in names if Path(name).name != name or not (folder / name).exists()]
    if missing:
        raise CheckpointError(f"{INDEX}: expected its shards beside it, missing {', '.join(missing)}")
    return [folder / name for name in names]


def no_weights(folder: Path) -> str:
    """Returns the reason why a folder without safetensors cannot be run."""
    pickled = next((path.name for pattern in PICKLES for path in sorted(folder.glob(pattern))), None)
    if pickled:
        return (
            f"{pickled}: expected model.safetensors, got pickled weights, which can run any program; convert "
            "them on a machine that may: AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(NEW)"
        )
    return f"weights: expected model.safetensors or {INDEX}, got neither"


def read_header(path: Path) -> dict[str, Stored]:
    """Returns the tensors of a safetensors file. The library checks header and file size."""
    try:
        with path.open("rb") as opened:
            start = opened.read(len(LFS))
            if start == LFS:
                raise CheckpointError(
                    f"{path.name}: expected weights, got a Git LFS pointer; run git lfs pull in its folder"
                )
            with safe_open(path, framework="np"):
                pass
            size = int.from_bytes(start[:8], "little")
            opened.seek(8)
            header = json.loads(opened.read(size))
    except CheckpointError:
        raise
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        reason = f"; {error}" if not isinstance(error, OSError) else f"; {error.strerror}"
        raise CheckpointError(f"{path.name}: expected a whole safetensors file{reason}") from error
    header.pop("__metadata__", None)
    for name, entry in header.items():
        if entry["dtype"] not in TYPES:
            raise CheckpointError(
                f"{path.name}: {name}: expected {', '.join(TYPES)}, got {entry['dtype']}; "
                "quantised weights of this type are not implemented"
            )
    file = WeightFile(path)
    return {name: stored_of(file, 8 + size, entry) for name, entry in header.items()}


def stored_of(file: WeightFile, start: int, entry: dict[str, Any]) -> Stored:
    """Returns a tensor from its header entry. `start`: offset of all data."""
    return Stored(file, entry["dtype"], tuple(entry["shape"]), start + entry["data_offsets"][0])
