"""A server in a process of its own, and clients that measure how it answers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
SMALL = "/api/trace?scenario=code&experts=8&k="


@contextmanager
def server(prefix: tuple[str, ...] = (), **env: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yields a server with these settings, and its address."""
    command = [*prefix, sys.executable, "-m", "app"]
    whole = {**os.environ, "PORT": "0", "OPEN": "0", **env}
    process = subprocess.Popen(
        command, cwd=ROOT, env=whole, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().split()[-1]
    finally:
        process.kill()
        process.wait()


def memory_mb(process: subprocess.Popen[str]) -> float:
    """Returns resident memory of the server and of the processes that it started."""
    total, waiting = 0, [process.pid]
    while waiting:
        pid = waiting.pop()
        try:
            status = Path(f"/proc/{pid}/status").read_text()
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)
        waiting += map(int, children.split())
    return total / 1024


def quantiles(secs: list[float]) -> str:
    """p50, p90 and p99, as a person reads them."""
    found = sorted(secs) or [float("nan")]
    p50, p90, p99 = (found[min(len(found) - 1, int(share * len(found)))] for share in (0.5, 0.9, 0.99))
    return f"p50 {1000 * p50:.0f} ms, p90 {1000 * p90:.0f} ms, p99 {1000 * p99:.0f} ms of {len(secs)}"


def client_at(source: str, **options: Any) -> httpx.AsyncClient:
    """Returns an HTTP client with an address of its own: all of 127.0.0.0/8 is this machine."""
    transport = httpx.AsyncHTTPTransport(local_address=source)
    return httpx.AsyncClient(transport=transport, timeout=120, **options)


async def small_traces(url: str, secs: float, source: str = "127.0.0.200") -> list[float]:
    """Returns the seconds of small traces, each a different one."""
    took = []
    async with client_at(source) as client:
        end, number = time.monotonic() + secs, 0
        while time.monotonic() < end:
            number += 1
            began = time.monotonic()
            answer = await client.get(f"{url}{SMALL}{1 + number % 8}&skew={number % 2000 / 100}")
            assert answer.status_code == 200, answer.text
            took.append(time.monotonic() - began)
            await asyncio.sleep(0.05)
    return took
