"""Settings of the whole process that a model of small matrices needs to be fast."""

from __future__ import annotations

import os
from collections import deque
from functools import cache
from threading import Lock

import numpy as np
from threadpoolctl import threadpool_limits

WIDE = 1024  # from this width of the residual stream on, several threads help one product
CHOSEN = "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"  # a person's own choice stands


def prepare(width: int) -> None:
    """Prepare for a model of that width."""
    keep_memory()
    if width < WIDE and not any(name in os.environ for name in CHOSEN):
        single_threads()


@cache
def single_threads() -> None:
    """One thread a matrix product, so that viewers run beside each other.

    A product of 128 x 128 is over before a second thread has woken; where other work wants the cores, the
    threads of the linear algebra library wait for each other in a loop (measured: ten times slower).

    This holds for the whole process and from then on: a wide model that is opened after a small one has one
    thread too. Serve a wide one by itself, or choose the number of threads with OPENBLAS_NUM_THREADS.
    """
    threadpool_limits(1, user_api="blas")


@cache
def keep_memory() -> None:
    """Make the C library keep freed memory for the next array instead of giving it back each time.

    glibc raises both of its limits, for mapping a block and for trimming the heap, when a mapped block
    is freed (mallopt(3), M_MMAP_THRESHOLD). Without this, page faults took 2.8 of 9.2 ms for 128 tokens.
    Other C libraries see one array made and dropped.
    """
    np.empty(16 << 20, np.uint8)


class Turns:
    """One thread at a time, in the order in which they asked; a plain lock lets whoever leaves back in first.

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
                self._waiting.popleft().release()  # whoever waits there has the turn
            else:
                self._taken = False
