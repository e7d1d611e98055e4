"""Captures in Python: read, checked, compared, saved, and shown in a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

from .formats.beside import decoder_of
from .formats.bounds import no_routing
from .formats.comparison import Comparison, compare
from .formats.exports import EXPORTS
from .formats.findings import Finding
from .formats.hints import Hints
from .formats.model_facts import facts_of
from .formats.read import config_values
from .formats.read import read as read_captures
from .formats.texts import load_decoder
from .formats.to_trace import to_trace
from .trace import RoutingTrace

HEIGHT = 560  # of a scene, CSS pixels
SANDBOX = "allow-scripts"  # the frame has no access to the notebook


@dataclass(frozen=True)
class NotebookTrace:
    """The routing of one request: `routing` has the arrays, `findings` the findings about the file."""

    routing: RoutingTrace
    findings: tuple[Finding, ...] = ()

    def compare(self, other: NotebookTrace) -> Comparison:
        """Compares with a second trace. Raises CaptureError if no token or layer is common."""
        return compare(self.routing, other.routing)

    def save(self, path: str | Path) -> None:
        """Writes the trace in the format of the ending: .safetensors, .csv, .parquet, .json, .html.

        Raises ValueError for another ending.
        """
        path = Path(path)
        kind = path.suffix.removeprefix(".")
        if kind == "html":
            path.write_text(self.page(), encoding="utf-8")
        elif kind in EXPORTS:
            path.write_bytes(EXPORTS[kind](self.routing))
        else:
            known = ", ".join(f".{name}" for name in (*EXPORTS, "html"))
            raise ValueError(f"path: expected an ending of {known}, got {path.suffix!r}; choose one of them")

    def page(self, embed: bool = False) -> str:
        """Returns a page that plays without a server. `embed`: the scene alone."""
        from .export.trace_page import page_of

        return page_of(self.routing, embed=embed)

    def show(self, height: int = HEIGHT) -> TraceDisplay:
        """Returns an object that notebooks show as the scene. It loads nothing from the network."""
        return TraceDisplay(self.page(embed=True), height)

    def __repr__(self) -> str:
        shape, tokens = self.routing.header.shape, len(self.routing.header.tokens)
        badge = self.routing.header.origin.get("badge", "")
        told = ", ".join(finding.code for finding in self.findings) or "none"
        return (
            f"<trace {badge}: {tokens} tokens, {shape.layers} layers, {shape.experts} experts, "
            f"k {shape.top_k}; findings: {told}>"
        )


@dataclass(frozen=True)
class TraceDisplay:
    """A page that notebooks show in a frame."""

    page: str
    height: int

    def _repr_html_(self) -> str:
        """Returns the frame with the page inside."""
        return (
            f'<iframe srcdoc="{escape(self.page)}" sandbox="{SANDBOX}" title="Moescope" '
            f'style="width:100%;height:{int(self.height)}px;border:0"></iframe>'
        )


def read(
    path: str | Path,
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    tokenizer: str | Path | None = None,
    format: str | None = None,
    layers: int | None = None,
    k: int | None = None,
    experts: int | None = None,
    choice: int = 0,
) -> NotebookTrace:
    """Reads a capture with the given config.json and tokenizer.json, or those beside the file.

    Raises CaptureError if the file cannot be read, OSError if it does not exist.
    """
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    beside = folder / "config.json"
    if config is None and beside.is_file() and beside != path:
        config = beside
    facts = None if config is None else facts_of(config_values(config))
    decode = load_decoder(tokenizer) if tokenizer else decoder_of(folder / "tokenizer.json")
    hints = replace(Hints(facts), format=format, layers=layers, k=k, experts=experts)
    captures = read_captures(path, hints=hints, decode=decode)
    if not 0 <= choice < len(captures):
        raise no_routing("choice", f"0 to {len(captures) - 1}", str(choice), "name another answer")
    return NotebookTrace(to_trace(captures[choice], facts), captures[choice].findings)
