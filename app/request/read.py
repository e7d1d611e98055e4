"""Reads the request keys of a client in one pass: every key that cannot be used is replaced, with a reason.

The stages follow the order in which keys depend on each other: source, model or shape, experts, router, k,
settings of the router. Each stage sees the keys before it as they were understood.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ..problem import BadRequest, Problem, escaped
from .alteration_key import read_alterations
from .available import Available
from .reading import Reading
from .routing_keys import read_routing
from .schema import DEFAULTS, EXPERTS, FIELDS, KEY_HELP, SECOND_PREFIX, TraceRequest, plain, quoted
from .source_keys import read_source, read_subject

OVERRIDES = {  # a key that a person just changed -> the keys of before that it replaces
    "experts": ("model", "shape", "alter"),
    "model": ("experts", "shape", "alter"),
    "scenario": ("prompt",),
    "shape": (
        "experts",
        "k",
        "router",
        "capacity",
        "groups",
        "topk_groups",
        "scale",
        "noise",
        "updates",
        "rate",
    ),
}


@dataclass(frozen=True)
class Understood:
    """A request as the server understood it."""

    request: TraceRequest  # every key filled in
    values: Mapping[str, Any]  # the keys of the client that could be used
    problems: tuple[Problem, ...]  # one per key that could not
    given: Mapping[str, Any]  # the fewest of `values` that are understood as the same request

    @property
    def answer(self) -> Answer:
        """The request and the problems as the page shows them, each problem with the value used instead."""
        used = self.request.model_dump(by_alias=True)
        notices = [
            {
                **problem.to_json(),
                "advice": problem.advice,
                "used": used.get(problem.field.removeprefix(SECOND_PREFIX)),
            }
            for problem in self.problems
        ]
        return Answer(used, dict(self.given), notices)


@dataclass(frozen=True)
class Answer:
    """The answer to a request, on the wire and in the boot data of a page."""

    request: dict[str, Any]  # as understood, every key filled in
    given: dict[str, Any]  # the fewest keys that ask for the same
    notices: list[dict[str, Any]]  # types.js `Notice`

    def to_json(self) -> dict[str, Any]:
        """types.js `Answer`."""
        return {"request": self.request, "given": self.given, "notices": self.notices}


def parse(values: Mapping[str, object], available: Available) -> TraceRequest:
    """Returns the request that `values` spell, filled in. Raises BadRequest with every problem."""
    understood = read(values, available)
    if understood.problems:
        raise BadRequest(*understood.problems)
    return understood.request


def read(values: Mapping[str, object], available: Available, changed: Collection[str] = ()) -> Understood:
    """Returns the request with every unusable key replaced, and why. Never raises for any JSON object.

    `changed` names keys that a person just changed: keys of before give way to them without a problem.
    """
    reading = Reading(values, available, changed)
    read_each(reading)
    request = settle(reading)
    kept = reading.values
    given = fewest(kept, lambda keys: settle(Reading(keys, available, ())) == request)
    return Understood(request, kept, tuple(reading.problems.values()), given)


def settle(reading: Reading) -> TraceRequest:
    """Reads a request of checked values again until no key is removed, since removal may allow a default."""
    while True:
        before = dict(reading.values)
        request = resolve(reading)
        if reading.values == before:
            return request


def resolve(reading: Reading) -> TraceRequest:
    """Returns the request that is left of a reading after every stage. Values are checked."""
    source = read_source(reading)
    for key in reading.changed:
        if key in reading.values:
            reading.drop(*(other for other in OVERRIDES.get(key, ()) if other not in reading.changed))
    subject = read_subject(reading, source)
    routing = read_routing(reading, source, subject)
    routing |= read_alterations(reading, source, subject, routing)
    left = {FIELDS[key]: value for key, value in reading.values.items()}
    return DEFAULTS.model_copy(update={**left, "source": source, **subject.keys, **routing})


def fewest(keys: Mapping[str, Any], same: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Returns the keys that change the request if they are left out, in the order of the declaration."""
    kept = {key: keys[key] for key in FIELDS if key in keys}
    for key in tuple(kept):
        fewer = {other: value for other, value in kept.items() if other != key}
        if same(fewer):
            kept = fewer
    return kept


def read_each(reading: Reading) -> None:
    """Checks each key on its own, and converts digits of an address to numbers."""
    remove_unknown(reading)
    remove_own_experts(reading)
    try:
        checked = TraceRequest.model_validate(reading.values)
    except ValidationError as error:
        for key in dict.fromkeys(str(line["loc"][0]) for line in error.errors(include_url=False)):
            expected, advice = KEY_HELP[key]
            found = quoted(reading.values[key])
            reading.drop(key)
            reading.problems[key] = Problem(key, found, expected, advice)
        checked = TraceRequest.model_validate(reading.values)
    typed = checked.model_dump(by_alias=True)
    reading.values = {key: typed[key] for key in reading.values if typed[key] is not None}


def remove_unknown(reading: Reading) -> None:
    """Removes what is no request key. A message names it as UTF-8 can carry it."""
    for key in [key for key in reading.values if key not in KEY_HELP]:
        found = quoted(reading.values[key])
        reading.drop(key)
        named = escaped(key)
        reading.problems[named] = Problem(named, found, f"one of {', '.join(KEY_HELP)}", "leave it out")


def remove_own_experts(reading: Reading) -> None:
    """Removes the experts of a shape that has more than the small shape may have: they are its own."""
    shaped = reading.available.shaped(reading.get("shape"))
    own = 0 if shaped is None else shaped.shape.experts
    if own > EXPERTS[1] and plain(reading.get("experts")) == own:
        reading.drop("experts")
