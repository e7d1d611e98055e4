"""Liveness, readiness and metrics of the server."""

from __future__ import annotations

import asyncio
import logging

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from .. import __version__
from ..settings import Settings
from ..sources.registry import SourceRegistry
from ..stream.workers import Busy, Workers
from .observation import Metrics
from .openapi import Health
from .seats import Seats

log = logging.getLogger("moescope")

READY_SECS = 2.0  # time limit for a small trace


def health(
    sources: SourceRegistry, workers: Workers, seats: Seats, metrics: Metrics, settings: Settings
) -> APIRouter:
    """Returns the routes for operators."""
    router = APIRouter()

    @router.get("/healthz", summary="That the server is alive")
    async def alive() -> Health:
        return Health(status="ok", version=__version__)

    @router.get(
        "/readyz",
        summary="That the server would serve a trace now",
        responses={503: {"description": "It would not, and why.", "model": Health}},
    )
    async def ready() -> Response:
        reason = await readiness(sources, workers, seats)
        status = 200 if reason == "ok" else 503
        headers = {"cache-control": "no-store"} | ({} if status == 200 else {"retry-after": "5"})
        return JSONResponse({"status": reason, "version": __version__}, status, headers=headers)

    if settings.metrics:

        @router.get("/metrics", include_in_schema=False)
        async def figures() -> Response:
            return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router


async def readiness(sources: SourceRegistry, workers: Workers, seats: Seats) -> str:
    """Returns "ok" if the server would serve a trace now, else the reason why not."""
    if len(seats) >= seats.most:
        return f"all {seats.most} seats are taken"

    def small_trace() -> None:
        """Opens the page's first view."""
        next(sources.open(sources.parse({})).steps())

    try:
        async with asyncio.timeout(READY_SECS):
            await workers.run(small_trace, "readiness")
    except TimeoutError:
        return f"no small trace within {READY_SECS:g} s"
    except (Busy, ValueError) as error:
        return str(error)
    except Exception as error:
        log.exception("no small trace")
        return f"a small trace failed ({type(error).__name__}); the log has why"
    return "ok"
