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
class FinishedTrace:
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
    """A trace that can be computed: its producer, and a digest of the content that it depends on."""

    producer: TraceProducer
    content: str
    at_once: bool = False  # the first step takes as long as all; clients then share the trace
    cancel: Cancel | None = None  # for a trace that waits for a remote engine
    whole: Callable[[], RoutingTrace] | None = None  # for a trace that exists already
    window: Callable[[int], Opened] | None = None  # for a long trace: opens the window around a token


@dataclass(frozen=True)
class Offer:
    """The names that a source contributes to requests."""

    scenarios: tuple[str, ...] = ()
    models: Mapping[str, int] = field(default_factory=dict)  # experts per layer of each model
    routers: Mapping[str, str] = field(default_factory=dict)  # router of each model's training
    steps: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # recorded training steps per model
    infos: tuple[dict[str, Any], ...] = ()  # the source's entries of `GET /api/models`
    refused: tuple[dict[str, Any], ...] = ()  # name and reason of each model that cannot be run
    fixed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # request keys that an engine fixes
    absent: Mapping[str, Problem] = field(default_factory=dict)  # engines that do not answer, with reasons
    traces: TraceNames | None = None  # files in a folder of traces


@dataclass(frozen=True)
class SourceContext:
    """The arguments of a source: the scenarios, and the folders of models and traces."""

    library: Library
    models: Path
    engines: Cluster
    traces: Path | None = None
    engine: str = ""  # engine of the folder's models; "": the first that runs each


class TraceSource(ABC):
    """One source of traces. A subclass and one line in the registry add a source."""

    name: ClassVar[str]  # value of the request key `source`
    keys: ClassVar[tuple[str, ...]]  # request keys that it reads

    @abstractmethod
    def __init__(self, context: SourceContext) -> None: ...

    @abstractmethod
    def offer(self) -> Offer:
        """Returns the names that the source contributes, looked up at each call."""

    @abstractmethod
    def open(self, request: TraceRequest) -> Opened:
        """Opens the trace of a request.

        Raises BadRequest if it turns out not to be runnable.
        """

    def stamp(self, request: TraceRequest) -> str:
        """Returns what changes with the content of a request. Raises BadRequest.

        A source that can tell it without opening anything says so itself.
        """
        return self.open(request).content


def dates_of(folder: Path) -> str:
    """Returns the paths of the files below a folder with their dates: it changes when one of them does."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return "\0".join(f"{path} {path.stat().st_mtime_ns}" for path in files)
