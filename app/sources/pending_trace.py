"""A trace that is computed on demand: its header, its steps as they are computed, then the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from threading import Lock

from ..byte_cache import Cache
from ..trace import RoutingTrace, Step, TraceHeader


class Cancel:
    """Ends the wait for a remote engine. May be called before the wait begins."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._called = False
        self._ends: list[Callable[[], None]] = []

    def __call__(self) -> None:
        with self._lock:
            self._called, ends = True, [*self._ends]
        for end in ends:
            end()

    def add(self, end: Callable[[], None]) -> None:
        """Registers `end`, to be called on cancellation, or calls it now if cancelled already."""
        with self._lock:
            self._ends.append(end)
            called = self._called
        if called:
            end()


@dataclass(frozen=True)
class PendingTrace:
    """One trace before its computation. Each call of `compute` starts from the first token."""

    identity: str  # equal for equal requests, scenario or checkpoint, and version
    header: TraceHeader
    compute: Callable[[], Iterator[Step]]
    kept: Cache[RoutingTrace]
    more: int = 0  # limit on generated tokens after those of the header
    at_once: bool = False  # the first step takes as long as all; clients then share the trace
    cancel: Cancel | None = None  # for a trace that waits for a remote engine
    whole: Callable[[], RoutingTrace] | None = None  # for a trace that exists already

    def steps(self, start: int = 0) -> Iterator[Step]:
        """Returns the steps from token `start` on."""
        return (step for step in self.pull(start) if step is not None)

    def pull(self, start: int = 0) -> Iterator[Step | None]:
        """Yields the steps from token `start` on, computed on demand or taken from a finished trace.

        Yields None for each earlier step that must be computed first, so that a caller regains control
        between steps. A trace that was read to its end is cached for later calls.
        """
        trace = self.trace() if self.at_once else self.kept.get(self.identity)
        if trace is not None:
            yield from (self.kept_step(trace, token) for token in range(start, len(trace.header.tokens)))
            return
        pulled = []
        for token, step in enumerate(self.compute()):
            pulled.append(step)
            yield step if token >= start else None
        self.keep(RoutingTrace.from_steps(self.header, pulled))

    def kept_step(self, trace: RoutingTrace, token: int) -> Step:
        """Returns a step of a finished trace, equal to the computed one."""
        written = trace.header.tokens[token] if token >= len(self.header.tokens) else None
        return replace(trace.step(token), written=written)

    def trace(self) -> RoutingTrace:
        """Returns the whole trace."""
        if self.whole is not None:
            return self.whole()
        trace = self.kept.get(self.identity)
        if trace is None:
            trace = RoutingTrace.from_steps(self.header, self.compute())
            self.keep(trace)
        return trace

    def keep(self, trace: RoutingTrace) -> None:
        columns = (trace.scores, trace.logits, trace.experts, trace.weights, trace.dropped)
        self.kept.put(self.identity, trace, sum(column.nbytes for column in columns if column is not None))
