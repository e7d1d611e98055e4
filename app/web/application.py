"""The application factory, and the answers to errors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.middleware.gzip import GZipMiddleware

from .. import __version__
from ..problem import BadRequest, Problem
from ..settings import ROOT, Settings
from ..sources.authored.scenario import load_scenarios
from ..sources.registry import SourceRegistry
from ..stream.workers import Busy, Workers
from ..trace import RoutingTrace
from .asset_routes import static
from .assets import Assets
from .capture_routes import captures
from .catalogue_routes import offers, published
from .disconnect import Left
from .embedding_routes import embedding
from .load_routes import loads
from .page_routes import pages
from .security_headers import SecurityHeaders
from .socket_routes import sockets
from .trace_routes import traces

PACKED = ("application/octet-stream", "image/svg+xml", "image/png")  # by themselves, or by Asset


def create_app(settings: Settings, export: Callable[[RoutingTrace], str] | None = None) -> FastAPI:
    """The application, with its own scenarios, models and threads. `export` makes a page of a trace."""
    sources = SourceRegistry(load_scenarios(settings.scenarios), settings.models, settings.traces)
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
    app.include_router(offers(sources))
    app.include_router(published(workers))
    app.include_router(traces(sources, workers))
    app.include_router(loads(sources, workers))
    app.include_router(captures(sources, workers, export))
    app.include_router(sockets(sources, workers, settings))
    app.include_router(embedding(sources, settings))
    app.include_router(pages(sources, settings))
    app.include_router(static(Assets(ROOT / "static")))
    return app


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
