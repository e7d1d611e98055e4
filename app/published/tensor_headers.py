"""The tensors of a checkpoint from the headers of its safetensors files. Weights are not read."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .architectures.config_fields import ConfigError

LARGEST_HEADER = 100_000_000  # bytes: limit of the safetensors format itself
MOST_FILES, MOST_TENSORS = 4096, 4_000_000
PICKLED = (".bin", ".pt", ".pth", ".ckpt")
LFS = b"version https://git-lfs"
CONVERT = "convert it to safetensors: a pickle can run code when it is read"


@dataclass(frozen=True)
class Tensor:
    """One tensor of a file."""

    name: str
    dtype: str  # in safetensors' notation: BF16, F8_E4M3, U8
    shape: tuple[int, ...]
    bytes: int

    @property
    def count(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


def read_tensors(folder: Path) -> list[Tensor]:
    """Returns the tensors of all safetensors files in a folder. Raises ConfigError for an invalid file."""
    files = safetensors_files(folder)
    tensors: dict[str, Tensor] = {}
    for path in files:
        for tensor in tensors_of(path):
            tensors[tensor.name] = tensor
        if len(tensors) > MOST_TENSORS:
            raise ConfigError(folder.name, f"at most {MOST_TENSORS:,} tensors", "more")
    return list(tensors.values())


def safetensors_files(folder: Path) -> list[Path]:
    """Returns the files sorted by name. Raises ConfigError if there are none, or too many."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise ConfigError(folder.name, "a folder that can be read", str(error.strerror)) from error
    files = [path for path in entries if path.suffix == ".safetensors"]
    if not files and any(path.suffix in PICKLED for path in entries):
        raise ConfigError(folder.name, "safetensors files", "a pickled checkpoint", CONVERT)
    if not 1 <= len(files) <= MOST_FILES:
        raise ConfigError(folder.name, f"1 to {MOST_FILES} safetensors files", str(len(files)))
    return files


def tensors_of(path: Path) -> Iterator[Tensor]:
    """Yields the tensors of one file. Raises ConfigError for an invalid header."""
    header = header_of(path)
    for name, entry in header.items():
        if name != "__metadata__":
            yield tensor_of(path, name, entry)


def header_of(path: Path) -> dict[str, Any]:
    """Returns the JSON header of a file, with the offset of each tensor."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
            size = int.from_bytes(start, "little")
            if start[:8] == LFS[:8]:
                raise ConfigError(path.name, "a safetensors file", "a pointer of Git LFS", "run git lfs pull")
            if len(start) < 8 or not 2 <= size <= LARGEST_HEADER:
                raise ConfigError(path.name, "a safetensors file", "no header of that format")
            text = file.read(size)
            if len(text) < size:
                raise ConfigError(
                    path.name, f"a header of {size:,} bytes", f"{len(text):,}", "copy the file again"
                )
            header = json.loads(text)
    except OSError as error:
        raise ConfigError(path.name, "a file that can be read", str(error.strerror)) from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(path.name, "a safetensors file", "a header that is no JSON") from error
    if not isinstance(header, dict):
        raise ConfigError(path.name, "a safetensors file", "a header that is no object")
    return header


def tensor_of(path: Path, name: str, entry: Any) -> Tensor:
    """Returns one tensor of a header. Raises ConfigError for invalid fields."""
    try:
        shape, (begin, end) = tuple(entry["shape"]), entry["data_offsets"]
        numbers = (*shape, begin, end)
        if not all(type(n) is int and 0 <= n < 2**62 for n in numbers) or end < begin:
            raise ValueError
        return Tensor(name, str(entry["dtype"]), shape, end - begin)
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(path.name, f"dtype, shape and data_offsets of {name[:60]}", "others") from error
