"""The WebSocket of the page."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from ..settings import Settings
from ..sources.registry import Sources
from ..stream.session import Session
from ..stream.viewer import Gone, Viewer
from ..stream.workers import Workers

TRY_AGAIN = 1013


def sockets(sources: Sources, workers: Workers, settings: Settings) -> APIRouter:
    """The socket of the page."""
    router = APIRouter()
    viewers: set[Viewer] = set()

    @router.websocket("/ws")
    async def serve(websocket: WebSocket) -> None:
        if not our_page(websocket, settings.origin):
            await websocket.close()  # refuses the handshake: 403
            return
        await websocket.accept()
        if len(viewers) >= settings.viewers:
            await websocket.close(TRY_AGAIN, f"busy: {settings.viewers} viewers are connected")
            return
        viewer = Viewer(Line(websocket), Session(sources.parse), sources, workers, settings.send_secs)
        viewers.add(viewer)
        try:
            await viewer.serve()
        finally:
            viewers.discard(viewer)

    return router


def our_page(websocket: WebSocket, ours: str) -> bool:
    """Whether the page that connects is ours: browsers let any page open a socket anywhere, and say which.

    `ours` is the origin from the settings, for a proxy that does not pass on the name people use.
    """
    origin = websocket.headers.get("origin")
    return origin in (None, ours) or urlsplit(origin).netloc == websocket.headers.get("host")


class Line:
    """A Starlette WebSocket as a viewer sees it."""

    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket

    async def receive(self) -> str | bytes | None:
        message = await self.websocket.receive()
        if message["type"] == "websocket.disconnect":
            return None
        text: str | None = message.get("text")
        data: bytes | None = message.get("bytes")
        return text if text is not None else data

    async def send(self, message: str | bytes) -> None:
        try:
            if isinstance(message, str):
                await self.websocket.send_text(message)
            else:
                await self.websocket.send_bytes(message)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise Gone from error

    async def close(self, code: int, reason: str) -> None:
        try:
            await self.websocket.close(code, reason)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise Gone from error
