"""The application factory, and the answers to errors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.middleware.gzip import GZipMiddleware

from .. import __version__
from ..problem import BadRequest, Problem
from ..settings import ROOT, Settings
from ..sources.authored.scenario import load_scenarios
from ..sources.engines.cluster import Cluster, EngineError, read_engines
from ..sources.registry import Sources
from ..stream.workers import Busy, Workers
from .asset_routes import static
from .assets import Assets
from .catalogue_routes import offers, published
from .disconnect import Left
from .embedding_routes import embedding
from .load_routes import loads
from .page_routes import pages
from .security_headers import SecurityHeaders
from .socket_routes import sockets
from .trace_routes import traces

PACKED = ("application/octet-stream", "image/svg+xml", "image/png")  # by themselves, or by Asset


def create_app(settings: Settings) -> FastAPI:
    """The application, with its own scenarios, models and threads."""
    cluster = Cluster(read_engines(settings.engines))
    sources = Sources(load_scenarios(settings.scenarios), settings.models, cluster)
    workers = Workers()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        cluster.known()  # begins to look at the engines
        yield
        workers.stop()
        cluster.stop()

    app = FastAPI(title="Moescope", version=__version__, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.add_middleware(GZipMiddleware, exclude_content_types=PACKED)
    app.add_middleware(SecurityHeaders)
    app.add_exception_handler(BadRequest, refuse)
    app.add_exception_handler(Busy, put_off)
    app.add_exception_handler(Left, close)
    app.include_router(offers(sources))
    app.include_router(published(workers))
    app.include_router(traces(sources, workers))
    app.include_router(loads(sources, workers))
    app.include_router(sockets(sources, workers, settings))
    app.include_router(embedding(sources, settings))
    app.include_router(pages(sources, settings))
    app.include_router(static(Assets(ROOT / "static")))
    return app


async def refuse(_: Request, error: Exception) -> Response:
    """422 with every problem; 502 if it is an engine that failed."""
    assert isinstance(error, BadRequest)
    status = 502 if isinstance(error, EngineError) else 422
    return JSONResponse({"errors": [problem.to_json() for problem in error.problems]}, status_code=status)


async def close(_: Request, error: Exception) -> Response:
    """Nobody reads it; the code is the one that proxies write into their logs."""
    return Response(status_code=499)


async def put_off(_: Request, error: Exception) -> Response:
    """503 where too much is waiting."""
    problem = Problem("server", "more", "fewer requests at a time", str(error))
    return JSONResponse({"errors": [problem.to_json()]}, status_code=503, headers={"retry-after": "2"})
