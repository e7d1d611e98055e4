"""A few threads for what takes time, so that the event loop never waits for numpy."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

WAITING = 1000  # jobs that may wait for a thread; each is one step of one viewer, or one file


class Busy(Exception):
    """Too much is waiting already."""


class Workers:
    """As many threads as there are processors; jobs are taken in the order in which they came."""

    def __init__(self, threads: int | None = None, waiting: int = WAITING) -> None:
        self.threads = ThreadPoolExecutor(threads or os.cpu_count() or 2, thread_name_prefix="worker")
        self.waiting = waiting
        self.jobs = 0

    async def run(self, job: Callable[[], Result]) -> Result:
        """The result of a job. Cancelled, it does not start, or ends unheeded. Raises Busy."""
        if self.jobs >= self.waiting:
            raise Busy(f"server: {self.jobs} jobs are waiting; try again in a moment")
        self.jobs += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, job)
        finally:
            self.jobs -= 1

    def stop(self) -> None:
        self.threads.shutdown(wait=False, cancel_futures=True)
