"""Products with stored matrices: rows are decoded to float32 in pieces, and no matrix is kept.

OpenBLAS copies ("packs") the whole weight matrix before a product of few columns, which takes longer than the
product. Its kernel for less than 100^3 multiplications does not pack, so rows are cut into blocks of that
size: 3 to 8 times as fast up to about 64 tokens (measured with OpenBLAS 0.3.31).

Letters: R rows of a matrix, C its columns, T tokens. Inputs and results are columns: [C, T] -> [R, T].
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import accumulate
from typing import TypeVar

import numpy as np

from ...trace import Floats
from .matrices import Matrix, Transposed
from .process import CHOSEN

PIECE = 1 << 18  # weights that a thread decodes at once: 1 MiB in float32, which fits the second-level cache
NO_PACKING = 100**3  # multiplications up to which OpenBLAS does not pack
FEWEST_ROWS = 8  # least rows of a block; with fewer, one product of all rows is faster
local = threading.local()

Job = TypeVar("Job")
AnyMatrix = Matrix | Transposed


def scratch(rows: int, columns: int) -> Floats:
    """Returns this thread's buffer with that shape. The next call overwrites its content."""
    size = rows * columns
    if not hasattr(local, "numbers") or len(local.numbers) < size:
        local.numbers = np.empty(max(size, PIECE), np.float32)
    numbers: Floats = local.numbers
    return numbers[:size].reshape(rows, columns)


def multiply(weights: Floats, x: Floats, out: Floats) -> None:
    """Computes weights [R, C] times x [C, T] into out [R, T], in blocks that OpenBLAS does not pack."""
    rows, width = weights.shape
    count = x.shape[1]
    block = NO_PACKING // (width * count)
    if block < FEWEST_ROWS:
        np.matmul(weights, x, out=out)
        return
    block = 1 << (block.bit_length() - 1)
    whole = rows - rows % block
    if whole:
        blocks, results = weights[:whole].reshape(-1, block, width), out[:whole].reshape(-1, block, count)
        np.matmul(blocks, x, out=results)
    if whole < rows:
        np.matmul(weights[whole:], x, out=out[whole:])


def pieces(matrix: Matrix) -> Iterable[tuple[int, int]]:
    """Returns first and last row of each piece of a matrix."""
    rows, columns = matrix.shape
    step = max(1, PIECE // columns)
    step = step if step < 64 else step - step % 64
    return ((start, min(rows, start + step)) for start in range(0, rows, step))


def piece_product(matrix: Matrix, start: int, end: int, x: Floats, out: Floats) -> None:
    """Computes rows `start` to `end` of matrix times x [C, T], into those rows of out [R, T]."""
    weights = scratch(end - start, matrix.shape[1])
    matrix.fill(start, weights)
    multiply(weights, x, out[start:end])


def product(matrix: AnyMatrix, x: Floats, out: Floats | None = None) -> Floats:
    """Multiplies a matrix by x [C, T] -> [R, T], in this thread only. Writes into `out` if there is one."""
    out = np.empty((matrix.shape[0], x.shape[1]), np.float32) if out is None else out
    if isinstance(matrix, Transposed):
        transposed_product(matrix, x, out)
        return out
    for start, end in pieces(matrix):
        piece_product(matrix, start, end, x, out)
    return out


def transposed_product(matrix: Transposed, x: Floats, out: Floats) -> None:
    """Multiplies a matrix stored by columns: each piece adds the product of its columns."""
    stored = matrix.stored_as
    out[:] = 0
    for start, end in pieces(stored):
        weights = scratch(end - start, stored.shape[1])
        stored.fill(start, weights)
        out += np.dot(weights.T, x[start:end])


def allot(matrices: Sequence[AnyMatrix], tokens: int) -> tuple[Floats, list[tuple[AnyMatrix, Floats]]]:
    """Returns an empty result [all R, T] for several matrices, and each matrix with its rows of it."""
    out = np.empty((sum(matrix.shape[0] for matrix in matrices), tokens), np.float32)
    ends = accumulate(matrix.shape[0] for matrix in matrices)
    return out, [
        (matrix, out[end - matrix.shape[0] : end]) for matrix, end in zip(matrices, ends, strict=True)
    ]


def products(matrices: Sequence[AnyMatrix], x: Floats) -> Floats:
    """Multiplies several matrices by x [C, T] -> concatenated rows [all R, T], in this thread only."""
    out, parts = allot(matrices, x.shape[1])
    for matrix, rows in parts:
        product(matrix, x, rows)
    return out


def dealt_product(matrices: Sequence[AnyMatrix], x: Floats) -> Floats:
    """Multiplies several matrices by x [C, T] -> concatenated rows [all R, T], distributed over threads."""
    out, parts = allot(matrices, x.shape[1])
    jobs = []
    for matrix, rows in parts:
        if isinstance(matrix, Transposed):
            raise TypeError("a transposed matrix is not dealt: its pieces add up")
        jobs += [(matrix, start, end, x, rows) for start, end in pieces(matrix)]
    deal(lambda job: piece_product(*job), jobs)
    return out


def deal(work: Callable[[Job], object], jobs: Sequence[Job]) -> None:
    """Runs all jobs, in this thread and in those of the pool. Raises the exception of a job."""
    waiting = iter(jobs)  # taking the next of a list is one step of the interpreter

    def drain() -> None:
        for job in waiting:
            work(job)

    helpers = [team().submit(drain) for _ in range(min(thread_count(), len(jobs)) - 1)]
    try:
        drain()
    finally:
        for helper in helpers:
            helper.result()


@cache
def thread_count() -> int:
    """Returns the number of usable cores, or the user's setting for linear algebra."""
    chosen = next((os.environ[name] for name in CHOSEN if os.environ.get(name, "").isdigit()), None)
    if chosen is not None:
        return max(1, int(chosen))
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


@cache
def team() -> ThreadPoolExecutor:
    """Returns the threads that compute the products of all large models."""
    return ThreadPoolExecutor(thread_count(), thread_name_prefix="product")
