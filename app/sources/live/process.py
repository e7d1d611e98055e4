"""Process-wide settings that speed up models with small matrices."""

from __future__ import annotations

import os
from functools import cache

import numpy as np
from threadpoolctl import threadpool_limits

CHOSEN = "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"  # a value set by the user is kept


def prepare(streamed: bool) -> None:
    """Prepares the process for a model. A streamed model has its own threads, one per product."""
    keep_memory()
    if streamed or not any(name in os.environ for name in CHOSEN):
        single_threads()


@cache
def single_threads() -> None:
    """Limits each matrix product to one thread, so that clients run in parallel.

    A product of 128 x 128 ends before a second thread wakes. If other work occupies the cores, the threads of
    the linear algebra library busy-wait for each other (measured: ten times slower).

    The setting is permanent for the process. OPENBLAS_NUM_THREADS overrides it for small models, and sets the
    number of threads for the products of a streamed one.
    """
    threadpool_limits(1, user_api="blas")


@cache
def keep_memory() -> None:
    """Makes the C library keep freed memory for the next array instead of returning it to the system.

    glibc raises two limits, for mapping a block and for trimming the heap, when a mapped block is freed
    (mallopt(3), M_MMAP_THRESHOLD). Without this, page faults took 2.8 of 9.2 ms for 128 tokens. With other
    C libraries, this only allocates and frees one array.
    """
    np.empty(16 << 20, np.uint8)
