"""Items of an async iterator, pulled from a thread, cancelled from another."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from app.sources.engines.cluster.background_loop import AHEAD, BackgroundLoop, Closed, Pulled, Stopped


@pytest.fixture
def background() -> Iterator[BackgroundLoop]:
    loop = BackgroundLoop()
    yield loop
    loop.stop()


async def count(upto: int):
    for number in range(upto):
        yield number


def test_items_come_in_order_and_then_the_end(background):
    pulled = Pulled(background, lambda: count(3 * AHEAD))
    assert list(pulled) == list(range(3 * AHEAD))
    assert list(pulled) == []


def test_producer_waits_for_whoever_pulls(background):
    made = []

    async def counted():
        for number in range(100):
            made.append(number)
            yield number

    pulled = Pulled(background, counted)
    assert next(pulled) == 0
    background.submit(asyncio.sleep(0)).result()
    assert len(made) <= AHEAD + 3
    assert len([*pulled]) == 99


def test_error_comes_behind_the_items_before_it(background):
    async def fails():
        yield 1
        raise ValueError("then")

    pulled = Pulled(background, fails)
    assert next(pulled) == 1
    for _ in range(2):
        with pytest.raises(ValueError, match="then"):
            next(pulled)


def test_close_wakes_the_thread_that_waits_and_ends_the_iterator(background):
    waiting, ended = Event(), Event()

    async def never():
        try:
            waiting.set()
            await asyncio.Event().wait()
            yield 1
        finally:
            ended.set()

    pulled = Pulled(background, never)
    with ThreadPoolExecutor(1) as pool:
        pull = pool.submit(lambda: next(pulled))
        assert waiting.wait(10)
        pulled.close()
        with pytest.raises(Closed):
            pull.result(10)
    assert ended.wait(10)


def test_close_before_anything_was_pulled_drops_what_waits(background):
    pulled = Pulled(background, lambda: count(100))
    pulled.close()
    with pytest.raises(Closed):
        list(pulled)


def test_stop_ends_whoever_pulls_and_takes_no_more_work():
    background = BackgroundLoop()

    async def never():
        await asyncio.Event().wait()
        yield 1

    pulled = Pulled(background, never)
    with ThreadPoolExecutor(1) as pool:
        pull = pool.submit(lambda: next(pulled))
        background.stop()
        with pytest.raises(Closed):
            pull.result(10)
    with pytest.raises(Stopped):
        background.submit(asyncio.sleep(0))
    pulled.close()
