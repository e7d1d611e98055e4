"""Routes that compare two traces: dropped files, files of the folder, or what the server makes."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from ..answers.estimate import Estimate, estimate_of
from .admission import Desk
from .disconnect import cancel_on_disconnect
from .dropped_files import MOST_BYTES, secs_of_files, unpack
from .query import read_files
from .trace_difference import compare_dropped, compare_view, requests_in, sides_of

SECS_OF_COMPARISON = 1.0


def comparisons(desk: Desk) -> APIRouter:
    """Returns the routes that compare."""
    router = APIRouter(include_in_schema=False)
    sources = desk.sources

    @router.post("/api/capture-compare")
    async def compare_files(request: Request) -> Response:
        data = await read_files(desk, request, 2 * MOST_BYTES)

        def estimate() -> Estimate:
            sides = sides_of(sources, unpack(data, 2 * MOST_BYTES))
            return estimate_of(sources, filter(None, sides), secs_of_files(len(data)))

        told = await desk.look(request, estimate)
        job = desk.make(request, told, compare_dropped, data)
        return JSONResponse(await cancel_on_disconnect(request, job))

    @router.get("/api/trace-compare")
    async def compare_traces(request: Request) -> Response:
        view = dict(request.query_params)
        told = await desk.look(
            request, lambda: estimate_of(sources, requests_in(sources, view), SECS_OF_COMPARISON)
        )
        job = desk.make(request, told, compare_view, view)
        return JSONResponse(await cancel_on_disconnect(request, job))

    return router
