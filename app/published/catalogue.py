"""The published models. Each is a file in app/published/, read like any config.json.

A file has `name`; `year` of publication; `paper`: its reference; `published`: `total_B` and `active_B` in
billions, null if unknown, and `source`; `match`: the convention under which each computed figure agrees
with the published one, a `note`, and `reasons` for a deviation over 1 %; `config`: the fields of the
published config.json that the count depends on; `config_source`; and `fr`: note, reasons and sources in
French.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from ..shape import ModelShape
from .architectures.model_config import Routing
from .architectures.registry import read_config
from .named_shape import NamedShape, read_shape
from .parameters import Parameters
from .report import report
from .shape_text import BadShape

BILLION = 10**9
CLOSE = 0.01  # relative deviation below which no reason is needed


@dataclass(frozen=True)
class Comparison:
    """A published figure and the computed one."""

    published: float | None  # billions; None if unpublished
    convention: str | None  # convention under which the two agree; None if it cannot be computed
    computed: int | None  # parameters
    reason: str  # reason for a deviation over 1 %; else empty

    @property
    def deviation(self) -> float | None:
        """Relative deviation of the computed figure from the published one; None without one of them."""
        if self.published is None or self.computed is None:
            return None
        return self.computed / BILLION / self.published - 1

    def to_json(self) -> dict[str, Any]:
        """Returns the fields and the deviation."""
        return {**vars(self), "deviation": self.deviation}


@dataclass(frozen=True)
class Published:
    """One published model."""

    key: str  # name of its file
    name: str
    year: int
    paper: str
    parameters: Parameters
    source: str  # of the published figures
    config_source: str
    note: str
    match: Mapping[str, Any]
    figures: Mapping[str, Any]
    fr: Mapping[str, Any]  # source, note, reasons and config_source in French

    @property
    def shape(self) -> ModelShape:
        """The shape for drawing and routing."""
        return self.parameters.shape

    @property
    def routing(self) -> Routing:
        """The model's router and its settings."""
        return self.parameters.config.routing

    @property
    def shaped(self) -> NamedShape:
        """The shape with its router, for requests."""
        return NamedShape(self.key, self.name, self.shape, self.routing.name, self.routing.settings)

    @cached_property
    def total(self) -> Comparison:
        """All parameters."""
        return self.compare("total")

    @cached_property
    def active(self) -> Comparison:
        """The parameters that one token uses."""
        return self.compare("active")

    def compare(self, which: str) -> Comparison:
        """Returns the published figure, `total` or `active`, and the computed one under its convention."""
        convention = self.match[which]
        computed = None if convention is None else getattr(self.parameters.under(convention), which)
        published = self.figures[f"{which}_B"]
        return Comparison(published, convention, computed, self.match["reasons"].get(which, ""))

    def to_json(self) -> dict[str, Any]:
        """Returns the report of the model, and the published figures beside it."""
        return {
            "key": self.key,
            "name": self.name,
            "year": self.year,
            "paper": self.paper,
            **report(self.parameters),
            "source": self.source,
            "config_source": self.config_source,
            "note": self.note,
            "fr": self.fr,
            "compared": {"total": self.total.to_json(), "active": self.active.to_json()},
        }


def read_published(key: str, entry: Mapping[str, Any]) -> Published:
    """Returns one entry from its file."""
    return Published(
        key=key,
        name=entry["name"],
        year=entry["year"],
        paper=entry["paper"],
        parameters=Parameters(read_config(entry["config"])),
        source=entry["published"]["source"],
        config_source=entry["config_source"],
        note=entry["match"]["note"],
        match=entry["match"],
        figures=entry["published"],
        fr=entry["fr"],
    )


@cache
def catalogue() -> tuple[Published, ...]:
    """Returns all published models, smallest first."""
    found = (files(__package__) / "models").iterdir()
    entries = [
        read_published(file.name.removesuffix(".json"), json.loads(file.read_text(encoding="utf-8")))
        for file in found
        if file.name.endswith(".json")
    ]
    return tuple(sorted(entries, key=lambda entry: (entry.parameters.total, entry.key)))


@cache
def shapes() -> dict[str, NamedShape]:
    """Returns the shapes of all published models by their keys."""
    return {entry.key: entry.shaped for entry in catalogue()}


def find_shape(text: str) -> NamedShape | None:
    """Returns the shape that the request key names or describes; None if it does neither."""
    try:
        return shapes().get(text) or (read_shape(text) if text else None)
    except BadShape:
        return None
