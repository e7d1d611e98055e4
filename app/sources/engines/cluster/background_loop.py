"""An event loop in its own thread, and async iterators that other threads consume."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
AHEAD = 8  # items in the queue at which the producer waits


class BackgroundLoop:
    """Starts at the first use; ends with the process, or permanently with `stop`."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = False
        self._lock = Lock()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """Returns the running loop. Raises Stopped after `stop`."""
        with self._lock:
            if self._stopped:
                raise Stopped("the event loop of the engines was stopped")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                Thread(target=self._run, args=(self._loop,), name="engines", daemon=True).start()
            return self._loop

    def submit(self, work: Coroutine[Any, Any, Item]) -> Future[Item]:
        """Starts a coroutine on the loop. Raises Stopped."""
        try:
            loop = self.loop
        except Stopped:
            work.close()
            raise
        return asyncio.run_coroutine_threadsafe(work, loop)

    def stop(self) -> None:
        """Cancels all running work and ends the thread."""
        with self._lock:
            loop, self._loop, self._stopped = self._loop, None, True
        if loop is not None:
            asyncio.run_coroutine_threadsafe(cancel_all(), loop).result()
            loop.call_soon_threadsafe(loop.stop)

    @staticmethod
    def _run(loop: asyncio.AbstractEventLoop) -> None:
        try:
            loop.run_forever()
        finally:
            loop.close()


class Stopped(RuntimeError):
    """The loop was stopped and accepts no more work."""


async def cancel_all() -> None:
    """Cancels every other task of the loop, waits until they end, and closes async generators."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()


class Closed(Exception):
    """The iterator was closed before its end."""


@dataclass(frozen=True)
class Ended:
    """The queue's last item: how the iterator ended."""

    error: Exception | None = None


class Pulled(Generic[Item], Iterator[Item]):
    """The items of an async iterator, consumed by one thread at a time.

    Another thread may call `close` while one waits. This cancels the iterator, and the waiting thread gets
    Closed at once. Closed is an error, not an end, so that a partial result is never taken for the whole.
    """

    def __init__(self, background: BackgroundLoop, make: Callable[[], AsyncIterator[Item]]) -> None:
        self._background = background
        self._queue: asyncio.Queue[Item | Ended] = asyncio.Queue(AHEAD)
        self._ended: Ended | None = None
        self._producer: asyncio.Task[None]
        background.submit(self._begin(make)).result()

    def __next__(self) -> Item:
        if self._ended is None:
            item = self._take()
            if not isinstance(item, Ended):
                return item
            self._ended = item
        if self._ended.error is not None:
            raise self._ended.error
        raise StopIteration

    def close(self) -> None:
        """Cancels the iterator; it yields nothing more."""
        with suppress(Stopped):
            self._background.loop.call_soon_threadsafe(self._cancel)

    def _take(self) -> Item | Ended:
        try:
            return self._background.submit(self._queue.get()).result()
        except (CancelledError, Stopped):
            return Ended(Closed())

    async def _begin(self, make: Callable[[], AsyncIterator[Item]]) -> None:
        self._producer = asyncio.create_task(self._produce(make))

    async def _produce(self, make: Callable[[], AsyncIterator[Item]]) -> None:
        ended = Ended()
        try:
            async for item in make():
                await self._queue.put(item)
        except Exception as error:
            ended = Ended(error)
        await self._queue.put(ended)

    def _cancel(self) -> None:
        """Runs on the loop: ends the producer and leaves the end as the only item."""
        self._producer.cancel()
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(Ended(Closed()))
