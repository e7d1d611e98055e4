"""Mixed traffic for a long time: memory stays flat. `python -m tests.siege soak --minutes 30`."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx
from websockets.asyncio.client import connect

from app.stream.wire import VERSION

from .besieged import ROOT, client_at, memory_mb, server

READERS = 6
VIEWS = 40  # that are asked for, again and again: caches fill at once, and are then full
PATHS = (
    "/?{view}",
    "/embed?{view}",
    "/api/trace?{view}",
    "/api/stream?{view}",
    "/preview.svg?{view}",
    "/preview.png?{view}",
    "/api/devices?{view}",
    "/api/load?source=live&{view}",
    "/oembed?url=http%3A%2F%2Flocalhost%2F",
    "/api/models",
    "/metrics",
    "/nowhere",
    "/api/trace?k=0",
)
WARM_SHARE = 0.3  # of the time, after which memory is to stay where it is
FLAT = 0.05


def view(number: int) -> str:
    """Returns the keys of one of the views."""
    scenario = ("code", "english")[number % 2]
    return f"scenario={scenario}&experts={(8, 16, 64, 128)[number // 2 % 4]}&skew={number // 8 / 10}"


async def read(url: str, number: int, end: float, told: Counter[str]) -> None:
    """One reader: pages, traces, pictures, files, streams over both transports, and leaving early."""
    dice = random.Random(number)
    async with client_at(f"127.0.3.{1 + number}") as client:
        while time.monotonic() < end:
            keys = view(dice.randrange(VIEWS))
            kind = dice.random()
            try:
                if kind < 0.7:
                    answer = await client.get(url + dice.choice(PATHS).format(view=keys))
                    told[str(answer.status_code)] += 1
                elif kind < 0.8:
                    header = json.dumps({"files": [{"name": "a.json", "bytes": 20_000}]}).encode()
                    body = len(header).to_bytes(4, "little") + header + b"[" + b"1," * 9999 + b"]"
                    told[str((await client.post(f"{url}/api/capture", content=body)).status_code)] += 1
                else:
                    await stream(url, keys, leave=kind > 0.9, dice=dice)
                    told["streams"] += 1
            except (httpx.HTTPError, OSError) as error:
                told[type(error).__name__] += 1
            await asyncio.sleep(dice.random() / 10)


async def stream(url: str, keys: str, leave: bool, dice: random.Random) -> None:
    """A stream over the socket, to its end or left in the middle."""
    request = dict(pair.split("=") for pair in keys.split("&"))
    async with connect(f"{url.replace('http', 'ws')}/ws", open_timeout=60) as socket:
        await socket.send(json.dumps({"op": "open", "version": VERSION, "id": 1, "request": request}))
        async for message in socket:
            if isinstance(message, str) and json.loads(message)["op"] != "trace":
                return
            if leave and dice.random() < 0.3:
                return


async def mixed(url: str, secs: float) -> Counter[str]:
    told: Counter[str] = Counter()
    end = time.monotonic() + secs
    await asyncio.gather(*(read(url, number, end, told) for number in range(READERS)))
    return told


TRAFFIC = """
import asyncio, json
from tests.siege.soak import mixed
print(json.dumps(asyncio.run(mixed({!r}, {}))))
"""


def run(minutes: float = 2.0) -> None:
    """Prints memory over the time. Raises AssertionError if it grows after the warm-up, or at a 500."""
    secs = 60 * minutes
    with server(CLIENT_VIEWERS="1000") as (process, url):
        found = []
        command = [sys.executable, "-c", TRAFFIC.format(url, secs)]
        with subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE) as traffic:
            began = time.monotonic()
            while traffic.poll() is None:
                time.sleep(secs / 120)
                found.append((time.monotonic() - began, memory_mb(process), descriptors(process.pid)))
            told = json.loads(traffic.communicate()[0])
        print(f"soak: {minutes:g} minutes; answers {told}")
        for at, memory, files in found[:: max(1, len(found) // 10)]:
            print(f"soak: minute {at / 60:.1f}: {memory:.0f} MB, {files} descriptors")
        warm = [memory for at, memory, _ in found if at > WARM_SHARE * secs]
        early, late = (
            sorted(part)[len(part) // 2] for part in (warm[: len(warm) // 3], warm[-(len(warm) // 3) :])
        )
        print(
            f"soak: median {early:.0f} MB after the warm-up, {late:.0f} at the end, {late / early - 1:+.1%}"
        )
        assert "500" not in told, told
        if minutes >= 10:
            assert late < (1 + FLAT) * early, "memory grows"


def descriptors(pid: int) -> int:
    """Returns the file descriptors that a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
