"""The list of a folder of traces: searchable, paged, and read in steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any

from ...formats.findings import CaptureError
from .trace_folder import TraceFolder

PAGE = 50
MOST_PAGE = 200
SECS = 1.0  # time limit on reading files per request
TEXT_CHARS = 300
KEPT = 30_000


@dataclass(frozen=True)
class Query:
    """The search criteria; empty fields match everything."""

    text: str = ""  # in names, models and tokens
    model: str = ""
    format: str = ""
    finding: str = ""  # a finding's code
    offset: int = 0
    count: int = PAGE

    @property
    def needs_all(self) -> bool:
        """Returns whether the search needs the content of files."""
        return bool(self.text or self.model or self.format or self.finding)


class TraceLibrary:
    """Entries by name, each cached until its file changes."""

    def __init__(self, folder: TraceFolder, clock: Callable[[], float] = monotonic) -> None:
        self.folder = folder
        self.clock = clock
        self.entries: dict[str, tuple[str, dict[str, Any]]] = {}
        self.lock = Lock()

    def answer(self, query: Query) -> dict[str, Any]:
        """Returns a page of entries, the number of matches, and the number of files not yet read."""
        names = self.folder.names()
        with self.lock:
            page = names[query.offset : query.offset + query.count]
            unread = self.read_some(names if query.needs_all else page)
            if len(self.entries) > KEPT:
                self.entries = {name: self.entries[name] for name in names if name in self.entries}
            known = [self.entries[name][1] for name in names if name in self.entries]
        matching = [entry for entry in known if matches(entry, query)] if query.needs_all else None
        shown = self.page_of(names, matching, query)
        return {
            "entries": [{**entry, "same": same(entry, known)} for entry in shown],
            "matching": len(names) if matching is None else len(matching),
            "files": len(names),
            "unread": unread,
            "formats": sorted({entry["format"] for entry in known if entry["format"]}),
            "models": sorted({entry["model"] for entry in known if entry["model"]}),
            "findings": sorted({code for entry in known for code in entry["codes"]}),
        }

    def page_of(
        self, names: list[str], matching: list[dict[str, Any]] | None, query: Query
    ) -> list[dict[str, Any]]:
        """Returns the entries of the page; unread files appear by name only."""
        end = query.offset + query.count
        if matching is not None:
            return matching[query.offset : end]
        page = names[query.offset : end]
        return [self.entries[name][1] if name in self.entries else unread_entry(name) for name in page]

    def read_some(self, names: list[str]) -> int:
        """Reads new or changed files for up to SECS; returns the number left."""
        until, left = self.clock() + SECS, 0
        for name in names:
            try:
                stamp = self.folder.stamp(name)
            except OSError:
                self.entries.pop(name, None)
                continue
            if name in self.entries and self.entries[name][0] == stamp:
                continue
            if self.clock() > until:
                left += 1
                continue
            self.entries[name] = stamp, self.entry(name)
        return left

    def entry(self, name: str) -> dict[str, Any]:
        """Returns the entry of a file; a broken one has a reason."""
        try:
            held = self.folder.open(name)
        except CaptureError as error:
            return refused_entry(name, str(error), error.code, error.format)
        except (OSError, ValueError) as error:
            return refused_entry(name, str(error), "no-routing", None)
        capture = held.capture
        badge = held.trace.header.origin["badge"] if held.trace is not None else ""
        text = "".join(token.text for token in capture.tokens[:TEXT_CHARS])[:TEXT_CHARS]
        return {
            **unread_entry(name),
            **{key: value for key, value in capture.to_json().items() if key in UNREAD},
            "model": capture.model,
            "badge": badge,
            "text": text,
            "codes": sorted({finding.code for finding in capture.findings}),
            "findings": [finding.to_json() for finding in capture.findings],
            "read": True,
        }


UNREAD: dict[str, Any] = {
    **dict.fromkeys(("format", "kind", "engine", "tokens", "layers", "experts", "k", "choices")),
    "fingerprint": None,
    "model": None,
    "badge": "",
    "text": "",
    "codes": [],
    "findings": [],
    "problem": None,
    "read": False,
}


def unread_entry(name: str) -> dict[str, Any]:
    """Returns the entry of an unread file."""
    return {"name": name, **UNREAD}


def refused_entry(name: str, reason: str, code: str, format: str | None) -> dict[str, Any]:
    """Returns the entry of a file that cannot be read."""
    return {**unread_entry(name), "format": format, "problem": reason, "codes": [code], "read": True}


def matches(entry: Mapping[str, Any], query: Query) -> bool:
    """Returns whether an entry matches the search, case-insensitively."""
    text = " ".join(str(entry[key] or "") for key in ("name", "model", "format", "engine", "text", "problem"))
    return (
        query.text.casefold() in f"{text} {' '.join(entry['codes'])}".casefold()
        and query.model.casefold() in str(entry["model"] or "").casefold()
        and query.format in ("", entry["format"])
        and (not query.finding or query.finding in entry["codes"])
    )


def same(entry: Mapping[str, Any], known: list[dict[str, Any]]) -> list[str]:
    """Returns the names of up to ten other files with identical routing."""
    print_ = entry["fingerprint"]
    if not print_:
        return []
    return [
        each["name"] for each in known if each["fingerprint"] == print_ and each["name"] != entry["name"]
    ][:10]
