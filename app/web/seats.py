"""Limits concurrent streams and sockets, in total and per client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ..stream.workers import Busy

RETRY_SECS = 5.0


class Seats:
    """A number of seats, of which one client may take only some."""

    def __init__(self, most: int, of_client: int) -> None:
        self.most = most
        self.of_client = of_client
        self.taken: Counter[str] = Counter()
        self.count = 0
        self.refused = 0

    def __len__(self) -> int:
        return self.count

    def problem(self, client: str) -> str | None:
        """Returns the reason why a client gets no seat; None if it does."""
        if self.count >= self.most:
            return f"busy: {self.most} viewers are connected"
        if self.taken[client] >= self.of_client:
            return f"busy: {self.of_client} viewers of your address are connected"
        return None

    @contextmanager
    def take(self, client: str) -> Iterator[None]:
        """Holds a seat. Raises Busy if none is free."""
        if problem := self.problem(client):
            self.refused += 1
            raise Busy(problem, RETRY_SECS)
        self.taken[client] += 1
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1
            self.taken[client] -= 1
            if not self.taken[client]:
                del self.taken[client]
