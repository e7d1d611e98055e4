"""A lock that serves threads in the order of their requests."""

from __future__ import annotations

from collections import deque
from threading import Lock


class FairLock:
    """A first-come, first-served lock. A plain lock readmits the thread that just released it.

    Threads that compute at once take the interpreter from each other at each product: with ten viewers the
    first token came four times as late as here, where each gets a chunk in turn.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._taken = False
        self._waiting: deque[Lock] = deque()

    def __enter__(self) -> None:
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            gate = Lock()
            gate.acquire()
            self._waiting.append(gate)
        gate.acquire()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()  # the longest waiting thread has the lock now
            else:
                self._taken = False
