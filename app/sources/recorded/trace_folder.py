"""The folder of traces that an operator serves: files by name, each read on request."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from ...byte_cache import Cache
from ...formats.beside import read_in_place
from ...formats.bounds import PAGE_BOUNDS, Bounds
from ...formats.capture import Capture
from ...formats.findings import CaptureError
from ...formats.to_trace import to_trace
from ...trace import RoutingTrace
from .long_trace import LongTrace, long_trace, map_trace

BESIDE = ("config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json")
ONE_CAPTURE = (
    "router_trace_rank*.jsonl",
    "router/ffn_moe_logits-*.npy",
)  # a folder with such files is one capture
DEEPEST = 4  # limit on nested folders
MOST_FILES = 20_000
KEPT_BYTES = 256 * 2**20
KEPT_LONG_BYTES = 256 * 2**20


@dataclass(frozen=True)
class CapturedFile:
    """A capture of the folder, its trace if it has tokens, and the number of answers in its file."""

    capture: Capture
    trace: RoutingTrace | LongTrace | None


class TraceFolder:
    """The files below a folder. Names that lead out of it, through dots or links, are unknown."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder.resolve()
        self.kept: Cache[CapturedFile] = Cache(KEPT_BYTES)
        self.mapped: Cache[LongTrace] = Cache(KEPT_LONG_BYTES)
        self.reading = Lock()  # one large file at a time

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.find(name) is not None

    def find(self, name: str) -> tuple[Path, int] | None:
        """Returns the path of a name and the index of the answer in it; None if it is unknown."""
        path = self.inside(name)
        if path is not None:
            return path, 0
        before, at, number = name.rpartition("@")
        path = self.inside(before) if at and number.isascii() and number.isdigit() else None
        return None if path is None else (path, int(number[:6]))

    def inside(self, name: str) -> Path | None:
        """Returns the path of a file, or of a folder that is one capture; None if outside the folder."""
        if not name or "\0" in name or name.startswith(("/", "\\")):
            return None
        try:
            path = (self.folder / name).resolve()
            there = path.is_relative_to(self.root) and (path.is_file() or is_capture(path))
        except OSError:  # a name beyond the system's length limit
            return None
        return path if there else None

    def names(self) -> list[str]:
        """Returns all names, sorted; at most MOST_FILES."""
        found = []
        for name in walk(self.folder, "", 0):
            found.append(name)
            if len(found) == MOST_FILES:
                break
        return sorted(found)

    def stamp(self, name: str) -> str:
        """Returns a stamp that changes with a file or its config. Raises OSError if the file is missing."""
        found = self.find(name)
        if found is None:
            raise FileNotFoundError(name)
        path, choice = found
        beside = path if path.is_dir() else path.parent
        return " ".join(str(part) for part in (choice, *stamps(path), *stamps(beside / "config.json")))

    def trace(self, name: str) -> RoutingTrace | LongTrace | None:
        """Returns the trace of a file; None for counts. A long one is mapped, and not checked.

        Raises CaptureError and OSError.
        """
        return self.long(name) or self.open(name).trace

    def long(self, name: str) -> LongTrace | None:
        """Returns a long trace file of Moescope, mapped; None for any other file. Raises OSError."""
        key = f"{name} {self.stamp(name)}"
        found, place = self.mapped.get(key), self.find(name)
        if found is None and place is not None:
            found = map_trace(place[0])
            if found is not None:
                self.mapped.put(key, found, found.held_bytes)
        return found

    def open(self, name: str) -> CapturedFile:
        """Returns a file from the cache, else reads it. Raises CaptureError and OSError."""
        key = f"{name} {self.stamp(name)}"
        held = self.kept.get(key)
        if held is not None:
            return held
        with self.reading:
            held = self.kept.get(key) or self.read(name)
            self.kept.put(key, held, size_of(held))
        return held

    def read(self, name: str) -> CapturedFile:
        """Reads a file. Raises CaptureError and OSError."""
        found = self.find(name)
        if found is None:
            raise FileNotFoundError(name)
        path, choice = found
        long = self.long(name)
        together = read_in_place(path, PAGE_BOUNDS if long is None else Bounds())
        if choice >= len(together.captures):
            expected, advice = f"at most @{len(together.captures) - 1}", "name another answer"
            raise CaptureError("no-routing", name, expected, f"@{choice}", advice)
        capture = together.captures[choice]
        if long is not None or capture.kind != "routing":
            return CapturedFile(capture, long)
        return CapturedFile(capture, long_trace(to_trace(capture, together.facts)))

    def sizes(self, name: str) -> tuple[int, int] | None:
        """Returns N and K of a file; None if it cannot be read as a trace."""
        try:
            trace = self.trace(name)
        except (CaptureError, OSError, ValueError):
            return None
        return None if trace is None else (trace.header.shape.experts, trace.header.shape.top_k)


def size_of(held: CapturedFile) -> int:
    """Returns the approximate memory of a capture and its trace, bytes."""
    columns = [held.capture.ids, held.capture.weights, held.capture.logits, held.capture.counts]
    if isinstance(held.trace, LongTrace):
        return held.trace.held_bytes + sum(column.nbytes for column in columns if column is not None)
    if held.trace is not None:
        columns += [held.trace.scores, held.trace.experts, held.trace.weights]
    return 10_000 + sum(column.nbytes for column in columns if column is not None)


def is_capture(path: Path) -> bool:
    """Returns whether a folder is one capture."""
    return path.is_dir() and any(next(path.glob(pattern), None) is not None for pattern in ONE_CAPTURE)


def stamps(path: Path) -> tuple[int, int]:
    """Returns modification time and size; zeros if the file does not exist."""
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


def walk(folder: Path, before: str, depth: int) -> Iterator[str]:
    """Yields the names of files and of capture folders, without links and hidden files."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.is_symlink() or not entry.name.isprintable():
            continue
        if is_capture(Path(entry.path)) or (entry.is_file() and entry.name not in BESIDE):
            yield before + entry.name
        elif entry.is_dir() and depth < DEEPEST:
            yield from walk(Path(entry.path), f"{before}{entry.name}/", depth + 1)
