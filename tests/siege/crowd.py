"""Many viewers at once, every frame of every one held against the trace."""

from __future__ import annotations

import asyncio
import json
import random

from websockets.asyncio.client import connect

from app.settings import Settings
from app.sources.authored.scenario import load_scenarios
from app.sources.registry import SourceRegistry
from app.stream.wire import VERSION, pack_step

from .besieged import memory_mb, server

VIEWERS = 1000


def expected(requests: list[dict[str, object]]) -> list[list[bytes]]:
    """Returns the frames of each request, of stream 1."""
    settings = Settings()
    sources = SourceRegistry(load_scenarios(settings.scenarios), settings.models)
    opened = (sources.open(sources.parse(request)) for request in requests)
    return [
        [pack_step(step, 1, token, each.header.shape.experts) for token, step in enumerate(each.steps())]
        for each in opened
    ]


async def watch(url: str, number: int, request: dict[str, object], frames: list[bytes]) -> int:
    """Runs one client; returns the number of correct frames. Raises AssertionError for a wrong one."""
    at = f"127.0.{1 + number // 200}.{1 + number % 200}"
    async with connect(f"{url.replace('http', 'ws')}/ws", local_addr=(at, 0), open_timeout=120) as socket:
        await socket.send(json.dumps({"op": "open", "version": VERSION, "id": 1, "request": request}))
        seen = 0
        while True:
            message = await asyncio.wait_for(socket.recv(), 240)
            if isinstance(message, bytes):
                assert message == frames[seen], f"viewer {number}: frame {seen} is another one"
                seen += 1
            elif (told := json.loads(message))["op"] == "end":
                assert seen == len(frames)
                await asyncio.sleep(random.uniform(0, 2))
                return seen
            else:
                assert told["op"] == "trace", told


async def crowd(url: str, viewers: int) -> int:
    requests: list[dict[str, object]] = [
        {"scenario": scenario, "experts": experts} for scenario in ("code", "english") for experts in (8, 64)
    ]
    frames = await asyncio.to_thread(expected, requests)
    jobs = (watch(url, i, requests[i % 4], frames[i % 4]) for i in range(viewers))
    return sum(await asyncio.gather(*jobs))


def run(viewers: int = VIEWERS) -> None:
    """Prints how many viewers got how many frames, and what they cost in memory."""
    with server(VIEWERS=str(viewers)) as (process, url):
        before = memory_mb(process)
        frames = asyncio.run(crowd(url, viewers))
        asyncio.run(crowd(url, viewers // 2))
        print(
            f"crowd: {viewers} viewers at once, {frames} frames verified, none wrong; "
            f"memory {before:.0f} -> {memory_mb(process):.0f} MB"
        )
