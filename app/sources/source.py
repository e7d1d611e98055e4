"""The interface of a source of routing traces. sources/registry.py lists the sources."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

from ..problem import Problem
from ..request.available import TraceNames
from ..request.schema import TraceRequest
from ..trace import RoutingTrace, Step, TraceHeader
from .authored.scenario import Library
from .engines.cluster import Cluster
from .pending_trace import Cancel


class TraceProducer(Protocol):
    """Makes one trace: a header first, then the steps."""

    @property
    def header(self) -> TraceHeader: ...

    def steps(self) -> Iterator[Step]: ...


@dataclass(frozen=True)
class Whole:
    """The producer of a trace that exists already."""

    trace: RoutingTrace

    @property
    def header(self) -> TraceHeader:
        """The header of the trace."""
        return self.trace.header

    def steps(self) -> Iterator[Step]:
        """Returns the routing of each token, in order."""
        return (self.trace.step(token) for token in range(len(self.header.tokens)))


@dataclass(frozen=True)
class Opened:
    """A trace that can be computed: its producer, and a digest of the content it is computed from."""

    producer: TraceProducer
    content: str
    at_once: bool = False  # the first step takes as long as all; clients of one trace then share it
    cancel: Cancel | None = None  # of a trace that waits for another machine
    whole: Callable[[], RoutingTrace] | None = None  # of a trace that exists already
    window: Callable[[int], Opened] | None = None  # of a long trace: the part in which a token lies


@dataclass(frozen=True)
class Offer:
    """The names that a source adds to those that a request may use."""

    scenarios: tuple[str, ...] = ()
    models: Mapping[str, int] = field(default_factory=dict)  # number of experts per layer of each model
    routers: Mapping[str, str] = field(default_factory=dict)  # router that a model was trained with
    steps: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # recorded training steps of a model
    infos: tuple[dict[str, Any], ...] = ()  # its models, as `GET /api/models` answers them
    refused: tuple[dict[str, Any], ...] = ()  # name and reason of each model that cannot be run
    fixed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # keys that an engine decides
    absent: Mapping[str, Problem] = field(default_factory=dict)  # engines that do not answer, and why
    traces: TraceNames | None = None  # the files of a folder of traces


@dataclass(frozen=True)
class Place:
    """What a source is built from: the scenarios, and the folders of the models and of the traces."""

    library: Library
    models: Path
    engines: Cluster
    traces: Path | None = None
    engine: str = ""  # that runs the models of the folder; "": the first that does


class TraceSource(ABC):
    """One source of traces. A subclass and one line in the registry add a source."""

    name: ClassVar[str]  # value of the request key `source`
    keys: ClassVar[tuple[str, ...]]  # request keys that it reads

    @abstractmethod
    def __init__(self, place: Place) -> None: ...

    @abstractmethod
    def offer(self) -> Offer:
        """Returns the names that it adds, looked up anew at each call."""

    @abstractmethod
    def open(self, request: TraceRequest) -> Opened:
        """Returns the trace of a request that was read.

        Raises BadRequest for what cannot be run after all.
        """
