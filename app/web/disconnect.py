"""Cancels the work of an HTTP request when its client disconnects."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.routing import APIRoute

Result = TypeVar("Result")


class ClientDisconnected(Exception):
    """The client disconnected before its answer was ready."""


async def cancel_on_disconnect(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """Returns the result of `work`; cancels it when the client disconnects. The body must have been read.

    Raises ClientDisconnected then. A queued job is dropped; a running one finishes.
    """
    working = asyncio.create_task(work)
    disconnect = asyncio.create_task(until_disconnect(request))
    try:
        await asyncio.wait((working, disconnect), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientDisconnected
    finally:
        for task in (working, disconnect):
            task.cancel()
        await asyncio.wait((working, disconnect))


async def until_disconnect(request: Request) -> None:
    """Returns when the client has disconnected."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


class CancelOnDisconnectRoute(APIRoute):
    """Cancels the work of a GET when its client disconnects. Handlers with a body do this themselves."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        if self.methods != {"GET"}:
            return handle

        async def handle_or_cancel(request: Request) -> Response:
            return await cancel_on_disconnect(request, handle(request))

        return handle_or_cancel
