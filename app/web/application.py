"""The web application: the routes of the API, the static files, and what connects a socket to a viewer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Request, Response, WebSocket
from fastapi.responses import JSONResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.websockets import WebSocketDisconnect

from .. import __version__
from ..byte_cache import Cache
from ..metrics.device_limits import compare_routers
from ..metrics.load import Load
from ..metrics.placement import MOST_DEVICES
from ..picture.raster import rasterise
from ..picture.view_picture import Shown
from ..published.architectures.registry import LARGEST_FILE
from ..published.catalogue import catalogue
from ..published.uploaded_config import count_config
from ..request.read import WORDS, BadRequest, Problem
from ..request.schema import TEXT_CHARS, TraceRequest
from ..routing import ROUTERS
from ..settings import ROOT, Settings
from ..sources.authored.scenario import load_scenarios
from ..sources.live.text_windows import OVER, Make, check_over, load_of, requests_over, windows
from ..sources.pending_trace import Source
from ..sources.registry import Sources
from ..stream.session import Session
from ..stream.viewer import Gone, Viewer
from ..stream.workers import Busy, Workers
from ..trace import dump
from .assets import Asset, Assets, matches
from .disconnect import Attended, Left, unless_left
from .oembed import THUMBNAILS
from .openapi import (
    CATALOGUE,
    COUNTED,
    DEVICES,
    EXAMPLE_DEVICES,
    LOAD,
    LOAD_OF_TEXT,
    MEASURED,
    PICTURE,
    PREVIEW,
    TEXT_BODY,
    TRACE,
    Health,
    ModelInfo,
    RefusedModel,
    RouterInfo,
    ScenarioInfo,
    devices_parameter,
    over_parameter,
    parameters,
    width_parameter,
)
from .page_routes import embedding, pages
from .security_headers import SecurityHeaders

PACKED = ("application/octet-stream", "image/svg+xml", "image/png")  # by themselves, or by Asset
FILE_BYTES = 64 * 2**20  # of finished files kept for whoever asks next
NOTHING_MEASURED = Asset.of(b'{"models":{}}', "application/json")
TRY_AGAIN = 1013
FOR_ARTICLES = ("embed.js", "embed.d.ts")  # pages of other sites load these from us
SHARED = {
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "cache-control": "public, max-age=3600, stale-while-revalidate=86400",
}


def create_app(settings: Settings) -> FastAPI:
    """The application, with its own scenarios, models and threads."""
    sources = Sources(load_scenarios(settings.scenarios), settings.models)
    workers = Workers()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        workers.stop()

    app = FastAPI(title="Moescope", version=__version__, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.add_middleware(GZipMiddleware, exclude_content_types=PACKED)
    app.add_middleware(SecurityHeaders)
    app.add_exception_handler(BadRequest, refuse)
    app.add_exception_handler(Busy, put_off)
    app.add_exception_handler(Left, close)
    app.include_router(facts(sources))
    app.include_router(published(workers))
    app.include_router(files(sources, workers))
    app.include_router(loads(sources, workers))
    app.include_router(sockets(sources, workers, settings))
    app.include_router(embedding(sources, settings))
    app.include_router(pages(sources, settings))
    app.include_router(static(Assets(ROOT / "static")))
    return app


def facts(sources: Sources) -> APIRouter:
    """What there is."""
    router = APIRouter()
    measured = Assets(sources.folder)

    @router.get("/api/scenarios", summary="The scenarios that can be asked for")
    def scenarios() -> list[ScenarioInfo]:
        return [ScenarioInfo(**info) for info in sources.scenario_infos()]

    @router.get("/api/models", summary="The checkpoints that can be run, and why others cannot")
    def models() -> list[ModelInfo | RefusedModel]:
        runnable = [ModelInfo(**info) for info in sources.model_infos()]
        return [*runnable, *(RefusedModel(**info) for info in sources.refused_infos())]

    @router.get("/api/routers", summary="The routers that can be asked for")
    async def routers() -> list[RouterInfo]:
        return [RouterInfo(**each.to_json()) for each in ROUTERS.values()]

    @router.get(
        "/api/measured", summary="What was measured of the models on held-out text", responses=MEASURED
    )
    def measurements(request: Request) -> Response:
        return send(request, measured.find("measured.json") or NOTHING_MEASURED)

    @router.get("/healthz", summary="That the server serves")
    async def health() -> Health:
        return Health(status="ok", version=__version__)

    return router


def published(workers: Workers) -> APIRouter:
    """The published models, and the count of anybody's config.json."""
    router = APIRouter()
    kept: list[Asset] = []

    @router.get(
        "/api/catalogue", summary="The published models whose shapes can be asked for", responses=CATALOGUE
    )
    def models(request: Request) -> Response:
        if not kept:
            entries = [entry.to_json() for entry in catalogue()]
            kept.append(Asset.of(dump({"models": entries}).encode(), "application/json"))
        return send(request, kept[0])

    @router.post("/api/shape", summary="Count a Hugging Face config.json", **COUNTED)
    async def count(request: Request) -> Response:
        data = b""
        async for chunk in request.stream():
            data += chunk
            if len(data) > LARGEST_FILE:
                break  # count_config says so
        return JSONResponse(await unless_left(request, workers.run(lambda: count_config(data))))

    return router


