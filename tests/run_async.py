"""Coroutines of tests, each in a thread of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor


def run_apart(scene: Callable[[], Awaitable[None]]) -> None:
    """Run a scene to its end. This thread may have a loop already: that of a browser it drives."""

    async def whole() -> None:
        await scene()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(whole())).result(120)
