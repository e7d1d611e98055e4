"""oEmbed: other sites show a view from its link."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from ..picture.view_picture import titled
from ..problem import Problem
from ..request.comparison import requests_of
from ..settings import Settings
from ..wording import wording_of
from . import oembed
from .admission import Desk, secs_of_page
from .openapi import OEMBED, Embedding
from .query import base_of

OPEN = {"access-control-allow-origin": "*", "cache-control": f"public, max-age={oembed.CACHE_SECS}"}


def embedding(desk: Desk, settings: Settings) -> APIRouter:
    """Returns the route with which other sites show a view from its link."""
    router = APIRouter()
    sources = desk.sources

    @router.get("/oembed", summary="oEmbed 1.0, type rich", response_model=Embedding, responses=OEMBED)
    async def find(
        request: Request,
        url: str = "",
        format: str = "json",
        maxwidth: str | None = None,
        maxheight: str | None = None,
    ) -> Response:
        room = oembed.Room.read(maxwidth, maxheight)
        if format != "json":
            return failure(501, Problem("format", repr(format[:20]), "json", "leave it out"))
        base = base_of(request, settings)
        view = oembed.find_view(url, base)
        words = wording_of(view or {})
        if view is None:
            unknown = Problem("url", repr(url[:200]), f"the address of a view at {base}", "copy a link there")
            return failure(404, unknown)

        def describe() -> Response:
            requests, names, problems = requests_of(view, sources.available)
            if problems:
                return failure(404, *problems)
            title, _ = titled(requests, names, sources, words)
            return JSONResponse(oembed.describe(view, base, title, words, room), headers=OPEN)

        answer: Response = await desk.look(request, describe, secs_of_page(request))
        return answer

    return router


def failure(status: int, *problems: Problem) -> Response:
    """Returns an error in the API's format."""
    return JSONResponse({"errors": [problem.to_json() for problem in problems]}, status, headers=OPEN)
