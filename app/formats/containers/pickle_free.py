"""Reads .pt files without torch and without unpickling.

A .pt file is a zip archive (from torch 1.6) or a series of pickles (before). Source:
torch/serialization.py.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..bounds import Bounds, no_routing, truncated, unsafe
from .files import Bytes
from .numpy_files import check_claim, member, open_zip
from .pickle_machine import STORAGES, LoadStorage, Machine, Name, Storage, opcodes

MAGIC = 0x1950A86A20F9469CFC6C  # magic number of the format before torch 1.6


def read_pt(name: str, data: Bytes, bounds: Bounds) -> Any:
    """Reads a .pt file: tensors as arrays, in the containers that hold them.

    Raises CaptureError `unsafe-file` with the name of the class if the pickle needs any other class.
    """
    if bytes(data[:4]) == b"PK\x03\x04":
        return read_zip(name, data, bounds)
    return read_legacy(name, data, bounds)


def read_zip(name: str, data: Bytes, bounds: Bounds) -> Any:
    """Reads the format since torch 1.6: `data.pkl` and one member per storage."""
    with open_zip(name, data, bounds) as archive:
        infos = {info.filename: info for info in archive.infolist()}
        pickled = [entry for entry in infos if entry == "data.pkl" or entry.endswith("/data.pkl")]
        if len(pickled) != 1:
            raise no_routing(
                name, "an archive with one data.pkl", f"{len(pickled)}", "save it with torch.save"
            )
        folder = pickled[0][: -len("data.pkl")]
        kept: dict[str, bytes] = {}

        def load(entry: tuple[Any, ...]) -> Storage:
            kind, key, count = storage_of(name, entry)
            if key not in kept:
                kept[key] = unpack(name, archive, infos, f"{folder}data/{key}")
            return cut(name, kept[key], kind, count, bounds)

        most = bounds.unpacked_bytes // 4
        return Machine(name, load, most=most).run(member(name, archive, infos[pickled[0]]))


def unpack(name: str, archive: zipfile.ZipFile, infos: dict[str, zipfile.ZipInfo], path: str) -> bytes:
    """Unpacks the member of one storage."""
    if path not in infos:
        raise truncated(name, f"a member {path}", "none")
    return member(name, archive, infos[path])


def storage_of(name: str, entry: tuple[Any, ...]) -> tuple[str, str, int]:
    """Returns type, key and count of a storage from its pickle entry. Raises CaptureError `unsafe-file`."""
    if len(entry) < 5 or entry[0] != "storage" or not isinstance(entry[1], Name):
        raise unsafe(name, "storages of tensors", "another persistent object", "save tensors alone")
    kind = STORAGES.get(entry[1].path.removeprefix("torch."))
    if kind is None or not isinstance(entry[4], int):
        raise unsafe(name, "a storage of numbers", entry[1].path[:80], "save tensors of numbers alone")
    return kind, str(entry[2]), int(entry[4])


def cut(name: str, data: Bytes, kind: str, count: int, bounds: Bounds) -> Storage:
    """Returns a storage of `count` numbers. Raises CaptureError `truncated` if the data is shorter."""
    size = count * (2 if kind == "bf16" else np.dtype(kind).itemsize)
    check_claim(name, size, len(data), bounds)
    return Storage(data[:size], kind)


def read_legacy(name: str, data: Bytes, bounds: Bounds) -> Any:
    """Reads the format before torch 1.6: five pickles, then each storage preceded by its count.

    The tensors precede the numbers, so a first pass lists the storages and a second one builds the
    tensors.
    """
    raw = bytes(data)
    starts = list(pickles(name, raw, 5))
    plain = Machine(name, refuse_storage(name))
    ours = bool(starts) and plain.run(raw[starts[0] :]) == MAGIC
    if ours and len(starts) < 5:
        raise truncated(name, "five pickles and the numbers of tensors", f"{len(starts)} pickles")
    if not ours:
        raise unsafe(name, "a file of torch.save", "another pickle", "save tensors with torch.save, or .npz")
    wanted: dict[str, tuple[str, int]] = {}

    def note(entry: tuple[Any, ...]) -> Storage:
        kind, key, count = storage_of(name, entry)
        wanted[key] = (kind, count)
        return Storage(b"", kind)

    Machine(name, note, build=False).run(raw[starts[3] :])
    keys = Machine(name, refuse_storage(name)).run(raw[starts[4] :])
    kept = dict(legacy_storages(name, raw, end_of(name, raw, starts[4]), keys, wanted, bounds))
    most = bounds.unpacked_bytes // 4
    return Machine(name, lambda entry: kept[str(entry[2])], most=most).run(raw[starts[3] :])


def refuse_storage(name: str) -> LoadStorage:
    """Returns a loader for pickles that must not contain tensors."""

    def refuse(entry: tuple[Any, ...]) -> Storage:
        raise unsafe(name, "a file of torch.save", "another pickle", "save tensors with torch.save, or .npz")

    return refuse


def legacy_storages(
    name: str, raw: bytes, begin: int, keys: Any, wanted: dict[str, tuple[str, int]], bounds: Bounds
) -> Iterator[tuple[str, Storage]]:
    """Yields each storage after the pickles: its count in eight bytes, then the numbers."""
    for key in keys if isinstance(keys, list) else []:
        if str(key) not in wanted:
            raise no_routing(name, "storages of its tensors", "another storage", "save it again")
        kind, count = wanted[str(key)]
        stored = cut(name, memoryview(raw)[begin + 8 :], kind, count, bounds)
        yield str(key), stored
        begin += 8 + len(stored.data)


def pickles(name: str, raw: bytes, count: int) -> Iterator[int]:
    """Yields the offset of each of the first `count` pickles."""
    begin = 0
    for _ in range(count):
        if begin >= len(raw) or raw[begin] != 0x80:
            return
        yield begin
        begin = end_of(name, raw, begin)


def end_of(name: str, raw: bytes, begin: int) -> int:
    """Returns the end offset of the pickle that begins at `begin`."""
    position = 0
    for _, _, at in opcodes(name, raw[begin:]):
        position = at
    return begin + position + 1
