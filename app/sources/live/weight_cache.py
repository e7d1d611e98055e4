"""Caches the weights of a small model in one block of memory.

Nothing is evicted, because larger models are streamed. A look-up therefore needs no lock.
"""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock
from typing import Any, TypeVar

import numpy as np

from ...trace import Floats

B = TypeVar("B")


class WeightCache:
    """Weights by name, each converted at its first use."""

    def __init__(self) -> None:
        self.blocks: dict[Hashable, Any] = {}
        self.get = self.blocks.get

    def put(self, key: Hashable, block: B) -> B:
        """Stores a block. Returns the stored one, which may be that of another thread."""
        kept: B = self.blocks.setdefault(key, block)
        return kept


class Slab:
    """One large array from which others are cut.

    numpy requests pages of 2 MiB for arrays of at least 4 MiB. With all experts in one array, their
    products take two thirds of the time as in separate arrays (N = 64: fewer TLB misses).
    """

    def __init__(self, size: int) -> None:
        """Allocates `size` numbers; memory is committed on write."""
        self._numbers = np.empty(size, np.float32)
        self._used = 0
        self._lock = Lock()

    def empty(self, *shape: int) -> Floats:
        """Returns an array of that shape, outside the slab if the slab is full."""
        size = -(-int(np.prod(shape)) // 16) * 16  # aligns the next array to a cache line
        with self._lock:
            start, end = self._used, self._used + size
            if end > len(self._numbers):
                return np.empty(shape, np.float32)
            self._used = end
        return self._numbers[start:end][: int(np.prod(shape))].reshape(shape)
