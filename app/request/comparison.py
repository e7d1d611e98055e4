"""The second stack of a view. Its request keys have the prefix `b.` in the address.

The second stack has the keys of the first except for these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..problem import BadRequest, Problem, escaped
from .available import Available
from .read import Understood, fewest, read, settle
from .reading import Reading
from .schema import KEY_HELP, SECOND_PREFIX, TraceRequest


def own_keys(view: Mapping[str, str]) -> dict[str, str]:
    """Returns the keys in which the second stack differs, without their prefix."""
    keys = {key.removeprefix(SECOND_PREFIX): view[key] for key in view if key.startswith(SECOND_PREFIX)}
    return {key: value for key, value in keys.items() if key in KEY_HELP}


def request_keys(view: Mapping[str, str]) -> dict[str, str]:
    """Returns the request keys of the first stack in a query string."""
    return {key: view[key] for key in KEY_HELP if key in view}


def read_second(first: Understood, own: Mapping[str, object], available: Available) -> Understood | None:
    """Returns the second stack: the first with its own keys. None if it has no keys.

    A key of the first that conflicts with those of the second is dropped. An unusable key of the second is
    dropped, so that the first's applies. Problems carry the prefix.
    """
    if not own:
        return None
    understood = read({**first.values, **own}, available, changed=tuple(own))
    if understood.problems:
        return without_wrong(first, own, understood.problems, available)
    return replace(understood, given=given_beside(first, understood, own, available))


def given_beside(
    first: Understood, second: Understood, own: Mapping[str, object], available: Available
) -> dict[str, Any]:
    """Returns the minimal keys that turn the given keys of the first stack into the second.

    A key that the first may omit, because it equals its shape's default, may be needed by the second.
    """

    def same(keys: Mapping[str, Any]) -> bool:
        return read_pair(first.given, keys, available) == second.request

    used = {key: second.values[key] for key in own if key in second.values}
    left_out = {key: value for key, value in first.values.items() if key not in first.given}
    return fewest(used if same(used) else {**left_out, **used}, same)


def without_wrong(
    first: Understood, own: Mapping[str, object], problems: tuple[Problem, ...], available: Available
) -> Understood:
    """Returns the second stack without the keys of these problems, or the first if none remains."""
    wrong = {problem.field for problem in problems}
    right = {key: value for key, value in own.items() if escaped(key) not in wrong}
    second = read_second(first, right, available) or replace(first, problems=(), given={})
    named = tuple(replace(problem, field=SECOND_PREFIX + problem.field) for problem in problems)
    return replace(second, problems=(*named, *second.problems))


def read_pair(first: Mapping[str, Any], own: Mapping[str, Any], available: Available) -> TraceRequest:
    """Returns the request of the first stack's keys overridden by the second's. All values are checked."""
    return settle(Reading({**first, **own}, available, changed=tuple(own)))


def read_view(view: Mapping[str, str], available: Available) -> tuple[Understood, Understood | None]:
    """Returns the first stack of a view and the second, if any."""
    first = read(request_keys(view), available)
    return first, read_second(first, own_keys(view), available)


def parse_view(
    view: Mapping[str, str], available: Available, *, second_falls_back: bool = False
) -> tuple[Understood, ...]:
    """Returns the one or two stacks of a view. Raises BadRequest with every problem.

    second_falls_back: unusable keys of the second stack are replaced, as on the page.
    """
    first, second = read_view(view, available)
    both = (first,) if second is None else (first, second)
    strict = both[:1] if second_falls_back else both
    if problems := [problem for each in strict for problem in each.problems]:
        raise BadRequest(*problems)
    return both


def stack_names(first: TraceRequest, second: TraceRequest, own: Mapping[str, str]) -> tuple[str, str]:
    """Describes the differing keys of two stacks: a source by its badge, others by their values."""
    fields = ["more" if key == "continue" else key for key in own]
    values = [[getattr(side, field) for field in fields] for side in (first, second)]
    apart = [(key, *pair) for key, *pair in zip(own, *values, strict=True) if pair[0] != pair[1]]

    def told(side: int) -> str:
        named = (f"{v[side]}".upper() if key == "source" else f"{key} {v[side] or '–'}" for key, *v in apart)
        return " · ".join(named)

    return told(0), told(1)


def requests_of(
    view: Mapping[str, str], available: Available
) -> tuple[tuple[TraceRequest, ...], tuple[str, str], tuple[Problem, ...]]:
    """Returns the requests of the one or two stacks, the names that distinguish two, and every problem."""
    first, second = read_view(view, available)
    if second is None:
        return (first.request,), ("", ""), first.problems
    names = stack_names(first.request, second.request, own_keys(view))
    return (first.request, second.request), names, first.problems + second.problems
