"""Routes that return a trace, its picture or its device traffic as one file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from fastapi import APIRouter, Request, Response

from ..answers.estimate import Estimate, estimate_of, shape_of, trace_secs
from ..answers.files import device_traffic, picture, trace_file
from ..answers.next_tokens import next_tokens
from ..metrics.placement import MOST_DEVICES
from ..picture.view_picture import ViewPicture
from ..request.comparison import parse_view
from ..request.cost import cost_of_picture
from ..settings import Settings
from .admission import Desk
from .disconnect import CancelOnDisconnectRoute
from .kept_answers import KeptAnswers
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


def of_trace(desk: Desk, keys: dict[str, str], label: str = "", times: float = 1.0) -> Estimate:
    """Returns the estimate of an answer that computes a trace `times` times.

    The cache key of small work is the label and the trace's identity, that of other work the request's
    fingerprint. A refused request has none.
    """
    asked = desk.sources.parse(keys)
    cost, elsewhere = times * trace_secs(desk.sources, asked), desk.sources.elsewhere(asked)
    if cost > desk.workers.most_secs:
        return Estimate(cost)
    whole = elsewhere or desk.workers.is_heavy(cost)
    key = desk.sources.fingerprint(asked) if whole else desk.sources.open(asked).identity
    return Estimate(cost, f"{label} {key}", elsewhere)


def of_picture(desk: Desk, keys: dict[str, str], view: dict[str, str], width: int | None) -> Estimate:
    """Returns the estimate of a picture of a view."""
    sources, workers = desk.sources, desk.workers
    stacks = parse_view({**view, **keys}, sources.available, second_falls_back=True)
    requests = [each.request for each in stacks]
    drawn = (cost_of_picture(shape_of(sources, each), width is not None) for each in requests)
    told = estimate_of(sources, requests, sum(drawn))
    if told.secs > workers.most_secs:
        return told
    if told.elsewhere or workers.is_heavy(told.secs):
        asked = [*map(sources.fingerprint, requests), repr(sorted(view.items()))]
        return replace(told, key=" ".join([str(width), *asked]))
    return replace(told, key=f"{width} {ViewPicture.of(keys, view, sources, second_falls_back=True).key}")


def traces(desk: Desk, settings: Settings) -> APIRouter:
    """Returns the routes of a request's trace, pictures, device traffic and next tokens."""
    router = APIRouter(route_class=CancelOnDisconnectRoute)
    answers = KeptAnswers(desk, settings)

    @router.get(
        "/api/trace",
        summary="A trace as a file",
        responses=TRACE,
        openapi_extra={"parameters": parameters()},
    )
    async def trace(request: Request) -> Response:
        keys = read_query(request)
        estimate = partial(of_trace, desk, keys)
        return await answers.answer(request, "application/octet-stream", estimate, trace_file, keys)

    async def show(request: Request, kind: str, width: int | None) -> Response:
        keys, view = read_query(request), dict(request.query_params)
        estimate = partial(of_picture, desk, keys, view, width)
        return await answers.answer(request, kind, estimate, picture, keys, view, width)

    add_pictures(router, show)

    add_figures(router, desk, answers)
    return router


def add_pictures(router: APIRouter, show: Callable[[Request, str, int | None], Awaitable[Response]]) -> None:
    """Adds the routes of the preview, as SVG and as PNG."""

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


def add_figures(router: APIRouter, desk: Desk, answers: KeptAnswers) -> None:
    """Adds the routes of a trace's device traffic and next tokens."""

    @router.get(
        "/api/devices",
        summary="What a step sends between devices",
        responses=DEVICES,
        openapi_extra={"parameters": [*parameters(), devices_parameter(MOST_DEVICES)]},
    )
    async def devices(request: Request) -> Response:
        count, keys = read_devices(request.query_params.get("devices")), read_query(request)
        estimate = partial(of_trace, desk, keys, f"{count} devices", times=2)
        return await answers.answer(request, "application/json", estimate, device_traffic, keys, count)

    @router.get(
        "/api/next-tokens",
        summary="What a live model says after each token, and who moved where it is altered",
        responses=NEXT_TOKENS,
        openapi_extra={"parameters": parameters()},
    )
    async def next_said(request: Request) -> Response:
        keys = {"source": "live", **read_query(request)}
        estimate = partial(of_trace, desk, keys, "next", times=4)
        return await answers.answer(request, "application/json", estimate, next_tokens, keys)
