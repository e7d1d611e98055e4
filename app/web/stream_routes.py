"""The stream of a trace over HTTP: the socket's messages for networks without WebSockets."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import ExitStack, aclosing
from hashlib import sha256

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from ..problem import BadRequest, Problem
from ..request.comparison import own_keys
from ..request.read import Answer
from ..settings import Settings
from ..stream.opening import Asked, check_start, messages_of, open_asked
from ..stream.wire import MAX_ID, frame_message
from ..trace import dump
from .admission import Desk, client
from .asset_routes import shared_for
from .assets import matches
from .openapi import STREAM, around_parameter, from_parameter, parameters
from .query import read_query
from .seats import Seats

STREAM_ID = 0  # of every message: an answer has one stream


def streams(desk: Desk, seats: Seats, settings: Settings) -> APIRouter:
    """Returns the route of the stream."""
    router = APIRouter()
    sources, workers = desk.sources, desk.workers

    @router.get(
        "/api/stream",
        summary="A trace token by token, as the socket sends it",
        responses=STREAM,
        openapi_extra={"parameters": [*parameters(), from_parameter(MAX_ID), around_parameter(MAX_ID)]},
    )
    async def stream(request: Request) -> Response:
        start, around = (read_token(request, name) for name in ("from", "around"))
        keys, who = read_query(request), client(request)
        changed = tuple(filter(None, request.query_params.get("changed", "").split(",")))
        asked = Asked(keys, changed, own_keys(request.query_params), around)
        source, answer = await open_asked(sources, workers, asked, who)
        check_start(start, source)
        etag = f'"{source.identity}-{start}-{digest_of(answer)}"'
        headers = {"etag": etag, **shared_for(settings.cache_secs)}
        if source.header.origin.get("source") == "live":
            headers["x-accel-buffering"] = "no"  # makes nginx forward each token at once
        if matches(request.headers.get("if-none-match"), etag):
            return Response(status_code=304, headers=headers)
        held = ExitStack()
        held.enter_context(seats.take(who))
        messages = messages_of(source, workers, who, STREAM_ID, start, answer)
        return StreamingResponse(
            framed(messages, held), media_type="application/octet-stream", headers=headers
        )

    return router


async def framed(messages: AsyncGenerator[str | bytes, None], held: ExitStack) -> AsyncIterator[bytes]:
    """Yields every message, preceded by its kind and length."""
    with held:
        async with aclosing(messages):
            async for message in messages:
                yield frame_message(message)


def digest_of(answer: Answer) -> str:
    """Returns a digest of the request as understood, because two requests may lead to one trace."""
    return sha256(dump(answer.to_json()).encode()).hexdigest()[:16]


def read_token(request: Request, name: str) -> int:
    """Returns the token in a parameter, 0 if absent. Raises BadRequest if it is not a number."""
    text = request.query_params.get(name)
    if text is None:
        return 0
    if text.isascii() and text.isdigit() and len(text) < 11 and int(text) <= MAX_ID:
        return int(text)
    expected = f"a whole number from 0 to {MAX_ID}"
    raise BadRequest(Problem(name, repr(text[:20]), expected, "start again from 0"))
