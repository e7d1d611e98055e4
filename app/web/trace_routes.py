"""Routes that answer with a trace, its picture, or its traffic between devices, in one piece."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request, Response

from ..byte_cache import Cache
from ..metrics.device_limits import compare_routers
from ..metrics.placement import MOST_DEVICES
from ..picture.raster import rasterise
from ..picture.view_picture import Shown
from ..settings import ROOT
from ..sources.pending_trace import Source
from ..sources.registry import Sources
from ..stream.workers import Workers
from ..trace import dump
from .asset_routes import send
from .assets import FILE_BYTES, Asset
from .disconnect import Attended
from .oembed import THUMBNAILS
from .openapi import DEVICES, PICTURE, PREVIEW, TRACE, devices_parameter, parameters, width_parameter
from .query import elsewhere, read_devices, read_query, read_width, takes_long


def traces(sources: Sources, workers: Workers) -> APIRouter:
    """What is computed for a request and sent in one piece."""
    router = APIRouter(route_class=Attended)
    kept: Cache[Asset] = Cache(FILE_BYTES)
    query = {"parameters": parameters()}

    def waits(request: Request) -> bool:
        return elsewhere(request, sources.cluster.names)

    async def answer(request: Request, kind: str, key: str, make: Callable[[], bytes]) -> Response:
        asset = kept.get(key)
        if asset is None:
            asset = await workers.run(lambda: Asset.of(make(), kind), takes_long(request), waits(request))
            kept.put(key, asset, len(asset.content))
        return send(request, asset)

    async def show(request: Request, kind: str, finish: Callable[[str], bytes], size: str = "") -> Response:
        view = await workers.run(
            lambda: Shown.of(read_query(request), request.query_params, sources),
            takes_long(request),
            waits(request),
        )
        response = await answer(request, kind, f"{kind}{size} {view.key}", lambda: finish(view.draw()))
        response.headers["cross-origin-resource-policy"] = "cross-origin"  # articles show it
        return response

    async def open_source(request: Request) -> Source:
        return await workers.run(
            lambda: sources.open(sources.parse(read_query(request))), takes_long(request), waits(request)
        )

    @router.get("/api/trace", summary="A trace as a file", responses=TRACE, openapi_extra=query)
    async def trace(request: Request) -> Response:
        source = await open_source(request)
        kind = "application/octet-stream"
        return await answer(request, kind, f"{kind} {source.identity}", lambda: source.trace().to_bytes())

    @router.get("/preview.svg", summary="A trace as a picture", responses=PREVIEW, openapi_extra=query)
    async def preview(request: Request) -> Response:
        return await show(request, "image/svg+xml", str.encode)

    @router.get(
        "/preview.png",
        summary="A trace as a picture for those who take no SVG",
        responses=PICTURE,
        openapi_extra={"parameters": [*parameters(), width_parameter([width for width, _ in THUMBNAILS])]},
    )
    async def picture(request: Request) -> Response:
        width = read_width(request.query_params.get("width"))

        def finish(drawing: str) -> bytes:
            return rasterise(drawing, width, ROOT / "static" / "vendor")

        return await show(request, "image/png", finish, size=str(width))

    @router.get(
        "/api/devices",
        summary="What a step sends between devices",
        responses=DEVICES,
        openapi_extra={"parameters": [*parameters(), devices_parameter(MOST_DEVICES)]},
    )
    async def devices(request: Request) -> Response:
        count = read_devices(request.query_params.get("devices"))
        source = await open_source(request)

        def compare() -> bytes:
            shape = source.header.shape
            rows = compare_routers(source.trace(), min(count, shape.experts))
            return dump({"routers": [row.to_json(shape.d_model) for row in rows]}).encode()

        return await answer(request, "application/json", f"devices {count} {source.identity}", compare)

    return router
