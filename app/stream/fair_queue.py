"""Schedules jobs: every client gets an equal share of the work, independent of its number of jobs.

Self-clocked fair queueing (Golestani 1994): a job's tag is the work that its client has received before it,
counted from the time at which the client began to wait. The lowest tag goes first.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from ipaddress import IPv6Address, ip_address
from itertools import count
from typing import Generic, TypeVar

Item = TypeVar("Item")

LEAST_SECS = 1e-4  # minimum cost of a job: switching between jobs costs time too


class FairQueue(Generic[Item]):
    """Queued jobs by client, with their estimated seconds."""

    def __init__(self) -> None:
        self.heap: list[tuple[float, int, Item]] = []
        self.waiting: dict[int, tuple[str, float]] = {}  # client and cost of each queued job
        self.finish: dict[str, float] = {}  # tag of the last job of each queued client
        self.count_of: defaultdict[str, int] = defaultdict(int)
        self.secs_of: defaultdict[str, float] = defaultdict(float)
        self.now = 0.0  # tag of the last job taken
        self.numbers = count()
        self.secs = 0.0

    def __len__(self) -> int:
        return len(self.waiting)

    def push(self, client: str, cost: float, item: Item) -> int:
        """Adds a job; returns its number, for `discard`."""
        tag = max(self.now, self.finish.get(client, 0.0)) + max(cost, LEAST_SECS)
        number = next(self.numbers)
        heapq.heappush(self.heap, (tag, number, item))
        self.finish[client] = tag
        self.waiting[number] = client, cost
        self.count_of[client] += 1
        self.secs_of[client] += cost
        self.secs += cost
        return number

    def pop(self) -> Item | None:
        """Removes and returns the next job; None if the queue is empty."""
        while self.heap:
            tag, number, item = heapq.heappop(self.heap)
            if number in self.waiting:
                self.now = max(self.now, tag)
                self.discard(number)
                return item
        return None

    def discard(self, number: int) -> None:
        """Removes a job whose result is not needed any more."""
        client, cost = self.waiting.pop(number, ("", 0.0))
        if not client:
            return
        self.secs -= cost
        self.secs_of[client] -= cost
        self.count_of[client] -= 1
        if not self.count_of[client]:
            for kept in (self.count_of, self.secs_of):
                del kept[client]
            if self.finish[client] <= self.now:
                del self.finish[client]
        if not self.waiting:
            self.secs = 0.0
            self.finish.clear()
            self.heap.clear()


def client_of(address: str | None) -> str:
    """Returns the client of an address: an IPv4 address itself, or the /64 of IPv6 (one household)."""
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or "unknown"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return f"{IPv6Address(int(found) >> 64 << 64)}/64"
    return str(found)
