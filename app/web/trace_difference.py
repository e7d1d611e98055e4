"""The difference of two stacks: figures, and the cells that flip. Each may be a dropped file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..formats.beside import read_together
from ..formats.bounds import PAGE_BOUNDS
from ..formats.comparison import compare, numbers_of
from ..formats.to_trace import to_trace
from ..problem import BadRequest, Problem
from ..request.comparison import read_view
from ..request.schema import TraceRequest
from ..sources.registry import SourceRegistry
from ..trace import RoutingTrace
from .dropped_files import MOST_BYTES, Dropped, refusing, unpack, wrong

CELLS = 200_000


def difference(left: RoutingTrace, right: RoutingTrace) -> dict[str, Any]:
    """Returns the figures of `compare --json`, and `cells`: token, layer index, expert of the first only.

    Raises CaptureError if the traces have no token or layer in common.
    """
    found = compare(left, right)
    places = [numbers_of(left).index(layer) for layer in found.layers]
    others = [numbers_of(right).index(layer) for layer in found.layers]
    token, layer = found.flips.nonzero()
    cells = []
    for t, at in zip(token[:CELLS], layer[:CELLS], strict=True):
        row, place = int(found.at[t]), places[at]
        other = right.experts[row + found.shift, others[at]]
        cells.append([row, place, next((int(e) for e in left.experts[row, place] if e not in other), -1)])
    return {**found.to_json(), "cells": cells}


def requests_in(sources: SourceRegistry, view: Mapping[str, str]) -> tuple[TraceRequest, TraceRequest]:
    """Returns the requests of the two stacks of a view. Raises BadRequest for an unusable key."""
    first, second = read_view(view, sources.available)
    if second is None:
        advice = "add b.trace=another"
        raise BadRequest(Problem("b.trace", "nothing", "a second trace of the same tokens", advice))
    problems = (*first.problems, *second.problems)
    if problems:
        raise BadRequest(*problems)
    return first.request, second.request


def compare_view(sources: SourceRegistry, view: Mapping[str, str]) -> dict[str, Any]:
    """Compares the two stacks of a view. Raises BadRequest."""
    first, second = requests_in(sources, view)
    return refusing(lambda: difference(sources.open(first).trace(), sources.open(second).trace()))


def sides_of(sources: SourceRegistry, dropped: Dropped) -> list[TraceRequest | None]:
    """Returns the sides of a comparison: None for the next file of the frame, else a request.

    `sides` of its header has an entry for each stack: null, or request keys. Raises BadRequest.
    """
    sides = dropped.sides
    known = isinstance(sides, list) and len(sides) == 2 and all(s is None or type(s) is dict for s in sides)
    if not known or sides.count(None) != len(dropped.contents):
        expected = "two entries: request keys, or null for each file"
        raise wrong("sides", expected, "something else", "see docs/CAPTURES.md")
    return [None if side is None else sources.parse(side) for side in sides]


def compare_dropped(sources: SourceRegistry, data: bytes) -> dict[str, Any]:
    """Compares two stacks, at least one of them a file of the frame. Stores nothing. Raises BadRequest."""
    dropped = unpack(data, 2 * MOST_BYTES)
    sides, files = sides_of(sources, dropped), iter(dropped.contents.items())

    def differ() -> dict[str, Any]:
        left, right = (
            trace_of(*next(files)) if side is None else sources.open(side).trace() for side in sides
        )
        return difference(left, right)

    return refusing(differ)


def trace_of(name: str, content: bytes) -> RoutingTrace:
    """Returns the trace of one file. Raises CaptureError."""
    together = read_together({name: content}, PAGE_BOUNDS)
    return to_trace(together.captures[0], together.facts)
