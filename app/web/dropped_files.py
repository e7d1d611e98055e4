"""The messages for dropped files: frames of bytes with a JSON header.

A frame is the header's length in 4 bytes (little-endian), the header, and parts one after another.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from ..formats.beside import ReadCaptures, read_together
from ..formats.bounds import PAGE_BOUNDS
from ..formats.capture import Capture
from ..formats.exports import counts_of
from ..formats.findings import CaptureError
from ..formats.hints import Hints
from ..formats.to_trace import to_trace
from ..problem import BadRequest, Problem
from ..request.read import Answer
from ..request.schema import DEFAULTS
from ..sources.recorded.long_trace import LongTrace, long_trace
from ..stream.wire import TraceMessage, pack_step
from ..trace import RoutingTrace

HEADER_BYTES = 2**20
MOST_BYTES = PAGE_BOUNDS.file_bytes + HEADER_BYTES + 4
SHOWN_CELLS = 64 * 2**20  # tokens x layers x experts that an exported page holds
SECS_OF_FILES, SECS_OF_BYTE = 0.3, 2e-7  # estimated seconds; JSON is the slowest format
Result = TypeVar("Result")
NUMBERS = ("layers", "k", "experts")  # sizes that a user may state about a file


@dataclass(frozen=True)
class Dropped:
    """Files by name, the selected answer, and the facts that the user stated about the files."""

    contents: Mapping[str, bytes]
    choice: int
    hints: Hints
    sides: Any = None  # of a comparison, in the page's format


def unpack(data: bytes, most: int = MOST_BYTES) -> Dropped:
    """Reads a frame of files. Raises BadRequest if it is not one."""
    if len(data) > most:
        raise wrong("body", f"at most {most:,} bytes", "more", "convert the file on the command line")
    size = int.from_bytes(data[:4], "little")
    if len(data) < 4 or size > HEADER_BYTES or 4 + size > len(data):
        raise wrong("body", "4 bytes, a JSON header and files", f"{len(data)} bytes", "see docs/PROTOCOL.md")
    try:
        header = json.loads(data[4 : 4 + size])
        files = [(str(each["name"]), each["bytes"]) for each in header["files"]]
        numbers = {name: header[name] for name in (*NUMBERS, "choice") if header.get(name) is not None}
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError) as error:
        raise wrong("header", "JSON with a list `files`", "something else", "see docs/PROTOCOL.md") from error
    if any(type(value) is not int or not 0 <= value < 1_000_000 for value in numbers.values()):
        raise wrong("header", "whole numbers", "something else", "leave them out")
    choice = numbers.pop("choice", 0)
    hints = Hints(**{k: v for k, v in numbers.items() if v})
    return Dropped(cut(data[4 + size :], files), choice, hints, header.get("sides"))


def cut(data: bytes, files: list[tuple[str, Any]]) -> dict[str, bytes]:
    """Splits the files by name. Raises BadRequest if lengths and bytes do not agree."""
    if any(type(size) is not int or size < 0 for _, size in files) or sum(s for _, s in files) != len(data):
        raise wrong("header", f"lengths of files, {len(data)} together", "others", "send the files whole")
    if not files or len(dict(files)) != len(files):
        raise wrong("header", "files with names that differ", f"{len(files)} files", "name each once")
    contents, at = {}, 0
    for name, size in files:
        contents[name] = data[at : at + size]
        at += size
    return contents


def wrong(field: str, expected: str, found: str, advice: str) -> BadRequest:
    """Returns the error for a wrong frame."""
    return BadRequest(Problem(field, found, expected, advice))


def pack(header: Mapping[str, Any], *parts: bytes) -> bytes:
    """Returns a frame; the header's `parts` holds their lengths."""
    text = json.dumps({**header, "parts": [len(part) for part in parts]}, ensure_ascii=False).encode()
    return b"".join((len(text).to_bytes(4, "little"), text, *parts))


