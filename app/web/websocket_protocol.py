"""uvicorn's WebSocket with a limit on the wait for a slow reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

CLOSE_SECS = 10.0  # for the client to read pending data, the close frame included


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn waits without limit until the client has read everything before it closes; here this ends."""

    refused = False  # because a message could not be read
    left: Callable[[], None] | None = None  # called when the connection has closed

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.left is not None:
            self.left()

    async def send(self, message: Any) -> None:
        """Sends a message. A close frame does not wait for the buffer: it is the last, and small."""
        closing = message["type"] == "websocket.close" and self.handshake_complete
        if closing:
            self.writable.set()
        await super().send(message)
        if closing:
            self.abort_later()

    def handle_parser_exception(self) -> None:
        """Answers an unreadable message with a close frame, and discards further data until the client
        closes.

        Closing while data arrives would reset the connection, and the reset may overtake the frame.
        """
        assert self.conn.close_sent is not None
        code, reason = self.conn.close_sent.code, self.conn.close_sent.reason
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = self.refused = True
        self.close_timer = self.loop.call_later(CLOSE_SECS, self.transport.abort)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if not self.refused:
            super().data_received(data)

    def keepalive_timeout(self) -> None:
        """Closes the connection of a client that answers no ping, without waiting for it to read."""
        super().keepalive_timeout()
        self.abort_later()

    def abort_later(self) -> None:
        self.loop.call_later(CLOSE_SECS, self.transport.abort)
