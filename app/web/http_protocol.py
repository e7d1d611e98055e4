"""uvicorn's HTTP, with an end to waiting: for a header, for a body; and a bound on connections.

httptools reads headers of any length for as long as they come; a client that sends half a header, or nothing,
would hold its connection for ever.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..settings import Settings
from ..stream.fair_queue import client_of
from .forwarding import Proxies
from .websocket_protocol import WebSocketProtocol

HEADER_BYTES = 64 * 1024  # of a request line and a header
ROOM = 100  # descriptors that are kept for files, pipes and processes


class Door:
    """The connections of one server."""

    def __init__(self, settings: Settings, descriptors: int | None = None) -> None:
        self.settings = settings
        self.proxies = Proxies(settings.trusted_proxies)
        room = settings.connections if descriptors is None else max(10, descriptors - ROOM)
        self.most = min(settings.connections, room)
        self.open = 0
        self.of_client: Counter[str] = Counter()

    def full(self, client: str) -> bool:
        return self.open > self.most or self.of_client[client] > self.settings.client_connections


def http_protocol(door: Door) -> type[HttpToolsProtocol]:
    """The protocol of a server's connections."""

    class HttpProtocol(HttpToolsProtocol):
        """One connection, until it becomes a WebSocket."""

        deadline: asyncio.TimerHandle | None = None
        who: str | None = None
        seen = 0  # bytes of a header that is not complete
        in_header = True
        refused = False

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.enter()
            if not self.refused:
                self.expect(door.settings.header_secs, "header")

        def enter(self) -> None:
            """Counts the connection for as long as it is open, as a WebSocket too."""
            trusted = door.proxies.trust(self.client)
            self.who = "" if trusted else client_of(self.client[0] if self.client else None)
            door.open += 1
            if self.who:
                door.of_client[self.who] += 1
            if door.full(self.who):
                self.refuse(503, "busy: too many connections")

        def leave(self) -> None:
            door.open -= 1
            if self.who:
                door.of_client[self.who] -= 1
                if not door.of_client[self.who]:
                    del door.of_client[self.who]

        def expect(self, secs: float, what: str) -> None:
            """Closes the connection unless `what` is complete within so many seconds."""
            self.forget()
            self.deadline = self.loop.call_later(secs, self.give_up, what)

        def forget(self) -> None:
            if self.deadline is not None:
                self.deadline.cancel()
                self.deadline = None

        def give_up(self, what: str) -> None:
            if self.cycle is not None and not self.cycle.response_complete:
                self.transport.abort()  # an answer may have begun
            else:
                self.refuse(408, f"the {what} did not come in time")

        def refuse(self, status: int, told: str) -> None:
            """Answers by itself, and closes."""
            self.refused = True
            self.forget()
            if not self.transport.is_closing():
                body = f"{told}\n".encode()
                head = f"HTTP/1.1 {status} \r\ncontent-type: text/plain\r\ncontent-length: {len(body)}\r\n"
                self.transport.write(f"{head}retry-after: 5\r\nconnection: close\r\n\r\n".encode() + body)
                self.transport.close()

        def data_received(self, data: bytes) -> None:
            if self.refused:
                return
            if self.in_header:
                self.seen += len(data)
                if self.deadline is None:
                    self.expect(door.settings.header_secs, "header")
            super().data_received(data)
            if self.in_header and self.seen > HEADER_BYTES:
                self.refuse(431, f"the header has more than {HEADER_BYTES} bytes")

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self.in_header = True
            if self.deadline is None:
                self.expect(door.settings.header_secs, "header")

        def on_headers_complete(self) -> None:
            self.in_header, self.seen = False, 0
            self.expect(door.settings.body_secs, "body")
            super().on_headers_complete()

        def on_message_complete(self) -> None:
            super().on_message_complete()
            self.forget()
            self.in_header = True

        def handle_websocket_upgrade(self) -> None:
            self.forget()
            super().handle_websocket_upgrade()
            follower = self.transport.get_protocol()
            if isinstance(follower, WebSocketProtocol):
                follower.left = self.leave  # a close of the transport is told to it alone

        def connection_lost(self, exc: Exception | None) -> None:
            self.forget()
            self.leave()
            super().connection_lost(exc)

    return HttpProtocol
