"""Threads for small work and processes for heavy work, so that the event loop never waits for numpy.

Both are shared fairly by cost and client: a client with much work delays itself, not others.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from threading import Event
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from ..problem import BadRequest, Problem
from .fair_queue import FairQueue
from .processes import Abandoned, ProcessDied, Processes, TookTooLong

Result = TypeVar("Result")

WAITING = 4000  # limit on jobs queued for a thread; each is one step of a stream, or one file
SOMEBODY = "somebody"
ELSEWHERE = 256  # concurrent jobs that wait for remote engines
ANSWERS_ELSEWHERE = 32  # of those, answers in one piece; the others are steps of viewers


class Busy(Exception):
    """The queue is full. `retry_secs`: estimated time until it has room."""

    def __init__(self, message: str, retry_secs: float = 2.0, estimate_secs: float = 0.0) -> None:
        super().__init__(message)
        self.retry_secs = max(1, math.ceil(retry_secs))
        self.estimate_secs = estimate_secs


class OwnQueueFull(Busy):
    """This client has reached its own limit on queued work."""


class EndedEarly(Busy):
    """A job was ended by its deadline, or because its process died."""


class TooMuch(BadRequest):
    """One request exceeds the limit on cost."""


class Lane:
    """A number of slots, assigned in fair order."""

    def __init__(
        self,
        slots: int,
        waiting: int = WAITING,
        client_secs: float = math.inf,
        queue_secs: float = math.inf,
    ) -> None:
        self.slots = slots
        self.free = slots
        self.most = waiting
        self.client_secs = client_secs
        self.queue_secs = queue_secs
        self.queue: FairQueue[asyncio.Future[None]] = FairQueue()
        self.running_of: dict[str, float] = {}  # estimated seconds of running jobs, by client

    @property
    def jobs(self) -> int:
        """Number of running and queued jobs."""
        return self.slots - self.free + len(self.queue)

    def admit(self, client: str, cost: float) -> None:
        """Raises Busy if the queue is full; a client's first job is always admitted."""
        if self.jobs >= self.most:
            raise Busy(f"server: {self.jobs} jobs are waiting; try again in a moment", 2.0, cost)
        own = self.queue.secs_of.get(client, 0.0) + self.running_of.get(client, 0.0)
        if own and own + cost > self.client_secs:
            told = f"server: {own:.3g} s of your work are waiting, with this {own + cost:.3g} s of at most "
            raise OwnQueueFull(f"{told}{self.client_secs:g} s; try again later", own / self.slots, cost)
        if self.queue.secs + cost > self.queue_secs and self.queue.secs:
            told = f"server: {self.queue.secs:.3g} s of work are waiting; try again later"
            raise Busy(told, self.queue.secs / self.slots, cost)

    @asynccontextmanager
    async def turn(self, client: str, cost: float) -> AsyncIterator[None]:
        """Waits for a slot and holds it. Raises Busy."""
        self.admit(client, cost)
        if self.free and not len(self.queue):
            self.free -= 1
        else:
            await self.wait(client, cost)
        self.running_of[client] = self.running_of.get(client, 0.0) + cost
        try:
            yield
        finally:
            left = self.running_of.pop(client, 0.0) - cost
            if left > 1e-9:
                self.running_of[client] = left
            self.free += 1
            self.give()

    async def wait(self, client: str, cost: float) -> None:
        gate = asyncio.get_running_loop().create_future()
        number = self.queue.push(client, cost, gate)
        try:
            await gate
        except asyncio.CancelledError:
            self.queue.discard(number)
            if gate.done() and not gate.cancelled():
                self.free += 1
                self.give()
            raise

    def give(self) -> None:
        """Assigns free slots to the next jobs."""
        while self.free and (gate := self.queue.pop()) is not None:
            if not gate.done():
                self.free -= 1
                gate.set_result(None)


