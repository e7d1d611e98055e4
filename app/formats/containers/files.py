"""The files that make up one capture: mapped from disk, or as bytes that the page sent."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ..bounds import Bounds, no_routing, unsafe

Bytes = bytes | memoryview


@dataclass(frozen=True)
class Files:
    """File contents by name; names are relative to the folder that was given."""

    contents: Mapping[str, Bytes]
    folder: bool = False
    bounds: Bounds = field(default_factory=Bounds)

    @property
    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self.contents)

    def matching(self, pattern: str) -> list[str]:
        """Returns the names whose last part matches a glob, sorted."""
        return [name for name in self.names if PurePosixPath(name).match(pattern)]

    def only(self) -> tuple[str, Bytes]:
        """Returns the one file. Raises CaptureError if there are several."""
        if len(self.contents) != 1:
            raise no_routing("capture", "one file", f"{len(self.contents)} files", "name the one to read")
        return next(iter(self.contents.items()))

    def without(self, names: Iterable[str]) -> Files:
        """Returns the files without those named."""
        left = {name: data for name, data in self.contents.items() if name not in set(names)}
        return Files(left, self.folder, self.bounds)


def from_path(path: Path, bounds: Bounds) -> Files:
    """Maps a file, or the files of a folder, into memory. Raises CaptureError and OSError."""
    if path.is_dir():
        return from_folder(path, bounds)
    return Files({path.name: mapped(path, bounds)}, bounds=bounds)


def from_folder(folder: Path, bounds: Bounds) -> Files:
    """Maps the files of a folder. Raises CaptureError `unsafe-file` if a link leads out of it."""
    root = folder.resolve()
    contents: dict[str, Bytes] = {}
    for count, path in enumerate(sorted(folder.rglob("*")), 1):
        bounds.check(f"{folder.name}: files", count, bounds.files)
        name = path.relative_to(folder).as_posix()
        if not path.resolve().is_relative_to(root):
            advice = "copy the file that it leads to into the folder"
            raise unsafe(name, "a file of this folder", "a link to a file outside it", advice)
        if path.is_file() and not path.name.startswith("."):
            contents[name] = mapped(path, bounds)
    return Files(contents, folder=True, bounds=bounds)


def from_bytes(contents: Mapping[str, bytes], bounds: Bounds) -> Files:
    """Wraps files that are in memory. Raises CaptureError if a name leads out of their folder."""
    for name, data in contents.items():
        check_name(name)
        bounds.check(name, len(data), bounds.file_bytes)
    bounds.check("capture: files", len(contents), bounds.files)
    return Files(dict(contents), folder=len(contents) > 1, bounds=bounds)


def check_name(name: str) -> None:
    """Raises CaptureError `unsafe-file` if a name leads out of its folder."""
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or "\0" in name or (len(name) > 1 and name[1] == ":"):
        raise unsafe("name", "a path inside the capture", repr(name[:80]), "it names a path outside itself")


def mapped(path: Path, bounds: Bounds) -> Bytes:
    """Maps one regular file into memory. Its pages are read on access."""
    size = path.stat().st_size
    if not path.is_file():
        raise no_routing(path.name, "a file", "something else", "give the path of a capture")
    bounds.check(path.name, size, bounds.file_bytes)
    if not size:
        return b""
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
