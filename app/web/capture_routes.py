"""Routes of captures: files that a user drops, and the operator's folder of traces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from ..formats.exports import counts_of
from ..problem import BadRequest, Problem
from ..sources.recorded.long_trace import LongTrace
from ..sources.recorded.trace_folder import TraceFolder
from ..sources.recorded.trace_library import MOST_PAGE, PAGE, Query, TraceLibrary
from ..trace import RoutingTrace
from .admission import Desk, client
from .disconnect import cancel_on_disconnect
from .dropped_files import convert_files, counts_of_all, page_of_files, refusing, secs_of_files
from .query import read_files

NO_FOLDER = {
    "entries": [],
    "matching": 0,
    "files": 0,
    "unread": 0,
    "formats": [],
    "models": [],
    "findings": [],
}
NUMBER = 10_000_000
HEAVY_SECS = 1.0  # assumed cost of reading a capture
Export = Callable[[RoutingTrace], str]


def captures(desk: Desk, export: Export | None = None) -> APIRouter:
    """Returns the routes of dropped files and of the folder of traces. `export` makes a page of a trace."""
    router = APIRouter(include_in_schema=False)
    add_dropped_files(router, desk, export)
    add_folder(router, desk)
    return router


def add_dropped_files(router: APIRouter, desk: Desk, export: Export | None) -> None:
    """Adds the routes that read and export files that a user drops."""

    @router.post("/api/capture")
    async def capture(request: Request) -> Response:
        data = await read_files(desk, request)
        answer = await cancel_on_disconnect(
            request, desk.compute(request, secs_of_files(len(data)), convert_files, data)
        )
        return Response(answer, media_type="application/octet-stream")

    @router.post("/api/capture-page")
    async def page(request: Request) -> Response:
        data = await read_files(desk, request)
        if export is None:
            raise BadRequest(Problem("server", "none", "one that makes pages", "use moescope export"))
        make = desk.compute(request, secs_of_files(len(data)), page_of_files, data, export)
        headers = {"content-disposition": "attachment", "content-security-policy": "sandbox"}
        return Response(await cancel_on_disconnect(request, make), media_type="text/html", headers=headers)


def add_folder(router: APIRouter, desk: Desk) -> None:
    """Adds the routes of the folder of traces: its list, and the counts of one file."""
    workers, folder = desk.workers, desk.sources.trace_files.files
    library = None if folder is None else TraceLibrary(folder)

    @router.get("/api/traces")
    async def traces(request: Request) -> Response:
        if library is None:
            return JSONResponse({"folder": False, **NO_FOLDER})
        query = query_of(request)
        answer = await workers.run(lambda: library.answer(query), client(request), HEAVY_SECS)
        return JSONResponse({"folder": True, **answer})

    @router.get("/api/trace-counts")
    async def counts(request: Request) -> Response:
        name = request.query_params.get("trace", "")
        return JSONResponse(await workers.run(lambda: counts_in(folder, name), client(request), HEAVY_SECS))

    @router.get("/api/long-trace")
    async def long(request: Request) -> Response:
        name = request.query_params.get("trace", "")
        return JSONResponse(await workers.run(lambda: long_counts(folder, name), client(request), HEAVY_SECS))


def query_of(request: Request) -> Query:
    """Returns the search criteria for the library. Raises BadRequest for numbers that cannot be parsed."""
    given = request.query_params

    def number(name: str, usual: int, most: int) -> int:
        text = given.get(name, str(usual))
        if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text) <= most):
            raise BadRequest(Problem(name, repr(text[:20]), f"0 to {most}", "leave it out"))
        return int(text)

    words = {name: given.get(name, "")[:200] for name in ("text", "model", "format", "finding")}
    return Query(**words, offset=number("from", 0, NUMBER), count=number("count", PAGE, MOST_PAGE))


def counts_in(folder: TraceFolder | None, name: str) -> dict[str, Any]:
    """Returns the uses of each expert in a file of the folder: [layers][experts]. Raises BadRequest."""
    if folder is None or name not in folder:
        raise BadRequest(
            Problem("trace", repr(name[:80]), "a file of the folder of traces", "see /api/traces")
        )

    def count() -> dict[str, Any]:
        held = folder.open(name)
        report = {"name": name, **held.capture.to_json(), "model": held.capture.model}
        return {"state": "counts", **report, "counts": counts_of(held.capture).tolist()}

    return refusing(count)


def long_counts(folder: TraceFolder | None, name: str) -> dict[str, Any]:
    """Returns the counts of a long trace without checking it: `assigned` and `first`, [layers][experts].

    Raises BadRequest if the file is not a long trace.
    """
    trace = None if folder is None or name not in folder else refusing(lambda: folder.trace(name))
    if not isinstance(trace, LongTrace):
        expected = "a long trace in the folder of traces"
        raise BadRequest(Problem("trace", repr(name[:80]), expected, "see /api/traces"))
    return counts_of_all(trace)
