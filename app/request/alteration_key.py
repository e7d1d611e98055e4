"""The key `alter`: changes to the routers of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..problem import Problem, show
from ..routing import ROUTERS, BadSetting
from ..routing.alterations import MOST_LAYERS, check_all, parse_alterations, spell
from .reading import Reading
from .source_keys import Subject


def read_alterations(
    reading: Reading, source: str, subject: Subject, routing: Mapping[str, Any]
) -> dict[str, str]:
    """Returns the alterations in canonical form, checked against the experts and the router.

    The source itself checks them against the layers of its model.
    """
    text = str(reading.get("alter", ""))
    if not text or not reading.available.reads(source, "alter"):
        return {}
    if subject.fixed is not None and "alter" in subject.fixed:
        advice = "choose a model that runs on this machine"
        reading.reject(Problem("alter", show(text), "none with a model that runs elsewhere", advice))
        return {}
    try:
        alterations = parse_alterations(text)
        if subject.fixed is None:
            check_all(alterations, ROUTERS[routing["router"]], MOST_LAYERS, subject.experts)
    except BadSetting as error:
        reading.reject(Problem("alter", error.found, error.expected, error.advice))
        return {}
    return {"alter": spell(alterations)}
