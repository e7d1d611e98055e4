"""The source `trace`: a file in the folder of traces, written by any engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from ...formats.findings import CaptureError
from ...problem import BadRequest, Problem
from ...request.schema import TraceRequest
from ...shape import ModelShape
from ...trace import RoutingTrace
from ..source import FinishedTrace, Offer, Opened, SourceContext, TraceSource
from .long_trace import LongTrace
from .trace_folder import TraceFolder

Result = TypeVar("Result")


class TraceFileSource(TraceSource):
    """Captures in the folder TRACES."""

    name = "trace"
    keys = ("trace",)

    def __init__(self, context: SourceContext) -> None:
        self.files = None if context.traces is None else TraceFolder(context.traces)

    def offer(self) -> Offer:
        """Returns the files; each is looked up when a request names it."""
        return Offer(traces=self.files)

    def open(self, request: TraceRequest) -> Opened:
        """Returns the routing in a file. Raises BadRequest if it cannot be read, or holds only counts."""
        trace, stamp = self.trace_of(request.trace)
        origin = {**trace.header.origin, "trace": request.trace}
        origin.pop("prompt_tokens", None)  # nothing is generated during playback
        trace = replace(trace, header=replace(trace.header, origin=origin))
        if isinstance(trace, RoutingTrace):
            return Opened(FinishedTrace(trace), stamp)
        long = trace

        def window(around: int) -> Opened:
            part = checked(lambda: long.window(around))
            return Opened(FinishedTrace(part), f"{stamp} {part.header.origin['window']['from']}")

        return Opened(long, stamp, whole=lambda: checked(long.whole), window=window)

    def stamp(self, request: TraceRequest) -> str:
        """Returns the date of the file. Raises BadRequest if it has gone."""
        return reading(request.trace, lambda: self.served(request.trace).stamp(request.trace))

    def shape(self, name: str) -> ModelShape:
        """Returns the shape of the routing in a file. Raises BadRequest."""
        return self.trace_of(name)[0].header.shape

    def trace_of(self, name: str) -> tuple[RoutingTrace | LongTrace, str]:
        """Returns the trace of a name, and what changes with its file. Raises BadRequest."""
        files = self.served(name)
        stamp, trace = reading(name, lambda: (files.stamp(name), files.trace(name)))
        if trace is None:
            advice = "counts open as loads; see the library"
            raise BadRequest(Problem("trace", "counts", "the experts of each token", advice))
        return trace, stamp

    def served(self, name: str) -> TraceFolder:
        """Returns the folder. Raises BadRequest if none is served."""
        if self.files is None:
            problem = Problem("trace", repr(name), "a folder of traces", "serve one with TRACES=folder")
            raise BadRequest(problem)
        return self.files


def reading(name: str, read: Callable[[], Result]) -> Result:
    """Returns the result of reading a file. Raises BadRequest if it cannot be read."""
    try:
        return read()
    except CaptureError as error:
        raise BadRequest(Problem("trace", error.found, error.expected, error.advice)) from error
    except (OSError, ValueError) as error:
        problem = Problem("trace", repr(name), "a capture that can be read", str(error))
        raise BadRequest(problem) from error


def checked(read: Callable[[], RoutingTrace]) -> RoutingTrace:
    """Returns the trace that `read` gives. Raises BadRequest if its rows are wrong."""
    try:
        return read()
    except ValueError as error:
        advice = f"{error}; moescope inspect FILE says more"
        raise BadRequest(Problem("trace", "rows that are wrong", "a sound trace", advice)) from error
