"""Rows of routing stored on a worker until they are fetched, with limits on bytes and time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
from numpy.typing import NDArray

MIB = 2**20
Columns = dict[str, NDArray[np.generic]]
COLUMNS = ("positions", "tokens", "logits", "ids", "weights")


@dataclass
class Record:
    """What one key has collected, by request, and when it was last touched."""

    touched: float
    requests: dict[str, list[Columns]] = field(default_factory=dict)
    held: int = 0  # bytes
    dropped: int = 0  # rows that found no room


class Records:
    """The records of one worker by key. Safe to sweep from another thread.

    A key exists from the first time that a request asks until it is closed, dropped, or not touched for
    `keep_secs`. Rows of a key that does not exist are ignored.
    """

    def __init__(
        self,
        limit_bytes: int = 256 * MIB,
        keep_secs: float = 120.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit_bytes = limit_bytes
        self.keep_secs = keep_secs
        self.expired = 0  # records that nobody fetched
        self._clock = clock
        self._records: dict[str, Record] = {}
        self._lock = Lock()

    def open(self, key: str) -> None:
        """Opens the record of a key; an open one continues."""
        with self._lock:
            self._records.setdefault(key, Record(self._clock())).touched = self._clock()

    def add(self, key: str, request: str, columns: Columns) -> None:
        """Stores rows of a request. Counts them as dropped if the worker is at its limit."""
        size = sum(column.nbytes for column in columns.values())
        with self._lock:
            record = self._records.get(key)
            if record is None:
                return
            record.touched = self._clock()
            if self._held() + size > self.limit_bytes:
                record.dropped += len(columns["positions"])
                return
            record.requests.setdefault(request, []).append(columns)
            record.held += size

    def take(self, key: str, close: bool) -> tuple[dict[str, Columns], int] | None:
        """Returns the new rows by request and the number of dropped ones; None for an unknown key.

        What was taken is forgotten. `close` ends the record.
        """
        with self._lock:
            record = self._records.get(key)
            if record is None:
                return None
            if close:
                del self._records[key]
            chunks, record.requests, record.held = record.requests, {}, 0
            record.touched = self._clock()
        return {request: joined(parts) for request, parts in chunks.items()}, record.dropped

    def drop(self, key: str) -> None:
        """Discards a key."""
        with self._lock:
            self._records.pop(key, None)

    def sweep(self) -> bool:
        """Discards expired records; returns whether any are left."""
        with self._lock:
            oldest = self._clock() - self.keep_secs
            stale = [key for key, record in self._records.items() if record.touched <= oldest]
            for key in stale:
                del self._records[key]
            self.expired += len(stale)
            return bool(self._records)

    def facts(self) -> dict[str, int]:
        """Counts for the info route: open records, bytes, records that expired."""
        with self._lock:
            return {"open": len(self._records), "bytes": self._held(), "expired": self.expired}

    def _held(self) -> int:
        return sum(record.held for record in self._records.values())


def joined(parts: list[Columns]) -> Columns:
    """Returns the columns of several passes, one after the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS}
