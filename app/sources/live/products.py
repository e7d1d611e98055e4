"""Products with stored matrices: rows are decoded to float32 in pieces, and no matrix is kept.

OpenBLAS copies ("packs") the whole weight matrix before a product of few tokens, which takes longer than the
product. Its kernels for less than 100^3 multiplications do not pack, so rows are cut into blocks of that
size: 3 to 8 times as fast up to about 64 tokens. Of these kernels, the fastest read both factors along their
rows, so tokens are rows everywhere (measured with OpenBLAS 0.3.31).

Letters: R rows of a matrix, C its columns, T tokens. Inputs are [T, C], results [T, R].
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import accumulate
from typing import TypeVar

import numpy as np

from ...trace import Floats
from .matrices import Matrix, Transposed
from .process import CHOSEN

PIECE = 1 << 18  # weights that a thread decodes at once: 1 MiB in float32, which fits the second-level cache
NO_PACKING = 100**3  # multiplications up to which OpenBLAS does not pack,
NO_PACKING_RESULTS = 1200  # if there are not more results (sgemm_small_matrix_permit of its AVX-512 kernels)
FEWEST_ROWS = 8  # least rows of a block; with fewer, one product of all rows is faster
local = threading.local()

Job = TypeVar("Job")
AnyMatrix = Matrix | Transposed


def scratch(rows: int, columns: int) -> Floats:
    """Returns this thread's buffer with that shape. The next call overwrites its content."""
    size = rows * columns
    numbers: Floats | None = getattr(local, "numbers", None)
    if numbers is None or len(numbers) < size:
        numbers = local.numbers = np.empty(max(size, PIECE), np.float32)
    return numbers[:size].reshape(rows, columns)


def multiply(weights: Floats, x: Floats, out: Floats) -> None:
    """Computes x [T, C] times the rows of weights [R, C] into out [T, R], in blocks that are not packed."""
    rows, width = weights.shape
    count = len(x)
    block = min(NO_PACKING // width, NO_PACKING_RESULTS) // count
    if block < FEWEST_ROWS:
        np.matmul(x, weights.T, out)
        return
    block = min(rows, 1 << (block.bit_length() - 1))
    whole = rows - rows % block
    blocks = weights[:whole].reshape(-1, block, width).swapaxes(1, 2)  # [., C, block]
    np.matmul(x, blocks, out[:, :whole].reshape(count, -1, block).swapaxes(0, 1))  # [., T, block]
    if whole < rows:
        np.matmul(x, weights[whole:].T, out[:, whole:])


def pieces(matrix: Matrix) -> list[tuple[int, int]]:
    """Returns first and last row of each piece of a matrix."""
    rows, columns = matrix.shape
    step = max(1, PIECE // columns)
    step = step if step < 64 else step - step % 64
    return [(start, min(rows, start + step)) for start in range(0, rows, step)]


def piece_product(matrix: Matrix, start: int, end: int, x: Floats, out: Floats) -> None:
    """Computes x [T, C] times rows `start` to `end` of a matrix, into those columns of out [T, R]."""
    weights = scratch(end - start, matrix.shape[1])
    matrix.fill(start, weights)
    multiply(weights, x, out[:, start:end])


def product(matrix: AnyMatrix, x: Floats, out: Floats | None = None) -> Floats:
    """Multiplies x [T, C] by a matrix -> [T, R], in this thread only. Writes into `out` if there is one."""
    out = np.empty((len(x), matrix.shape[0]), np.float32) if out is None else out
    if isinstance(matrix, Transposed):
        transposed_product(matrix, x, out)
        return out
    for start, end in pieces(matrix):
        piece_product(matrix, start, end, x, out)
    return out


def transposed_product(matrix: Transposed, x: Floats, out: Floats) -> None:
    """Multiplies by a matrix stored by columns: each piece adds the product of its columns."""
    stored = matrix.stored_as
    out[:] = 0
    for start, end in pieces(stored):
        weights = scratch(end - start, stored.shape[1])
        stored.fill(start, weights)
        out += np.dot(x[:, start:end], weights)


def allot(matrices: Sequence[AnyMatrix], tokens: int) -> tuple[Floats, list[tuple[AnyMatrix, Floats]]]:
    """Returns an empty result [T, all R] for several matrices, and each matrix with its columns of it."""
    out = np.empty((tokens, sum(matrix.shape[0] for matrix in matrices)), np.float32)
    ends = accumulate(matrix.shape[0] for matrix in matrices)
    return out, [
        (matrix, out[:, end - matrix.shape[0] : end]) for matrix, end in zip(matrices, ends, strict=True)
    ]


def products(matrices: Sequence[AnyMatrix], x: Floats) -> Floats:
    """Multiplies x [T, C] by several matrices -> concatenated columns [T, all R], in this thread only."""
    out, parts = allot(matrices, len(x))
    for matrix, columns in parts:
        product(matrix, x, columns)
    return out


def dealt_product(matrices: Sequence[AnyMatrix], x: Floats) -> Floats:
    """Multiplies x [T, C] by several matrices -> concatenated columns [T, all R], with all threads."""
    out, parts = allot(matrices, len(x))
    jobs = []
    for matrix, columns in parts:
        if isinstance(matrix, Transposed):
            raise TypeError("a transposed matrix is not dealt: its pieces add up")
        jobs += [(matrix, start, end, x, columns) for start, end in pieces(matrix)]
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
