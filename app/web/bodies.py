"""Limits the bytes of request bodies in memory, in total and per client."""

from __future__ import annotations

import asyncio
from collections import Counter

from ..stream.fair_queue import client_of
from ..stream.workers import Busy, OwnQueueFull
from .security_headers import Application, Message, Receive, Send

MIB = 2**20
RETRY_SECS = 10.0
RATE = 48 * MIB  # bytes per second
PAUSE_SECS = 0.01  # shorter pauses are skipped


class Bodies:
    """Counts received bytes until the answer is sent. One client may hold half of the total."""

    def __init__(self, app: Application, most_mib: int) -> None:
        self.app = app
        self.most = most_mib * MIB
        self.held = 0
        self.of_client: Counter[str] = Counter()
        self.free_at = 0.0  # on the event loop's clock

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] == "GET":
            await self.app(scope, receive, send)
            return
        client = client_of(scope["client"][0] if scope.get("client") else None)
        mine = 0

        async def receive_counted() -> Message:
            nonlocal mine
            message = await receive()
            size = len(message.get("body", b""))
            self.check(client, size)
            mine += size
            self.held += size
            self.of_client[client] += size
            await self.pace(size)
            return message

        try:
            await self.app(scope, receive_counted, send)
        finally:
            self.held -= mine
            self.of_client[client] -= mine
            if not self.of_client[client]:
                del self.of_client[client]

    async def pace(self, size: int) -> None:
        """Limits the rate of all bodies together, because copying them blocks every other request."""
        now = asyncio.get_running_loop().time()
        self.free_at = max(now, self.free_at) + size / RATE
        if self.free_at > now + PAUSE_SECS:
            await asyncio.sleep(self.free_at - now)

    def check(self, client: str, size: int) -> None:
        """Raises Busy if these bytes exceed the limit."""
        if self.of_client[client] + size > self.most // 2:
            told = f"server: you are sending more than {self.most // 2 // MIB} MiB at a time"
            raise OwnQueueFull(f"{told}; try again when the others are done", RETRY_SECS)
        if self.held + size > self.most:
            raise Busy(f"server: {self.most // MIB} MiB are being sent; try again in a moment", RETRY_SECS)
