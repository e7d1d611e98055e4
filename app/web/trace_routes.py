"""Routes that answer with a trace, its picture, or its traffic between devices, in one piece."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from ..answers.estimate import shape_of, trace_secs
from ..answers.files import device_traffic, picture, trace_file
from ..answers.next_tokens import next_tokens
from ..byte_cache import Cache
from ..metrics.placement import MOST_DEVICES
from ..picture.view_picture import ViewPicture
from ..request.comparison import parse_view
from ..request.cost import cost_of_picture
from ..settings import Settings
from .admission import Desk, client
from .asset_routes import send, shared_for
from .assets import FILE_BYTES, Asset
from .disconnect import CancelOnDisconnectRoute
from .oembed import THUMBNAILS
from .openapi import (
    DEVICES,
    NEXT_TOKENS,
    PICTURE,
    PREVIEW,
    TRACE,
    devices_parameter,
    parameters,
    width_parameter,
)
from .query import read_devices, read_query, read_width


class Answers:
    """Answers in one piece: estimated in one small job, made in another or in a process, and kept."""

    def __init__(self, desk: Desk, settings: Settings) -> None:
        self.desk = desk
        self.sources, self.workers = desk.sources, desk.workers
        self.cache_secs = settings.cache_secs
        self.kept: Cache[Asset] = Cache(FILE_BYTES)

    async def answer(
        self,
        request: Request,
        kind: str,
        estimate: Callable[[], tuple[float, str]],
        function: Callable[..., bytes],
        *arguments: Any,
    ) -> Response:
        """What `function(sources, *arguments)` gives, under the key and at the cost that `estimate` says.

        Raises TooMuch and Busy.
        """
        cost, key = await self.desk.look(request, estimate)
        self.workers.check(cost)
        key = f"{kind} {key}"
        async with self.workers.maker(key):
            asset = self.kept.get(key)
            if asset is None:
                asset = await self.make(request, kind, cost, function, *arguments)
                self.kept.put(key, asset, len(asset.content))
        response = send(request, asset)
        response.headers.update(shared_for(self.cache_secs))
        return response

    async def make(
        self, request: Request, kind: str, cost: float, function: Callable[..., bytes], *arguments: Any
    ) -> Asset:
        if self.workers.is_heavy(cost):
            content = await self.desk.compute(request, cost, function, *arguments)
            asset: Asset = await self.desk.look(request, lambda: Asset.of(content, kind))
            return asset
        job = partial(function, self.sources, *arguments)
        asset = await self.workers.run(lambda: Asset.of(job(), kind), client(request), cost)
        return asset

    def of_trace(self, keys: dict[str, str], times: float = 1.0) -> tuple[float, str]:
        """The cost of a trace, and a key that is equal where the answers are.

        Of small work that is its identity, of heavy work what decides it; of what is refused there is none.
        """
        asked = self.sources.parse(keys)
        cost = times * trace_secs(self.sources, asked)
        if cost > self.workers.most_secs:
            return cost, ""
        heavy = self.workers.is_heavy(cost)
        return cost, self.sources.fingerprint(asked) if heavy else self.sources.open(asked).identity

    def of_picture(self, keys: dict[str, str], view: dict[str, str], width: int | None) -> tuple[float, str]:
        """The same of the picture of a view."""
        sources = self.sources
        stacks = parse_view({**view, **keys}, sources.available, second_falls_back=True)
        requests = [each.request for each in stacks]
        drawn = (cost_of_picture(shape_of(sources, each), width is not None) for each in requests)
        cost = sum(trace_secs(sources, each) for each in requests) + sum(drawn)
        if cost > self.workers.most_secs:
            return cost, ""
        if self.workers.is_heavy(cost):
            asked = [*map(sources.fingerprint, requests), repr(sorted(view.items()))]
            return cost, " ".join([str(width), *asked])
        return cost, f"{width} {ViewPicture.of(keys, view, sources, second_falls_back=True).key}"


def traces(desk: Desk, settings: Settings) -> APIRouter:
    """What is computed for a request and sent in one piece."""
    router = APIRouter(route_class=CancelOnDisconnectRoute)
    answers = Answers(desk, settings)

    @router.get(
        "/api/trace",
        summary="A trace as a file",
        responses=TRACE,
        openapi_extra={"parameters": parameters()},
    )
    async def trace(request: Request) -> Response:
        keys = read_query(request)
        estimate = partial(answers.of_trace, keys)
        return await answers.answer(request, "application/octet-stream", estimate, trace_file, keys)

    async def show(request: Request, kind: str, width: int | None) -> Response:
        keys, view = read_query(request), dict(request.query_params)
        estimate = partial(answers.of_picture, keys, view, width)
        return await answers.answer(request, kind, estimate, picture, keys, view, width)

    add_pictures(router, show)

    @router.get(
        "/api/devices",
        summary="What a step sends between devices",
        responses=DEVICES,
        openapi_extra={"parameters": [*parameters(), devices_parameter(MOST_DEVICES)]},
    )
    async def devices(request: Request) -> Response:
        count, keys = read_devices(request.query_params.get("devices")), read_query(request)

        def estimate() -> tuple[float, str]:
            cost, key = answers.of_trace(keys, times=2)
            return cost, f"{count} {key}"

        return await answers.answer(request, "application/json", estimate, device_traffic, keys, count)

    @router.get(
        "/api/next-tokens",
        summary="What a live model says after each token, and who moved where it is altered",
        responses=NEXT_TOKENS,
        openapi_extra={"parameters": parameters()},
    )
    async def next_said(request: Request) -> Response:
        keys = {"source": "live", **read_query(request)}

        def estimate() -> tuple[float, str]:
            cost, key = answers.of_trace(keys, times=4)
            return cost, f"next {key}"

        return await answers.answer(request, "application/json", estimate, next_tokens, keys)

    return router


def add_pictures(router: APIRouter, show: Callable[[Request, str, int | None], Awaitable[Response]]) -> None:
    """The routes of the preview, as SVG and as PNG."""

    @router.get(
        "/preview.svg",
        summary="A trace as a picture",
        responses=PREVIEW,
        openapi_extra={"parameters": parameters()},
    )
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
