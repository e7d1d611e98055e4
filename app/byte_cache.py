"""An LRU cache with a limit in bytes."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Cache(Generic[Value]):
    """A dictionary of at most `max_bytes`. Thread-safe."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.bytes = 0
        self.kept: OrderedDict[str, tuple[Value, int]] = OrderedDict()
        self.lock = Lock()

    def get(self, key: str) -> Value | None:
        with self.lock:
            if key not in self.kept:
                return None
            self.kept.move_to_end(key)
            return self.kept[key][0]

    def put(self, key: str, value: Value, size: int) -> None:
        """Stores a value of `size` bytes, unless it exceeds half of the limit."""
        if size > self.max_bytes // 2:
            return
        with self.lock:
            self.bytes += size - self.kept.pop(key, (value, 0))[1]
            self.kept[key] = (value, size)
            while self.bytes > self.max_bytes:
                self.bytes -= self.kept.popitem(last=False)[1][1]
