"""Reads the request keys of a client in one pass; every unusable key is replaced, with a reason.

The stages follow the dependencies of keys: source, model or shape, experts, router, k, router settings. Each
stage sees the earlier keys as understood.
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

OVERRIDES = {  # a key that the user just changed -> earlier keys that it replaces
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

    request: TraceRequest  # with all defaults resolved
    values: Mapping[str, Any]  # the client's keys that are usable
    problems: tuple[Problem, ...]  # one per unusable key
    given: Mapping[str, Any]  # the minimal subset of `values` with the same meaning

    @property
    def answer(self) -> Answer:
        """Returns the request and the problems for the page, each problem with the value used instead."""
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
    """The answer to a request, on the wire and in a page's boot data."""

    request: dict[str, Any]  # as understood, with all defaults resolved
    given: dict[str, Any]  # the minimal keys for the same request
    notices: list[dict[str, Any]]  # types.js `Notice`

    def to_json(self) -> dict[str, Any]:
        """Returns types.js `Answer`."""
        return {"request": self.request, "given": self.given, "notices": self.notices}


def parse(values: Mapping[str, object], available: Available) -> TraceRequest:
    """Returns the request in `values`, with defaults resolved. Raises BadRequest with every problem."""
    understood = read(values, available)
    if understood.problems:
        raise BadRequest(*understood.problems)
    return understood.request


def read(values: Mapping[str, object], available: Available, changed: Collection[str] = ()) -> Understood:
    """Returns the request with every unusable key replaced, and the reasons. Never raises for a JSON object.

    `changed` names keys that the user just changed. Earlier keys give way to them without a problem.
    """
    reading = Reading(values, available, changed)
    read_each(reading)
    request = settle(reading)
    kept = reading.values
    given = fewest(kept, lambda keys: settle(Reading(keys, available, ())) == request)
    return Understood(request, kept, tuple(reading.problems.values()), given)


def settle(reading: Reading) -> TraceRequest:
    """Reads a request of checked values again until no key is removed: a removal may permit a default."""
    while True:
        before = dict(reading.values)
        request = resolve(reading)
        if reading.values == before:
            return request


def resolve(reading: Reading) -> TraceRequest:
    """Returns the request that remains of a reading after every stage. Values are checked."""
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
    """Returns the keys whose omission would change the request, in the order of their declaration."""
    kept = {key: keys[key] for key in FIELDS if key in keys}
    for key in tuple(kept):
        fewer = {other: value for other, value in kept.items() if other != key}
        if same(fewer):
            kept = fewer
    return kept


def read_each(reading: Reading) -> None:
    """Checks each key on its own, and converts digits in an address to numbers."""
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
    """Removes unknown keys. The message quotes their names in valid UTF-8."""
    for key in [key for key in reading.values if key not in KEY_HELP]:
        found = quoted(reading.values[key])
        reading.drop(key)
        named = escaped(key)
        reading.problems[named] = Problem(named, found, f"one of {', '.join(KEY_HELP)}", "leave it out")


def remove_own_experts(reading: Reading) -> None:
    """Removes the number of experts of a shape with more than the small shape allows, because it follows."""
    shaped = reading.available.shaped(reading.get("shape"))
    own = 0 if shaped is None else shaped.shape.experts
    if own > EXPERTS[1] and plain(reading.get("experts")) == own:
        reading.drop("experts")
