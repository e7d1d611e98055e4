"""Routes that count the load of experts."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ..answers.estimate import Estimate, estimate_of, text_secs
from ..answers.files import load_of_text, load_over, tokens_of_text
from ..request.schema import TEXT_CHARS, TraceRequest
from ..settings import Settings
from ..sources.live.text_windows import OVER, check_over, check_text, requests_over
from .admission import Desk
from .disconnect import CancelOnDisconnectRoute, cancel_on_disconnect
from .kept_answers import KeptAnswers
from .openapi import LOAD, LOAD_OF_TEXT, TEXT_BODY, TOKENS_OF_TEXT, over_parameter, parameters
from .query import read_body, read_query

SECS_OF_CHARACTER = 5e-6  # seconds per character for tokenising a text, measured


def loads(desk: Desk, settings: Settings) -> APIRouter:
    """Returns the routes for the load of experts."""
    router = APIRouter(route_class=CancelOnDisconnectRoute)
    sources, answers = desk.sources, KeptAnswers(desk, settings)

    @router.get(
        "/api/load",
        summary="The load of every expert, over a prompt or all scenarios",
        responses=LOAD,
        openapi_extra={"parameters": [*parameters(), over_parameter(OVER)]},
    )
    async def load(request: Request) -> Response:
        over, keys = check_over(request.query_params.get("over", OVER[0])), read_query(request)

        def estimate() -> Estimate:
            asked = requests_over(sources.parse(keys), over, sources.available.scenarios)
            key = " ".join((over, *(sources.fingerprint(each) for each in asked)))
            return estimate_of(sources, asked, key=key)

        return await answers.answer(request, "application/json", estimate, load_over, keys, over)

    add_texts(router, desk)
    return router


def add_texts(router: APIRouter, desk: Desk) -> None:
    """Adds the routes that take a text as their body: its load, and its number of tokens."""
    sources, workers = desk.sources, desk.workers
    query = parameters()

    @router.post(
        "/api/load",
        summary="The same over a text, the body, in windows as long as a prompt may be",
        responses=LOAD_OF_TEXT,
        openapi_extra={"parameters": query, "requestBody": TEXT_BODY},
    )
    async def text_load(request: Request) -> Response:
        text, keys, asked = await read_text(desk, request)
        cost = await desk.look(request, lambda: text_secs(sources, asked, text))
        workers.check(cost, "text")
        estimate = Estimate(cost, elsewhere=sources.elsewhere(asked))
        content = await cancel_on_disconnect(request, desk.make(request, estimate, load_of_text, keys, text))
        return Response(content, media_type="application/json")

    @router.post(
        "/api/tokens",
        summary="How many tokens the body has for a model, and how many a prompt may have",
        responses=TOKENS_OF_TEXT,
        openapi_extra={"parameters": query, "requestBody": TEXT_BODY},
    )
    async def text_tokens(request: Request) -> Response:
        text, keys, asked = await read_text(desk, request)
        estimate = Estimate(len(text) * SECS_OF_CHARACTER, elsewhere=sources.elsewhere(asked))
        content = await cancel_on_disconnect(
            request, desk.make(request, estimate, tokens_of_text, keys, text)
        )
        return Response(content, media_type="application/json")


async def read_text(desk: Desk, request: Request) -> tuple[str, dict[str, str], TraceRequest]:
    """Returns the body's text, the query's keys and their request. Raises BadRequest."""
    data = await read_body(request, 4 * TEXT_CHARS)  # more bytes exceed the limit on characters in any script
    text, keys = data.decode(errors="replace"), read_query(request)
    asked: TraceRequest = await desk.look(request, lambda: desk.sources.parse(keys))
    check_text(asked, text)
    return text, keys, asked
