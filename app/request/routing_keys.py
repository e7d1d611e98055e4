"""The keys of the routing decision: router, k, and router settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..problem import Problem
from ..routing import DEFAULT_ROUTER, LIMITS, ROUTERS, BadSetting, Router, RouterSettings
from .reading import Reading
from .schema import TraceRequest
from .source_keys import Subject

SEEDED = "seed"  # also decides generated tokens, so it belongs to no router


def read_routing(reading: Reading, source: str, subject: Subject) -> dict[str, Any]:
    """Returns router, k and settings with defaults, as source, model and earlier keys allow."""
    if not reading.available.reads(source, "router"):
        return {}
    asked = {key: value for key, value in reading.values.items() if value != ""}
    if subject.fixed is not None:
        reading.drop("k", "router", *(name for name in LIMITS if name != SEEDED))
        return {**{name: None for name in LIMITS if name != SEEDED}, **subject.fixed}
    own = {} if subject.shaped is None else subject.shaped.defaults(asked)
    name = str(reading.get("router", "") or own.get("router") or subject.router or DEFAULT_ROUTER)
    router = ROUTERS[name]
    k = read_k(reading, router, subject.experts, own.get("k"))
    settings = read_settings(reading, router, subject.experts, k, own)
    if reading.get("continue") and router.whole_batch:
        expected = f"0 with router {name}, which needs all tokens at once"
        advice = "choose a router that takes token after token"
        reading.reject(Problem("continue", str(reading.get("continue")), expected, advice))
    return {"router": name, "k": k, **settings}


def read_k(reading: Reading, router: Router, experts: int, own: int | None) -> int:
    """Returns k as the router allows it with N experts."""
    most = min(experts, router.largest_k or experts)
    usual = router.fixed_k or min(own or TraceRequest.model_fields["k"].default, most)
    k = int(reading.get("k", usual))
    try:
        router.check_k(k, experts)
    except BadSetting as error:
        reading.reject(Problem(error.field, error.found, error.expected, error.advice))
        stood_before = bool(reading.changed) and "k" not in reading.changed
        if stood_before and k > most and not router.fixed_k:
            reading.values["k"] = most  # the nearest value that the change allows
            return most
        return usual
    return k


def read_settings(
    reading: Reading, router: Router, experts: int, k: int, own: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns every setting of a request. Those that the router reads have values, the others are None.

    A setting that does not fit is removed by itself.
    """
    chosen = RouterSettings()
    for name in LIMITS:
        value = reading.get(name, own.get(name))
        if name == SEEDED or value is None:
            continue
        if name not in router.uses:
            reading.drop(name)
            continue
        try:
            more = RouterSettings(**{**chosen.given(), name: value})
            router.with_settings(more, experts, k)
            chosen = more
        except BadSetting as error:
            if name in reading.values:
                reading.reject(Problem(name, error.found, error.expected, error.advice))
    filled = router.with_settings(chosen, experts, k).filled(experts, k)
    return {name: filled.get(name) for name in LIMITS if name != SEEDED}
