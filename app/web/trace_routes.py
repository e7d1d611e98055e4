"""Routes that answer with a trace, its picture, or its traffic between devices, in one piece."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from ..answers.estimate import shape_of, trace_secs
from ..answers.files import device_traffic, picture, trace_file
from ..byte_cache import Cache
from ..metrics.placement import MOST_DEVICES
from ..picture.view_picture import ViewPicture
from ..request.comparison import parse_view
from ..request.cost import cost_of_picture
from ..request.schema import TraceRequest
from ..settings import Settings
from .admission import Desk
from .asset_routes import send, shared_for
from .assets import FILE_BYTES, Asset
from .disconnect import CancelOnDisconnectRoute
from .oembed import THUMBNAILS
from .openapi import DEVICES, PICTURE, PREVIEW, TRACE, devices_parameter, parameters, width_parameter
from .query import read_devices, read_query, read_width


def traces(desk: Desk, settings: Settings) -> APIRouter:
    """What is computed for a request and sent in one piece."""
    router = APIRouter(route_class=CancelOnDisconnectRoute)
    sources, workers = desk.sources, desk.workers
    kept: Cache[Asset] = Cache(FILE_BYTES)
    query = {"parameters": parameters()}

    async def answer(
        request: Request, kind: str, key: str, cost: float, function: Callable[..., Any], *arguments: Any
    ) -> Response:
        asset = kept.get(key)
        if asset is None:
            content = await desk.make(request, cost, function, *arguments)
            asset = await desk.look(request, lambda: Asset.of(content, kind))
            kept.put(key, asset, len(asset.content))
        response = send(request, asset)
        response.headers.update(shared_for(settings.cache_secs))
        return response

    def key_of(keys: dict[str, str], cost: float) -> str:
        """Equal where the answers are: of small work the identity, of heavy work what decides it."""
        asked = sources.parse(keys)
        return sources.fingerprint(asked) if workers.is_heavy(cost) else sources.open(asked).identity

    async def show(request: Request, kind: str, width: int | None) -> Response:
        keys, view = read_query(request), dict(request.query_params)

        def estimate() -> tuple[list[TraceRequest], float]:
            stacks = parse_view({**view, **keys}, sources.available, second_falls_back=True)
            requests = [each.request for each in stacks]
            drawn = (cost_of_picture(shape_of(sources, each), width is not None) for each in requests)
            return requests, sum(trace_secs(sources, each) for each in requests) + sum(drawn)

        requests, cost = await desk.look(request, estimate)
        workers.check(cost)

        def name() -> str:
            if not workers.is_heavy(cost):
                return ViewPicture.of(keys, view, sources, second_falls_back=True).key
            return " ".join([*map(sources.fingerprint, requests), repr(sorted(view.items()))])

        key = f"{kind}{width} {await desk.look(request, name)}"
        return await answer(request, kind, key, cost, picture, keys, view, width)

    @router.get("/api/trace", summary="A trace as a file", responses=TRACE, openapi_extra=query)
    async def trace(request: Request) -> Response:
        keys = read_query(request)
        cost = await desk.look(request, lambda: trace_secs(sources, sources.parse(keys)))
        workers.check(cost)
        kind = "application/octet-stream"
        key = f"{kind} {await desk.look(request, lambda: key_of(keys, cost))}"
        return await answer(request, kind, key, cost, trace_file, keys)

    @router.get("/preview.svg", summary="A trace as a picture", responses=PREVIEW, openapi_extra=query)
    async def preview(request: Request) -> Response:
        return await show(request, "image/svg+xml", None)

    @router.get(
        "/preview.png",
        summary="A trace as a picture for those who take no SVG",
        responses=PICTURE,
        openapi_extra={"parameters": [*parameters(), width_parameter([width for width, _ in THUMBNAILS])]},
    )
    async def png(request: Request) -> Response:
        return await show(request, "image/png", read_width(request.query_params.get("width")))

    @router.get(
        "/api/devices",
        summary="What a step sends between devices",
        responses=DEVICES,
        openapi_extra={"parameters": [*parameters(), devices_parameter(MOST_DEVICES)]},
    )
    async def devices(request: Request) -> Response:
        count, keys = read_devices(request.query_params.get("devices")), read_query(request)
        cost = 2 * await desk.look(request, lambda: trace_secs(sources, sources.parse(keys)))
        workers.check(cost)
        key = f"devices {count} {await desk.look(request, lambda: key_of(keys, cost))}"
        return await answer(request, "application/json", key, cost, device_traffic, keys, count)

    return router