class Workers:
    """As many threads as processors; and processes, if a setup for them is given."""

    def __init__(
        self,
        threads: int | None = None,
        waiting: int = WAITING,
        processes: Processes | None = None,
        count: int = 1,
        *,
        light_secs: float = math.inf,
        most_secs: float = math.inf,
        client_secs: float = math.inf,
        queue_secs: float = math.inf,
    ) -> None:
        slots = threads or os.cpu_count() or 2
        self.threads = ThreadPoolExecutor(slots, thread_name_prefix="worker")
        self.small = Lane(slots, waiting)
        self.elsewhere = ThreadPoolExecutor(ELSEWHERE, thread_name_prefix="waiting-worker")
        self.processes = processes
        self.drivers = ThreadPoolExecutor(count, thread_name_prefix="process-driver")
        self.remote = Lane(ANSWERS_ELSEWHERE, waiting, client_secs, queue_secs)
        self.heavy = Lane(count, waiting, client_secs, queue_secs)
        self.light_secs = light_secs
        self.most_secs = most_secs
        self.admitted_secs = self.refused_secs = 0.0
        self.refused = self.ended = 0
        self.makers: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def jobs(self) -> int:
        return self.small.jobs + self.heavy.jobs

    def maker(self, key: str) -> asyncio.Lock:
        """Returns the lock for making the answer of this key. Others wait for it and then find the answer."""
        lock = self.makers.get(key)
        if lock is None:
            lock = self.makers[key] = asyncio.Lock()
        return lock

    def is_heavy(self, cost: float) -> bool:
        return self.processes is not None and cost > self.light_secs

    def check(self, cost: float, field: str = "request") -> None:
        """Raises TooMuch if the estimate exceeds the limit."""
        if cost > self.most_secs:
            self.refuse(cost)
            expected = f"at most {self.most_secs:g} s of work"
            advice = "ask for fewer tokens, layers or experts"
            raise TooMuch(Problem(field, f"an estimate of {cost:.3g} s", expected, advice))

    def expect(self, client: str, cost: float) -> None:
        """Raises Busy for heavy work that would be refused now."""
        try:
            self.heavy.admit(client, cost)
        except Busy:
            self.refuse(cost)
            raise

    def refuse(self, cost: float) -> None:
        self.refused += 1
        self.refused_secs += cost

    async def run(self, job: Callable[[], Result], client: str = SOMEBODY, cost: float = 0.0) -> Result:
        """Returns the result of a small job in a thread. Raises Busy.

        On cancellation, a queued job is dropped and a running one is awaited: threads cannot be stopped,
        and a client that cancels and asks again must not occupy two.
        """
        async with self.small.turn(client, cost):
            future = self.threads.submit(job)
            self.admitted_secs += cost
            try:
                return await asyncio.shield(asyncio.wrap_future(future))
            except asyncio.CancelledError:
                if not future.cancel():
                    await asyncio.wait([asyncio.wrap_future(future)])
                raise

    async def wait(self, job: Callable[[], Result], cancel: Callable[[], None] | None = None) -> Result:
        """Returns the result of a job that waits for a remote engine, in a thread reserved for such waits.

        On cancellation, `cancel` ends the wait, and the job is awaited.
        """
        future = self.elsewhere.submit(job)
        try:
            return await asyncio.shield(asyncio.wrap_future(future))
        except asyncio.CancelledError:
            if not future.cancel():
                if cancel is not None:
                    cancel()
                await asyncio.wait([asyncio.wrap_future(future)])
            raise

    async def fetch(self, job: Callable[[], Result], client: str, cost: float) -> Result:
        """Returns the result of a job that waits for a remote engine, complete. Raises Busy."""
        async with self.remote.turn(client, cost):
            return await self.wait(job)

    async def compute(self, function: Callable[..., Any], *arguments: Any, client: str, cost: float) -> Any:
        """Returns the result of heavy work in a process. Raises TooMuch, Busy, EndedEarly, and the job's
        exception.

        On cancellation, the process ends with the job.
        """
        self.check(cost)
        assert self.processes is not None
        try:
            async with self.heavy.turn(client, cost):
                self.admitted_secs += cost
                return await self.drive(self.processes, function, arguments, cost)
        except EndedEarly:
            self.ended += 1
            raise
        except Busy:
            self.refuse(cost)
            raise

    async def drive(
        self, processes: Processes, function: Callable[..., Any], arguments: tuple[Any, ...], cost: float
    ) -> Any:
        cancelled = Event()
        future = asyncio.wrap_future(self.drivers.submit(processes.run, function, arguments, cancelled))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            cancelled.set()
            await asyncio.wait([future])
            if not future.cancelled():
                future.exception()  # its result is not needed
            raise
        except TookTooLong:
            told = f"server: the work was ended after {processes.deadline_secs:g} s; ask for less"
            raise EndedEarly(told, 10.0, cost) from None
        except (ProcessDied, Abandoned):
            told = "server: the process of this work ended; try again, or ask for less"
            raise EndedEarly(told, 5.0, cost) from None

    def stop(self) -> None:
        """Drops queued work and ends heavy work."""
        if self.processes is not None:
            self.processes.stop()
        for threads in (self.threads, self.drivers, self.elsewhere):
            threads.shutdown(wait=False, cancel_futures=True)
