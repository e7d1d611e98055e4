"""The second stack of a view: what it asks for, by the request keys with `b.` before them.

It is the first but for the keys that are given; static/js/pairs.js reads them in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..problem import BadRequest, Problem
from ..routing import LIMITS
from .read import WORDS, Known, read
from .schema import TraceRequest

OTHER = "b."
OF_SHAPE = {"experts", "k", "router", *LIMITS} - {"seed"}


def own_keys(view: Mapping[str, str]) -> dict[str, str]:
    """The keys in which the second stack differs, without what stands before them."""
    keys = {key.removeprefix(OTHER): view[key] for key in view if key.startswith(OTHER)}
    return {key: value for key, value in keys.items() if key in WORDS}


def read_second(view: Mapping[str, str], known: Known) -> tuple[TraceRequest | None, tuple[Problem, ...]]:
    """Its request, bad keys left out, and a problem for each of those; None where a view has one stack.

    A key of the first stack that does not go with those of the second is no problem: it falls back.
    """
    own = own_keys(view)
    if not own:
        return None, ()
    left = OF_SHAPE if "shape" in own else ()  # another shape brings these along
    values = {key: view[key] for key in WORDS if key in view and key not in left} | own
    request, problems = read(values, known)
    wrong = {problem.field for problem in problems}
    if "k" in wrong - own.keys() and "experts" not in wrong:
        request, problems = read({**values, "k": str(request.experts)}, known)
    named = (replace(problem, field=OTHER + problem.field) for problem in problems if problem.field in own)
    return request, tuple(named)


def parse_second(view: Mapping[str, str], known: Known) -> TraceRequest | None:
    """The same. Raises BadRequest with every problem."""
    request, problems = read_second(view, known)
    if problems:
        raise BadRequest(*problems)
    return request


def side_names(first: TraceRequest, second: TraceRequest, own: Mapping[str, str]) -> tuple[str, str]:
    """What sets the stacks apart: a source by its badge, other keys with their values."""

    fields = ["more" if key == "continue" else key for key in own]
    values = [[getattr(side, field) for field in fields] for side in (first, second)]
    apart = [(key, *pair) for key, *pair in zip(own, *values, strict=True) if pair[0] != pair[1]]

    def told(side: int) -> str:
        named = (f"{v[side]}".upper() if key == "source" else f"{key} {v[side] or '–'}" for key, *v in apart)
        return " · ".join(named)

    return told(0), told(1)


def requests_of(
    view: Mapping[str, str], known: Known
) -> tuple[tuple[TraceRequest, ...], tuple[str, str], tuple[Problem, ...]]:
    """What one stack or two ask for, bad keys left out; what sets two apart; and every problem."""
    first, problems = read({key: view[key] for key in WORDS if key in view}, known)
    second, more = read_second(view, known)
    if second is None:
        return (first,), ("", ""), problems
    return (first, second), side_names(first, second, own_keys(view)), problems + more
