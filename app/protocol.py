"""uvicorn's WebSocket, which can also part from a reader that does not read."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn closes a connection only after the other side has read what was sent; here that has an end."""

    async def send(self, message: Any) -> None:
        """A close frame does not wait for room: it is the last, and it is small."""
        closing = message["type"] == "websocket.close" and self.handshake_complete
        if closing:
            self.writable.set()
        await super().send(message)
        if closing:
            self.loop.call_later(self.close_timeout, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """Who does not answer a ping does not read either."""
        super().keepalive_timeout()
        self.loop.call_later(self.close_timeout, self.transport.abort)