def files(sources: Sources, workers: Workers) -> APIRouter:
    """What is computed for a request and sent in one piece."""
    router = APIRouter(route_class=Attended)
    kept: Cache[Asset] = Cache(FILE_BYTES)
    query = {"parameters": parameters()}

    async def answer(request: Request, kind: str, key: str, make: Callable[[], bytes]) -> Response:
        asset = kept.get(key)
        if asset is None:
            asset = await workers.run(lambda: Asset.of(make(), kind), takes_long(request))
            kept.put(key, asset, len(asset.content))
        return send(request, asset)

    async def show(request: Request, kind: str, finish: Callable[[str], bytes], size: str = "") -> Response:
        view = await workers.run(
            lambda: Shown.of(read_query(request), request.query_params, sources), takes_long(request)
        )
        response = await answer(request, kind, f"{kind}{size} {view.key}", lambda: finish(view.draw()))
        response.headers["cross-origin-resource-policy"] = "cross-origin"  # articles show it
        return response

    async def open_source(request: Request) -> Source:
        return await workers.run(
            lambda: sources.open(sources.parse(read_query(request))), takes_long(request)
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


def loads(sources: Sources, workers: Workers) -> APIRouter:
    """How evenly experts are loaded. Each text is a job of its own, so that nobody waits for all of them."""
    router = APIRouter(route_class=Attended)
    kept: Cache[Asset] = Cache(FILE_BYTES)
    query = parameters()

    async def total(made: list[Make], long: bool) -> Load:
        first, *others = [partial(load_of, make) for make in made]
        load = await workers.run(first, long)
        for count in others:
            load += await workers.run(count, long)
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

        long = takes_long(request)
        opened = [await workers.run(partial(sources.open, each), long) for each in await workers.run(ask)]
        key = " ".join((over, *(source.identity for source in opened)))
        asset = kept.get(key)
        if asset is None:
            found = await total([source.trace for source in opened], long)
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
        data = b""
        async for chunk in request.stream():
            data += chunk
            if len(data) > 4 * TEXT_CHARS:
                break  # too many characters, whatever they are
        text = data.decode(errors="replace")
        ask = workers.run(lambda: windows(sources, sources.parse(read_query(request)), text))
        made = await unless_left(request, ask)
        found = await unless_left(request, total(made, takes_long(request)))
        return JSONResponse({"over": "text", **found.to_json()})

    return router


def read_width(text: str | None) -> int:
    """The width of a PNG. Raises BadRequest for one that we do not draw."""
    widths = [str(width) for width, _ in THUMBNAILS]
    text = widths[0] if text is None else text
    if text not in widths:
        raise BadRequest(Problem("width", repr(text[:20]), f"one of {', '.join(widths)}", "leave it out"))
    return int(text)


def read_devices(text: str | None) -> int:
    """A number of devices. Raises BadRequest for one that is none."""
    if text is None:
        return EXAMPLE_DEVICES
    if text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST_DEVICES:
        return int(text)
    raise BadRequest(Problem("devices", repr(text[:20]), f"1 to {MOST_DEVICES}", "leave it out"))


def read_query(request: Request) -> dict[str, str]:
    """The request keys of a query; others belong to the view. Raises BadRequest for a key given twice."""
    twice = [key for key in WORDS if len(request.query_params.getlist(key)) > 1]
    if twice:
        raise BadRequest(*(Problem(key, "several", "one value", "leave out all but one") for key in twice))
    return {key: request.query_params[key] for key in WORDS if key in request.query_params}


def takes_long(request: Request) -> bool:
    """Whether a query asks for updates of a bias, which take much longer than others wait."""
    return any(key.removeprefix("b.") == "updates" for key in request.query_params)


def send(request: Request, asset: Asset) -> Response:
    """The content, or that the reader has it already. It may be kept, but is to be asked for each time."""
    content, etag, encoding = asset.encoded(request.headers.get("accept-encoding", ""))
    headers = {"etag": etag, "cache-control": "public, no-cache", "vary": "accept-encoding"}
    if matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    if encoding:
        headers["content-encoding"] = encoding
    return Response(content, media_type=asset.media_type, headers=headers)


async def refuse(_: Request, error: Exception) -> Response:
    """422 with every problem."""
    assert isinstance(error, BadRequest)
    return JSONResponse({"errors": [problem.to_json() for problem in error.problems]}, status_code=422)


async def close(_: Request, error: Exception) -> Response:
    """Nobody reads it; the code is the one that proxies write into their logs."""
    return Response(status_code=499)


async def put_off(_: Request, error: Exception) -> Response:
    """503 where too much is waiting."""
    problem = Problem("server", "more", "fewer requests at a time", str(error))
    return JSONResponse({"errors": [problem.to_json()]}, status_code=503, headers={"retry-after": "2"})


def static(assets: Assets) -> APIRouter:
    """The files of the page."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/static/{name:path}", methods=["GET", "HEAD"])
    def find(name: str, request: Request) -> Response:
        asset = assets.find(name)
        if asset is None:
            return Response(status_code=404)
        response = send(request, asset)
        response.headers.update(SHARED if name in FOR_ARTICLES else {})
        return response

    return router


def sockets(sources: Sources, workers: Workers, settings: Settings) -> APIRouter:
    """The socket of the page."""
    router = APIRouter()
    viewers: set[Viewer] = set()

    @router.websocket("/ws")
    async def serve(websocket: WebSocket) -> None:
        if not our_page(websocket, settings.origin):
            await websocket.close()  # refuses the handshake: 403
            return
        await websocket.accept()
        if len(viewers) >= settings.viewers:
            await websocket.close(TRY_AGAIN, f"busy: {settings.viewers} viewers are connected")
            return
        viewer = Viewer(Line(websocket), Session(sources.parse), sources, workers, settings.send_secs)
        viewers.add(viewer)
        try:
            await viewer.serve()
        finally:
            viewers.discard(viewer)

    return router


def our_page(websocket: WebSocket, ours: str) -> bool:
    """Whether the page that connects is ours: browsers let any page open a socket anywhere, and say which.

    `ours` is the origin from the settings, for a proxy that does not pass on the name people use.
    """
    origin = websocket.headers.get("origin")
    return origin in (None, ours) or urlsplit(origin).netloc == websocket.headers.get("host")


class Line:
    """A Starlette WebSocket as a viewer sees it."""

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
            raise Gone from error

    async def close(self, code: int, reason: str) -> None:
        try:
            await self.websocket.close(code, reason)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise Gone from error