def convert(data: bytes) -> bytes:
    """Reads dropped files into a frame: findings, the trace as messages of the socket, and as a file.

    A capture that cannot be read also gives an answer, with its finding. Raises BadRequest for a wrong frame.
    """
    dropped = unpack(data)
    try:
        together = read_together(dropped.contents, PAGE_BOUNDS, dropped.hints)
        capture = chosen(together, dropped.choice)
        report = {"name": name_of(dropped), **capture.to_json(), "model": capture.model}
        if capture.kind == "counts":
            return pack({"state": "counts", **report, "counts": counts_of(capture).tolist()})
        return converted(report, to_trace(capture, together.facts))
    except CaptureError as error:
        report = {"name": name_of(dropped), "format": error.format, "findings": [error.finding.to_json()]}
        return pack({"state": "refused", **report})


def secs_of_files(size: int) -> float:
    """Estimates the seconds for reading a frame with `size` bytes of files."""
    return SECS_OF_FILES + SECS_OF_BYTE * size


def convert_files(_: object, data: bytes) -> bytes:
    """`convert` in the form of a process' job; the sources are not used."""
    return convert(data)


def page_of_files(_: object, data: bytes, export: Callable[[RoutingTrace], str]) -> str:
    """Returns the page that `export` makes of dropped files, as a process' job. Raises BadRequest."""
    return refusing(lambda: export(trace_in(data)))


def refusing(job: Callable[[], Result]) -> Result:
    """Returns the result of a job on captures. Raises BadRequest with the capture's error."""
    try:
        return job()
    except CaptureError as error:
        raise BadRequest(Problem(error.where, error.found, error.expected, error.advice)) from error


def trace_in(data: bytes) -> RoutingTrace:
    """Returns the trace of a frame of files. Raises BadRequest and CaptureError."""
    dropped = unpack(data)
    together = read_together(dropped.contents, PAGE_BOUNDS, dropped.hints)
    return beginning(to_trace(chosen(together, dropped.choice), together.facts))


def chosen(together: ReadCaptures, choice: int) -> Capture:
    """Returns an answer in the files by index. Raises CaptureError if the index is too large."""
    if choice >= len(together.captures):
        expected = f"0 to {len(together.captures) - 1}"
        raise CaptureError("no-routing", "choice", expected, str(choice), "name another answer")
    return together.captures[choice]


def name_of(dropped: Dropped) -> str:
    """Returns the name of the largest file, which is the capture."""
    return max(dropped.contents, key=lambda name: len(dropped.contents[name]))


def converted(report: Mapping[str, Any], trace: RoutingTrace) -> bytes:
    """Returns the frame of a trace: its steps as the socket sends them, and its file.

    For a long trace it has the steps of the first part, and `whole`: the counts of all tokens. The page
    requests another part by sending the rows of that part, taken from the file.
    """
    held = long_trace(trace)
    whole = counts_of_all(held) if isinstance(held, LongTrace) else None
    shown = held.window(0) if isinstance(held, LongTrace) else held
    shape = shown.header.shape
    request = {**DEFAULTS.model_dump(by_alias=True), "experts": shape.experts, "k": shape.top_k}
    identity = str(trace.header.origin.get("fingerprint", "file"))
    message = TraceMessage.of(0, identity, 0, shown.header, Answer(request, {}, []))
    count = len(shown.header.tokens)
    steps = b"".join(pack_step(shown.step(token), 0, token, shape.experts) for token in range(count))
    header = {"state": "shown", **report, "exported": most_tokens(trace), "whole": whole}
    return pack({**header, "trace": message.model_dump(mode="json", by_alias=True)}, steps, trace.to_bytes())


def counts_of_all(trace: LongTrace) -> dict[str, Any]:
    """Returns the counts of a long trace: `assigned` and `first`, [layers][experts]."""
    assigned, first = trace.counts.tolist()
    return {"tokens": len(trace.header.tokens), "assigned": assigned, "first": first}


def most_tokens(trace: RoutingTrace) -> int:
    """Returns how many tokens of a trace an exported page can hold."""
    shape = trace.header.shape
    return min(len(trace.header.tokens), max(1, SHOWN_CELLS // (shape.layers * shape.experts)))


def beginning(trace: RoutingTrace) -> RoutingTrace:
    """Returns the beginning of a trace, as many tokens as an exported page can hold."""
    most = most_tokens(trace)
    if most == len(trace.header.tokens):
        return trace
    return RoutingTrace(
        replace(trace.header, tokens=trace.header.tokens[:most]),
        None if trace.scores is None else trace.scores[:most],
        trace.experts[:most],
        trace.weights[:most],
    )
