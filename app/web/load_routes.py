"""Routes that count how evenly experts are loaded."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from ..byte_cache import Cache
from ..metrics.load import Load
from ..request.schema import TEXT_CHARS, TraceRequest
from ..sources.live.text_windows import OVER, Make, check_over, load_of, requests_over, windows
from ..sources.registry import Sources
from ..stream.workers import Workers
from ..trace import dump
from .asset_routes import send
from .assets import FILE_BYTES, Asset
from .disconnect import Attended, unless_left
from .openapi import LOAD, LOAD_OF_TEXT, TEXT_BODY, over_parameter, parameters
from .query import elsewhere, read_body, read_query, takes_long


def loads(sources: Sources, workers: Workers) -> APIRouter:
    """How evenly experts are loaded. Each text is a job of its own, so that nobody waits for all of them."""
    router = APIRouter(route_class=Attended)
    kept: Cache[Asset] = Cache(FILE_BYTES)
    query = parameters()

    async def total(made: list[Make], long: bool, waits: bool) -> Load:
        first, *others = [partial(load_of, make) for make in made]
        load = await workers.run(first, long, waits)
        for count in others:
            load += await workers.run(count, long, waits)
        return load

    @router.get(
        "/api/load",
        summary="The load of every expert, over a prompt or all scenarios",
        responses=LOAD,
        openapi_extra={"parameters": [*query, over_parameter(OVER)]},
    )
    async def load(request: Request) -> Response:
        over = check_over(request.query_params.get("over", OVER[0]))

        def ask() -> list[TraceRequest]:
            return requests_over(sources.parse(read_query(request)), over, sources.known.scenarios)

        long, waits = takes_long(request), elsewhere(request, sources.cluster.names)
        asked = await workers.run(ask)
        opened = [await workers.run(partial(sources.open, each), long, waits) for each in asked]
        key = " ".join((over, *(source.identity for source in opened)))
        asset = kept.get(key)
        if asset is None:
            found = await total([source.trace for source in opened], long, waits)
            asset = Asset.of(dump({"over": over, **found.to_json()}).encode(), "application/json")
            kept.put(key, asset, len(asset.content))
        return send(request, asset)

    @router.post(
        "/api/load",
        summary="The same over a text, the body, in windows as long as a prompt may be",
        responses=LOAD_OF_TEXT,
        openapi_extra={"parameters": query, "requestBody": TEXT_BODY},
    )
    async def load_of_text(request: Request) -> Response:
        data = await read_body(request, 4 * TEXT_CHARS)  # more bytes are too many characters in any script
        text = data.decode(errors="replace")
        ask = workers.run(lambda: windows(sources, sources.parse(read_query(request)), text))
        made = await unless_left(request, ask)
        found = await unless_left(request, total(made, takes_long(request), waits=False))
        return JSONResponse({"over": "text", **found.to_json()})

    return router
