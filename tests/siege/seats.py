"""Connections that are held for nothing, beside a viewer who wants a small trace."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from .besieged import quantiles, server, small_traces

HALVES = (b"", b"GET / HT", b"POST /api/load HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nx")
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


async def hold(url: str, data: bytes, number: int, closed: list[bytes]) -> None:
    """One connection that says little and waits."""
    at = urlsplit(url)
    local = (f"127.0.2.{1 + number % 3}", 0)
    try:
        reader, writer = await asyncio.open_connection(at.hostname, at.port, local_addr=local)
        writer.write(data)
        closed.append((await reader.read())[:12])
        writer.close()
    except OSError:
        closed.append(b"reset")


async def hold_many(url: str, secs: float) -> tuple[list[float], list[bytes]]:
    closed: list[bytes] = []
    holding = [
        asyncio.create_task(hold(url, [*HALVES, UPGRADE][number % 4], number, closed))
        for number in range(900)
    ]
    await asyncio.sleep(1)
    took = await small_traces(url, secs)
    await asyncio.wait(holding, timeout=30)
    for task in holding:
        task.cancel()
    return took, closed


def run() -> None:
    """Prints that all of them are closed, and what others notice."""
    env = {"HEADER_SECS": "3", "BODY_SECS": "3", "OPEN_SECS": "3", "FORWARDED_ALLOW_IPS": "192.0.2.1"}
    with server(HOSTS="*", **env) as (_, url):
        took, closed = asyncio.run(hold_many(url, 8))
        print(
            f"seats: 900 connections held for nothing, {len(closed)} closed; small traces {quantiles(took)}"
        )
        assert len(closed) == 900, "some are still open"
