"""Weights made ready for the forward pass, kept in memory within a budget."""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock
from typing import Any, Protocol, TypeVar

import numpy as np

from ...trace import Floats


class Block(Protocol):
    """Weights made ready for the forward pass, which know their size in bytes."""

    @property
    def nbytes(self) -> int: ...


B = TypeVar("B", bound=Block)


class Shelf:
    """Blocks of weights in float32, made when first used; over the budget, the one used longest ago goes.

    Until the budget is reached nothing is reordered: a model that fits pays one look-up in a dictionary.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._bytes = 0
        self._full = False
        self._blocks: dict[Hashable, Any] = {}
        self._lock = Lock()

    def find(self, key: Hashable) -> Any:
        """The block of that key, or None."""
        block = self._blocks.get(key)
        if block is not None and self._full:
            with self._lock:
                if self._blocks.pop(key, None) is not None:
                    self._blocks[key] = block
        return block

    def put(self, key: Hashable, block: B) -> B:
        """Keep a block, and let go of others where the budget asks for it. Returns the one that is kept."""
        with self._lock:
            if key in self._blocks:  # another thread was faster
                kept: B = self._blocks[key]
                return kept
            self._blocks[key] = block
            self._bytes += block.nbytes
            while self._bytes > self._budget and len(self._blocks) > 1:
                self._full = True
                oldest = next(iter(self._blocks))
                self._bytes -= self._blocks.pop(oldest).nbytes
        return block

    @property
    def bytes(self) -> int:
        """What the kept blocks take."""
        return self._bytes


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
        """An array of that shape; one of its own where the slab is full."""
        size = -(-int(np.prod(shape)) // 16) * 16  # the next one starts at a cache line
        with self._lock:
            start, end = self._used, self._used + size
            if end > len(self._numbers):
                return np.empty(shape, np.float32)
            self._used = end
        return self._numbers[start:end][: int(np.prod(shape))].reshape(shape)
