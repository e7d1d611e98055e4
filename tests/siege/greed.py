"""Clients that ask for as much work as they can, beside one who wants a small trace."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter

import httpx

from .besieged import ROOT, client_at, memory_mb, quantiles, server, small_traces

GREEDY = 24


def capture(size: int) -> bytes:
    """Returns a dropped file of so many bytes: JSON that has no routing, which is known only at its end."""
    file = b'[{"a":[' + b"1," * (size // 2) + b"1]}]"
    header = json.dumps({"files": [{"name": "a.json", "bytes": len(file)}]}).encode()
    return len(header).to_bytes(4, "little") + header + file


TEXT = "😀" * 20_000
HEAVY = (
    ("GET", "/preview.png?scenario=english&shape=512x128x{k}-d4096-e2048", None),
    ("POST", "/api/load?source=live&experts=64&k=64&seed={k}", TEXT.encode()),
    ("POST", "/api/load?source=live&experts=32&k=32&seed={k}", TEXT[:15_000].encode()),
    ("POST", "/api/capture", capture(8_000_000)),
    ("POST", "/api/shape", b'{"model_type":"mixtral","a":[' + b"[1]," * 250_000 + b"1]}"),
    ("GET", "/?shape=512x128x{k}-d4096-e2048&source=live&prompt=" + "a+" * 2000, None),
    ("GET", "/api/stream?shape=512x128x{k}-d4096-e2048&scenario=english", None),
    ("GET", "/api/atlas-compare?atlas=heldout/trio-8&other=heldout/trio-16&k={k}", None),
)


async def greedy(url: str, number: int, secs: float, told: Counter[int]) -> None:
    """Ten heavy requests at a time, for as long as it lasts."""
    async with client_at(f"127.0.0.{1 + number}") as client:
        end = time.monotonic() + secs

        async def insist(k: int) -> None:
            while time.monotonic() < end:
                try:
                    method, path, body = HEAVY[number % len(HEAVY)]
                    at = url + path.format(k=1 + (7 * number + k) % 128)
                    answer = await client.request(method, at, content=body)
                    told[answer.status_code] += 1
                    if answer.status_code in (413, 429, 503):
                        await asyncio.sleep(0.5)  # a client that does not even wait as long as it is told
                except httpx.HTTPError:
                    told[0] += 1

        tasks = [asyncio.create_task(insist(k)) for k in range(10)]
        await asyncio.wait(tasks, timeout=secs)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def attack(url: str, secs: float) -> Counter[int]:
    """Runs all clients; returns how often each status was answered."""
    told: Counter[int] = Counter()
    await asyncio.gather(*(greedy(url, number, secs, told) for number in range(GREEDY)))
    return told


ATTACK = "import asyncio; from tests.siege.greed import attack; print(asyncio.run(attack({!r}, {})))"


def run(secs: float = 40.0) -> None:
    """Prints how long small traces take alone and beside them; p90 is to stay below one second."""
    with server() as (process, url):
        alone = asyncio.run(small_traces(url, 3))
        before = memory_mb(process)
        command = [sys.executable, "-c", ATTACK.format(url, secs)]
        with subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE) as attackers:
            time.sleep(3)
            took = asyncio.run(small_traces(url, secs - 4))
            told = attackers.communicate(timeout=60)[0].strip()
        print(f"greed: small traces alone {quantiles(alone)}")
        print(f"greed: beside {GREEDY} greedy clients {quantiles(took)}; their answers {told}")
        print(f"greed: memory {before:.0f} -> {memory_mb(process):.0f} MB")
        assert sorted(took)[int(0.9 * len(took))] < 1.0, "p90 of small traces is a second or more"
