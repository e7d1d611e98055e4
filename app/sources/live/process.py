"""Process-wide settings that make a model of small matrices fast."""

from __future__ import annotations

import os
from functools import cache

import numpy as np
from threadpoolctl import threadpool_limits

CHOSEN = "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"  # a person's own choice stands


def prepare(streamed: bool) -> None:
    """Prepares the process for a model. A streamed model has its own threads, with products of one thread."""
    keep_memory()
    if streamed or not any(name in os.environ for name in CHOSEN):
        single_threads()


@cache
def single_threads() -> None:
    """One thread a matrix product, so that viewers run beside each other.

    A product of 128 x 128 is over before a second thread has woken; where other work wants the cores, the
    threads of the linear algebra library wait for each other in a loop (measured: ten times slower).

    This holds for the whole process and from then on. OPENBLAS_NUM_THREADS chooses another number for small
    models, and how many threads share the products of a streamed one.
    """
    threadpool_limits(1, user_api="blas")


@cache
def keep_memory() -> None:
    """Makes the C library keep freed memory for the next array instead of giving it back each time.

    glibc raises both of its limits, for mapping a block and for trimming the heap, when a mapped block
    is freed (mallopt(3), M_MMAP_THRESHOLD). Without this, page faults took 2.8 of 9.2 ms for 128 tokens.
    Other C libraries see one array made and dropped.
    """
    np.empty(16 << 20, np.uint8)
