"""The live trace of a prompt on a remote engine, with the interface of a source."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

from ....trace import Step, TraceHeader
from .ask import Ask
from .background_loop import BackgroundLoop, Pulled
from .connection import Connection
from .model_facts import ModelFacts
from .remote_engine import trace


class RemoteTrace:
    """A trace that an engine computes while it is read. Opening it starts the request.

    `header` and `steps` wait for the network, so a thread must call them that may block. `cancel` ends the
    wait from another thread.
    """

    def __init__(
        self, background: BackgroundLoop, connection: Connection, known: ModelFacts, ask: Ask
    ) -> None:
        self.known = known
        self.ask = ask
        self._background = background
        self._connection = connection
        self._lock = Lock()
        self._begun: Pulled[TraceHeader | Step] | None = None  # header read, no step read yet
        self._running: list[Pulled[TraceHeader | Step]] = []
        self._header: TraceHeader | None = None
        self._cancelled = False

    @property
    def header(self) -> TraceHeader:
        """Returns the header. Raises EngineError, or BadRequest for the prompt."""
        with self._lock:
            if self._header is None:
                self._begun, self._header = self._begin()
            return self._header

    def steps(self) -> Iterator[Step]:
        """Yields each token's step as it arrives; a second call repeats the request. Raises EngineError."""
        assert self.header is not None
        with self._lock:
            pulled, self._begun = self._begun, None
        if pulled is None:
            pulled, _ = self._begin()
        try:
            for each in pulled:
                assert isinstance(each, Step)
                yield each
        finally:
            self._forget(pulled)

    def cancel(self) -> None:
        """Cancels the requests to the engine. A thread that waits for a step gets Closed at once."""
        self._cancelled = True
        for pulled in [*self._running]:
            self._forget(pulled)

    def _begin(self) -> tuple[Pulled[TraceHeader | Step], TraceHeader]:
        pulled = Pulled(self._background, lambda: trace(self._connection, self.known, self.ask))
        self._running.append(pulled)
        if self._cancelled:
            pulled.close()
        try:
            header = next(pulled)
        except BaseException:
            self._forget(pulled)
            raise
        assert isinstance(header, TraceHeader)
        return pulled, header

    def _forget(self, pulled: Pulled[TraceHeader | Step]) -> None:
        pulled.close()
        if pulled in self._running:
            self._running.remove(pulled)
