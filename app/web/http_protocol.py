"""uvicorn's HTTP with time limits (header, body, slow reader) and a limit on connections.

httptools accepts headers of any length and duration. A client that sends half a header, nothing, or never
reads its answer would otherwise hold its connection forever.
"""

from __future__ import annotations

import asyncio
import fcntl
import struct
import termios
from collections import Counter
from contextlib import suppress

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..settings import Settings
from ..stream.fair_queue import client_of
from .forwarding import Proxies
from .websocket_protocol import WebSocketProtocol

HEADER_BYTES = 64 * 1024  # limit on request line and header
ROOM = 100  # descriptors reserved for files, pipes and processes


class ConnectionCounts:
    """The connection counts of one server."""

    def __init__(self, settings: Settings, descriptors: int | None = None) -> None:
        self.settings = settings
        self.proxies = Proxies(settings.trusted_proxies)
        room = settings.connections if descriptors is None else max(10, descriptors - ROOM)
        self.most = min(settings.connections, room)
        self.open = 0
        self.of_client: Counter[str] = Counter()

    def full(self, client: str) -> bool:
        return self.open > self.most or self.of_client[client] > self.settings.client_connections

    def enter(self, client: str) -> None:
        self.open += 1
        if client:
            self.of_client[client] += 1

    def leave(self, client: str) -> None:
        self.open -= 1
        if client:
            self.of_client[client] -= 1
            if not self.of_client[client]:
                del self.of_client[client]


class Deadline:
    """A single timeout and its action."""

    def __init__(self) -> None:
        self.timer: asyncio.TimerHandle | None = None

    def __bool__(self) -> bool:
        return self.timer is not None

    def set(self, timer: asyncio.TimerHandle) -> None:
        self.forget()
        self.timer = timer

    def forget(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class HttpProtocol(HttpToolsProtocol):
    """One connection until it becomes a WebSocket. Each server uses a subclass with its own counts."""

    counts: ConnectionCounts
    counted_client = ""  # empty behind a proxy, which opens connections for many
    seen = 0  # bytes of an incomplete header
    in_header = True
    refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.request, self.reader = Deadline(), Deadline()
        if not self.counts.proxies.trust(self.client):
            self.counted_client = client_of(self.client[0] if self.client else None)
        self.counts.enter(self.counted_client)
        if self.counts.full(self.counted_client):
            self.refuse(503, "busy: too many connections")
        else:
            self.expect(self.counts.settings.header_secs, "header")

    def connection_lost(self, exc: Exception | None) -> None:
        self.request.forget()
        self.reader.forget()
        self.counts.leave(self.counted_client)
        super().connection_lost(exc)

    # Receiving a request

    def expect(self, secs: float, what: str) -> None:
        """Closes the connection unless `what` completes within `secs`."""
        self.request.set(self.loop.call_later(secs, self.give_up, what))

    def give_up(self, what: str) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()  # an answer may have begun
        else:
            self.refuse(408, f"the {what} did not come in time")

    def refuse(self, status: int, told: str) -> None:
        """Sends an error and closes the connection."""
        self.refused = True
        self.request.forget()
        if not self.transport.is_closing():
            body = f"{told}\n".encode()
            head = f"HTTP/1.1 {status} \r\ncontent-type: text/plain\r\ncontent-length: {len(body)}\r\n"
            self.transport.write(f"{head}retry-after: 5\r\nconnection: close\r\n\r\n".encode() + body)
            self.transport.close()
        self.watch_reader()

    def data_received(self, data: bytes) -> None:
        if self.refused:
            return
        if self.in_header:
            self.seen += len(data)
            if not self.request:
                self.expect(self.counts.settings.header_secs, "header")
        super().data_received(data)
        if self.in_header and self.seen > HEADER_BYTES:
            self.refuse(431, f"the header has more than {HEADER_BYTES} bytes")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.in_header = True
        if not self.request:
            self.expect(self.counts.settings.header_secs, "header")

    def on_headers_complete(self) -> None:
        self.in_header, self.seen = False, 0
        self.expect(self.counts.settings.body_secs, "body")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.request.forget()
        self.in_header = True

    def handle_websocket_upgrade(self) -> None:
        self.request.forget()
        self.reader.forget()
        super().handle_websocket_upgrade()
        follower = self.transport.get_protocol()
        if isinstance(follower, WebSocketProtocol):
            follower.left = lambda: self.counts.leave(self.counted_client)  # uvicorn tells only this protocol

    # Sending an answer

    def pause_writing(self) -> None:
        super().pause_writing()
        self.watch_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.reader.forget()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self.watch_reader()

    def watch_reader(self) -> None:
        """Checks again after SEND_SECS whether the client read anything."""
        left = bytes_left(self.transport)
        self.reader.set(self.loop.call_later(self.counts.settings.send_secs, self.check_reader, left))

    def check_reader(self, left_before: int) -> None:
        self.reader.forget()
        left = bytes_left(self.transport)
        held = self.flow.write_paused or self.transport.is_closing()
        if held and left >= left_before:
            self.transport.abort()
        elif left:
            self.watch_reader()


def bytes_left(transport: asyncio.WriteTransport) -> int:
    """Returns the unread bytes in the buffers of the transport and of the system."""
    left = transport.get_write_buffer_size()
    with suppress(OSError, AttributeError, ValueError):  # a closed socket, or a system without this call
        answer = fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, b"\0" * 4)
        left += struct.unpack("i", answer)[0]
    return left


def http_protocol(counts: ConnectionCounts) -> type[HttpProtocol]:
    """Returns the protocol class for a server's connections."""
    return type("HttpProtocol", (HttpProtocol,), {"counts": counts})
