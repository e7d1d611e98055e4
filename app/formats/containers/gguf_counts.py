"""Reads names and small float tensors of a GGUF file, with bounds.

The package `gguf` reads files on disk alone, and trusts the counts in them. Source: ggml/docs/gguf.md.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

import numpy as np

from ..bounds import Bounds, no_routing, truncated
from ..stored import Array
from .files import Bytes

MAGIC = b"GGUF"
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
TEXT, LIST = 8, 9
F32 = 0
MOST = 100_000  # limit on metadata entries and tensors
MOST_TEXTS = 2_000_000  # limit on the texts of all lists: a vocabulary and its merges


@dataclass
class Cursor:
    """A position in the file. Reading past the end is an error."""

    name: str
    data: Bytes
    at: int = 4
    order: str = "<"
    texts: int = 0  # of lists, so far

    def take(self, size: int) -> bytes:
        """Returns the next bytes. Raises CaptureError `truncated`."""
        if size < 0 or self.at + size > len(self.data):
            raise truncated(self.name, f"{size:,} bytes at {self.at:,}", f"{len(self.data) - self.at:,}")
        self.at += size
        return bytes(self.data[self.at - size : self.at])

    def number(self, kind: str) -> int:
        """Returns one whole number."""
        return int(struct.unpack(self.order + kind, self.take(struct.calcsize(kind)))[0])

    def text(self) -> str:
        """Returns one text with its length in front."""
        return self.take(self.number("Q")).decode("utf-8", "replace")


@dataclass
class Gguf:
    """The parts of a GGUF file that readers of counts need: metadata texts, and float32 tensors by name."""

    texts: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    tensors: dict[str, Array] = field(default_factory=dict)
    names: tuple[str, ...] = ()


def read_gguf(name: str, data: Bytes, bounds: Bounds, suffix: str = ".counts") -> Gguf:
    """Reads metadata and the float32 tensors whose names end in `suffix`, [mat, 1] each."""
    cursor = Cursor(name, data)
    version = cursor.number("I")
    if version > 0xFFFF:
        cursor.order, version = ">", int.from_bytes(version.to_bytes(4, "little"), "big")
    if version not in (2, 3):
        raise no_routing(name, "GGUF version 2 or 3", f"version {version}", "convert the file")
    tensors, entries = cursor.number("Q"), cursor.number("Q")
    bounds.check(f"{name}: tensors", tensors, MOST)
    bounds.check(f"{name}: entries", entries, MOST)
    result = Gguf()
    for _ in range(entries):
        read_entry(cursor, result, bounds)
    infos = [read_info(cursor) for _ in range(tensors)]
    align = max(result.numbers.get("general.alignment", 32), 1)
    begin = cursor.at + -cursor.at % align
    result.names = tuple(info[0] for info in infos)
    for info in infos:
        if info[0].endswith(suffix) and info[2] == F32:
            result.tensors[info[0]] = read_tensor(name, data, begin, info, bounds, cursor.order)
    return result


def read_entry(cursor: Cursor, result: Gguf, bounds: Bounds) -> None:
    """Reads one metadata entry. A list is skipped, not read."""
    key, kind = cursor.text(), cursor.number("I")
    if kind == TEXT:
        result.texts[key] = cursor.text()
    elif kind == LIST:
        skip_list(cursor, bounds)
    elif kind in SIZES:
        raw = cursor.take(SIZES[kind])
        result.numbers[key] = int.from_bytes(raw, "little" if cursor.order == "<" else "big")
    else:
        raise no_routing(cursor.name, "a type of GGUF", f"type {kind} of {key[:60]!r}", "convert the file")


def skip_list(cursor: Cursor, bounds: Bounds) -> None:
    """Skips a list of numbers or texts."""
    kind, count = cursor.number("I"), cursor.number("Q")
    if kind in SIZES:
        cursor.take(SIZES[kind] * count)
        return
    if kind != TEXT:
        raise no_routing(cursor.name, "a list of numbers or texts", f"type {kind}", "convert the file")
    cursor.texts += count
    bounds.check(f"{cursor.name}: texts of lists", cursor.texts, MOST_TEXTS)
    for _ in range(count):
        cursor.take(cursor.number("Q"))


Info = tuple[str, tuple[int, ...], int, int]  # name, shape in ggml's order (reversed), type, offset


def read_info(cursor: Cursor) -> Info:
    """Reads the header entry of one tensor."""
    name, count = cursor.text(), cursor.number("I")
    if count > 8:
        raise no_routing(cursor.name, "at most 8 dimensions", f"{count}", "convert the file")
    sizes = tuple(cursor.number("Q") for _ in range(count))
    return name, sizes, cursor.number("I"), cursor.number("Q")


def read_tensor(name: str, data: Bytes, begin: int, info: Info, bounds: Bounds, order: str) -> Array:
    """Returns one float32 tensor in C order."""
    count = math.prod(info[1])
    bounds.check(f"{name}: {info[0]}", count * 4, bounds.unpacked_bytes)
    if begin + info[3] + count * 4 > len(data):
        raise truncated(f"{name}: {info[0]}", f"{count:,} numbers", "the end of the file")
    return np.frombuffer(data, f"{order}f4", count, begin + info[3]).reshape(info[1][::-1])
