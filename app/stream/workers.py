"""A few threads for what takes time, so that the event loop never waits for numpy."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

ELSEWHERE = 256  # jobs that wait for another machine at a time
WAITING = 1000  # jobs that may wait for a thread; each is one step of one viewer, or one file


class Busy(Exception):
    """Too much is waiting already."""


class Workers:
    """As many threads as there are processors; jobs are taken in the order in which they came.

    What is known to take long has a thread of its own and a queue of its own, so that the others never wait
    behind it. What waits for another machine computes nothing, so that many may wait at a time.
    """

    def __init__(self, threads: int | None = None, waiting: int = WAITING) -> None:
        self.threads = ThreadPoolExecutor(threads or os.cpu_count() or 2, thread_name_prefix="worker")
        self.slow = ThreadPoolExecutor(1, thread_name_prefix="slow-worker")
        self.elsewhere = ThreadPoolExecutor(ELSEWHERE, thread_name_prefix="waiting-worker")
        self.waiting = waiting
        self.jobs = 0

    async def run(
        self,
        job: Callable[[], Result],
        long: bool = False,
        elsewhere: bool = False,
        cancel: Callable[[], None] | None = None,
    ) -> Result:
        """The result of a job; `long`: one that waits behind others like it alone. Raises Busy.

        `elsewhere`: one that waits for another machine. Cancelled, a job that waits is forgotten, and one
        that runs is waited for: a thread cannot be stopped, and whoever cancels and asks anew must not hold
        two of them. `cancel` makes one that runs end soon.
        """
        if self.jobs >= self.waiting:
            raise Busy(f"server: {self.jobs} jobs are waiting; try again in a moment")
        self.jobs += 1
        threads = self.elsewhere if elsewhere else self.slow if long else self.threads
        future = threads.submit(job)
        result = asyncio.wrap_future(future)
        try:
            return await asyncio.shield(result)
        except asyncio.CancelledError:
            if not future.cancel():
                if cancel is not None:
                    cancel()
                await asyncio.gather(result, return_exceptions=True)
            raise
        finally:
            self.jobs -= 1

    def stop(self) -> None:
        """Forget what waits."""
        for threads in (self.threads, self.slow, self.elsewhere):
            threads.shutdown(wait=False, cancel_futures=True)
