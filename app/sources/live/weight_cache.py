"""Cache of the weights of a small model, and its memory.

Nothing is evicted: a model that does not fit is streamed instead, so a look-up takes no lock.
"""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock
from typing import Any, TypeVar

import numpy as np

from ...trace import Floats

B = TypeVar("B")


class WeightCache:
    """Weights by name, each made by the thread that first asks for it."""

    def __init__(self) -> None:
        self.blocks: dict[Hashable, Any] = {}
        self.get = self.blocks.get

    def put(self, key: Hashable, block: B) -> B:
        """Keeps a block. Returns the one that is kept: another thread may have been faster."""
        kept: B = self.blocks.setdefault(key, block)
        return kept


class Slab:
    """One large array from which others are cut.

    numpy asks for pages of 2 MiB for arrays of 4 MiB and more. With all experts in one, their products take
    two thirds of the time that they take in arrays of their own (N = 64: fewer misses of the address cache).
    """

    def __init__(self, size: int) -> None:
        """Room for `size` numbers; memory is taken as it is written to."""
        self._numbers = np.empty(size, np.float32)
        self._used = 0
        self._lock = Lock()

    def empty(self, *shape: int) -> Floats:
        """Returns an array of that shape, outside the slab if the slab is full."""
        size = -(-int(np.prod(shape)) // 16) * 16  # the next one starts at a cache line
        with self._lock:
            start, end = self._used, self._used + size
            if end > len(self._numbers):
                return np.empty(shape, np.float32)
            self._used = end
        return self._numbers[start:end][: int(np.prod(shape))].reshape(shape)
