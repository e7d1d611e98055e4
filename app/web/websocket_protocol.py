"""uvicorn's WebSocket, which can also part from a reader that does not read."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

CLOSE_SECS = 10.0  # for the other side to read what is on its way, the close frame with it


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn waits until the other side has read everything before it closes; here that has an end."""

    refused = False  # for a message that could not be read

    async def send(self, message: Any) -> None:
        """A close frame does not wait for room: it is the last, and it is small."""
        closing = message["type"] == "websocket.close" and self.handshake_complete
        if closing:
            self.writable.set()
        await super().send(message)
        if closing:
            self.abort_later()

    def handle_parser_exception(self) -> None:
        """Refuse what cannot be read with a close frame, and throw the rest away until the other side closes.

        To close while data is still coming in would reset the connection, and a reset may overtake the frame.
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
        """Who does not answer a ping does not read either."""
        super().keepalive_timeout()
        self.abort_later()

    def abort_later(self) -> None:
        self.loop.call_later(CLOSE_SECS, self.transport.abort)
