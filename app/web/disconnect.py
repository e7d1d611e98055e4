"""HTTP work that ends when nobody waits for it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.routing import APIRoute

Result = TypeVar("Result")


class Left(Exception):
    """The client went before its answer was there."""


async def unless_left(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """The result of `work`, which is cancelled once the client of a request whose body was read goes.

    Raises Left then. A job of it that waits for a thread is forgotten, one that runs is the last.
    """
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(leave(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise Left
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.wait((working, leaving))


async def leave(request: Request) -> None:
    """Returns when the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


class Attended(APIRoute):
    """A route whose work ends with its client. Where a body is read, the handler sees to that after it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        if self.methods != {"GET"}:
            return handle

        async def attend(request: Request) -> Response:
            return await unless_left(request, handle(request))

        return attend
