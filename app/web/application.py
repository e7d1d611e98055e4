"""The application factory and its error handlers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.middleware.gzip import GZipMiddleware

from .. import __version__
from ..atlas.shipped import Atlases
from ..problem import BadRequest, Problem
from ..settings import ROOT, Settings
from ..sources.authored.scenario import load_scenarios
from ..sources.engines.cluster import Cluster, EngineError, read_engines
from ..sources.registry import SourceRegistry
from ..stream.workers import Busy, OwnQueueFull, TooMuch
from ..trace import RoutingTrace
from .admission import Desk, make_workers
from .asset_routes import static
from .assets import Assets
from .atlas_routes import atlas_routes
from .bodies import Bodies
from .capture_routes import captures
from .catalogue_routes import offers, published
from .comparison_routes import comparisons
from .disconnect import ClientDisconnected
from .embedding_routes import embedding
from .forwarding import Forwarding
from .health_routes import health
from .load_routes import loads
from .observation import Heads, Metrics, Observation
from .page_routes import pages
from .seats import Seats
from .security_headers import SecurityHeaders
from .socket_routes import sockets
from .stream_routes import streams
from .trace_routes import traces

PACKED = ("application/octet-stream", "image/svg+xml", "image/png")  # compressed by format, or in Asset


def create_app(settings: Settings, export: Callable[[RoutingTrace], str] | None = None) -> FastAPI:
    """Returns the application with its own scenarios, models, threads and processes.

    `export` makes a page of a trace.
    """
    cluster = Cluster(read_engines(settings.engines))
    scenarios = load_scenarios(settings.scenarios)
    sources = SourceRegistry(scenarios, settings.models, settings.traces, cluster, settings.engine)
    workers = make_workers(settings)
    seats = Seats(settings.viewers, settings.client_viewers)
    metrics = Metrics(workers, seats)
    desk = Desk(sources, workers)
    assets = Assets(ROOT / "static")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        cluster.known()  # starts the first query of each engine
        yield
        workers.stop()
        cluster.stop()

    app = FastAPI(title="Moescope", version=__version__, docs_url=None, redoc_url=None, lifespan=lifespan)
    add_layers(app, settings, metrics)
    app.include_router(health(sources, workers, seats, metrics, settings))
    app.include_router(offers(sources))
    app.include_router(published(desk))
    app.include_router(traces(desk, settings))
    app.include_router(streams(desk, seats, settings))
    app.include_router(loads(desk, settings))
    app.include_router(captures(desk, export))
    app.include_router(comparisons(desk))
    app.include_router(sockets(sources, workers, seats, settings))
    app.include_router(atlas_routes(Atlases.from_env(settings.models), desk))
    app.include_router(embedding(desk, settings))
    app.include_router(pages(desk, assets, settings))
    app.include_router(static(assets))
    return app


def add_layers(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Adds the middleware, from the innermost to the outermost, and the answers to errors."""
    app.add_middleware(Bodies, most_mib=settings.body_mib)
    app.add_middleware(GZipMiddleware, exclude_content_types=PACKED)
    app.add_middleware(SecurityHeaders, sandboxed=settings.readable_anywhere)
    app.add_middleware(Heads)
    app.add_middleware(Forwarding, settings=settings)
    app.add_middleware(Observation, metrics=metrics)
    app.add_exception_handler(BadRequest, refuse)
    app.add_exception_handler(Busy, retry_later)
    app.add_exception_handler(ClientDisconnected, close)


async def refuse(_: Request, error: Exception) -> Response:
    """Returns 422 with every problem; 413 if the cost is the problem, 502 if an engine failed."""
    assert isinstance(error, BadRequest)
    content = {"errors": [problem.to_json() for problem in error.problems]}
    status = 413 if isinstance(error, TooMuch) else 502 if isinstance(error, EngineError) else 422
    return JSONResponse(content, status)


async def close(_: Request, error: Exception) -> Response:
    """Returns the status that proxies log for a closed connection; the client does not read it."""
    return Response(status_code=499)


async def retry_later(request: Request, error: Exception) -> Response:
    """Returns 503 for a full queue, 429 for a client's own full queue, with the estimated delay.

    Does not wait for the rest of an unread body.
    """
    assert isinstance(error, Busy)
    problem = Problem("server", "more", "fewer requests at a time", str(error))
    content = {"errors": [problem.to_json()], "estimate_secs": round(error.estimate_secs, 3)}
    status = 429 if isinstance(error, OwnQueueFull) else 503
    closing = {"connection": "close"} if request.method == "POST" else {}
    return JSONResponse(content, status, headers={"retry-after": str(error.retry_secs), **closing})
