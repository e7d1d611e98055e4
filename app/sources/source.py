"""The interface of a source of routing traces. sources/registry.py lists the sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ..request.schema import TraceRequest
from ..trace import Step, TraceHeader
from .authored.scenario import Library


class TraceProducer(Protocol):
    """Makes one trace: a header first, then the steps."""

    @property
    def header(self) -> TraceHeader: ...

    def steps(self) -> Iterator[Step]: ...


@dataclass(frozen=True)
class Opened:
    """A trace that can be computed: its producer, and a digest of the content it is computed from."""

    producer: TraceProducer
    content: str
    at_once: bool = False  # the first step takes as long as all; clients of one trace then share it


@dataclass(frozen=True)
class Offer:
    """The names that a source adds to those that a request may use."""

    scenarios: tuple[str, ...] = ()
    models: Mapping[str, int] = field(default_factory=dict)  # number of experts per layer of each model
    routers: Mapping[str, str] = field(default_factory=dict)  # router that a model was trained with
    steps: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # recorded training steps of a model
    infos: tuple[dict[str, Any], ...] = ()  # its models, as `GET /api/models` answers them


@dataclass(frozen=True)
class Place:
    """What a source is built from: the scenarios, and the folder of the models."""

    library: Library
    models: Path


class TraceSource(Protocol):
    """One source of traces. A class with these members and one line in the registry add a source."""

    @property
    def name(self) -> str:
        """The value of the request key `source`."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The request keys that it reads."""

    def offer(self) -> Offer:
        """The names that it adds, looked up anew at each call."""

    def open(self, request: TraceRequest) -> Opened:
        """The trace of a request that was read. Raises BadRequest for what cannot be run after all."""


class SourceClass(Protocol):
    """A class of sources, as the registry lists it."""

    name: str
    keys: tuple[str, ...]

    def __call__(self, place: Place) -> TraceSource: ...
