"""The WebSocket of the page."""

from __future__ import annotations

import logging

from fastapi import APIRouter, WebSocket
from fastapi.responses import JSONResponse
from starlette.websockets import WebSocketDisconnect

from ..settings import Settings
from ..sources.registry import SourceRegistry
from ..stream.session import Session
from ..stream.viewer import ClientDisconnected, Viewer
from ..stream.workers import Busy, Workers
from .admission import client
from .forwarding import wrong_origin
from .seats import Seats

TRY_AGAIN = 1013

log = logging.getLogger("moescope")


def sockets(sources: SourceRegistry, workers: Workers, seats: Seats, settings: Settings) -> APIRouter:
    """Returns the route of the page's socket."""
    router = APIRouter()

    @router.websocket("/ws")
    async def serve(websocket: WebSocket) -> None:
        if problem := refusal(websocket, settings):
            log.warning("refused: %s", problem)
            answer = {"errors": [{"field": "origin", "message": problem}]}
            await websocket.send_denial_response(JSONResponse(answer, 403))
            return
        await websocket.accept()
        who = client(websocket)
        try:
            with seats.take(who):
                await Viewer(
                    StarletteSocket(websocket),
                    Session(),
                    sources,
                    workers,
                    settings.send_secs,
                    who,
                    settings.open_secs,
                    settings.idle_secs,
                ).serve()
        except Busy as error:
            await websocket.close(TRY_AGAIN, str(error))

    return router


def refusal(websocket: WebSocket, settings: Settings) -> str | None:
    """Returns the reason to refuse a connecting page: browsers let any page open a socket, and name its
    origin.

    A sandboxed page has the origin `null`. The data is public and needs no cookie.
    """
    origin = websocket.headers.get("origin")
    if origin is None or (origin == "null" and settings.readable_anywhere):
        return None
    return wrong_origin(origin, websocket.headers.get("host", ""), settings.origin)


class StarletteSocket:
    """A Starlette WebSocket with the interface of `Viewer`."""

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
            raise ClientDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        try:
            await self.websocket.close(code, reason)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise ClientDisconnected from error
