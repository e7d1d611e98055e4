"""Routes of the atlas: the list, questions by name, placements as files, a training run over its steps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from ..answers.estimate import Estimate
from ..atlas.sent import plan_of_body, routing_of_body
from ..problem import BadRequest
from ..request.view_keys import look_of
from ..wording import wording_of
from .admission import Desk
from .disconnect import CancelOnDisconnectRoute, cancel_on_disconnect
from .query import read_body
from .templates import reading_page

if TYPE_CHECKING:
    from ..atlas.shipped import Atlases

Result = TypeVar("Result")
MOST_WAITING = 100
BODY_BYTES = 4 * 2**20  # limit on an uploaded plan or routing
TEXT_BYTES = 64 * 2**10  # limit on an uploaded text
SECS_OF_BYTE = 1e-6  # of reading YAML
CACHED = {"cache-control": "no-cache"}
TYPES = {"sglang": "application/json", "trtllm": "application/yaml"}


class Full(Exception):
    """The queue of questions is full."""


class Line:
    """One thread for questions, with a bounded queue."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="atlas")
        self.waiting = 0

    async def run(self, job: Callable[[], Result]) -> Result:
        """Returns the result of a job. Raises Full, and the job's exceptions."""
        if self.waiting >= MOST_WAITING:
            raise Full(f"server: expected at most {MOST_WAITING} questions at a time; try again in a moment")
        self.waiting += 1
        try:
            return await asyncio.wrap_future(self.thread.submit(job))
        finally:
            self.waiting -= 1


def atlas_routes(atlases: Atlases, desk: Desk) -> APIRouter:
    """Returns routes for questions about corpora. Jobs run one after another in their own thread.

    Reason: a first question may record for seconds, which must not delay views. Long uploads are parsed in a
    process, because parsing JSON and YAML blocks the interpreter.
    """
    router = APIRouter(route_class=CancelOnDisconnectRoute)
    line = Line()

    async def told(job: Callable[[], Any]) -> Response:
        """Runs a job; a wrong question gives 422 with its message."""
        return await answered(line.run(job))

    async def answered(work: Awaitable[Any]) -> Response:
        try:
            return JSONResponse(await work, headers=CACHED)
        except BadRequest:
            raise
        except ValueError as error:
            return refused(atlases.without_folders(str(error)))
        except Full as error:
            return refused(str(error), status=503)

    @router.api_route("/atlas", methods=["GET", "HEAD"], include_in_schema=False)
    def page(request: Request) -> Response:
        words = wording_of(request.query_params)
        return reading_page("atlas.html", words=words, **look_of(request.query_params))

    @router.get("/api/atlases", summary="The atlases that can be asked")
    async def names() -> Response:
        return await told(lambda: {"atlases": atlases.list(), "trainings": sorted(atlases.trainings())})

    @router.get("/api/atlas/{question}", summary="The answer of an atlas to a question; see docs/ATLAS.md")
    async def ask(request: Request, question: str, atlas: str) -> Response:
        query = {key: value for key, value in request.query_params.items() if key != "atlas"}
        return await told(partial(atlases.answer, atlas, question, query))

    @router.get(
        "/api/atlas-compare", summary="Two atlases of one shape: divergence, and flips of the same tokens"
    )
    async def compare(atlas: str, other: str) -> Response:
        return await told(lambda: atlases.compare(atlas, other))

    @router.get("/api/atlas-prune", summary="Experts to keep, and the held-out loss without the others")
    async def prune(request: Request, atlas: str) -> Response:
        query = dict(request.query_params)
        return await told(lambda: atlases.prune(atlas, query))

    @router.get("/api/atlas-plan", summary="A placement of experts as an engine reads it")
    async def plan(request: Request, atlas: str) -> Response:
        query = dict(request.query_params)
        try:
            name, text = await line.run(partial(atlases.plan, atlas, query))
        except (ValueError, Full) as error:
            return refused(
                atlases.without_folders(str(error)), status=503 if isinstance(error, Full) else 422
            )
        headers = {**CACHED, "content-disposition": f'attachment; filename="{name}"'}
        return Response(text, media_type=TYPES[query.get("format", "sglang")], headers=headers)

    @router.post(
        "/api/atlas-plan", summary="What a placement that an engine reads would do; the body is the file"
    )
    async def read_plan(request: Request, atlas: str) -> Response:
        query, body = dict(request.query_params), await read_body(request, BODY_BYTES)

        async def weighed() -> dict[str, Any]:
            sizes = await line.run(lambda: atlases.plan_sizes(atlas, query))
            plan = await read_apart(request, "plan", body, plan_of_body, *sizes)
            return await line.run(lambda: atlases.weigh_plan(atlas, plan))

        return await cancel_on_disconnect(request, answered(weighed()))

    @router.post("/api/atlas-kind", summary="A routing against the corpus: {ids: [T], experts: [T][L][K]}")
    async def kind(request: Request, atlas: str) -> Response:
        body = await read_body(request, BODY_BYTES)

        async def compared() -> dict[str, Any]:
            ids, experts = await read_apart(request, "body", body, routing_of_body)
            return await line.run(lambda: atlases.kind(atlas, ids, experts))

        return await cancel_on_disconnect(request, answered(compared()))

    @router.post(
        "/api/atlas-text", summary="A text, the body, routed now by the atlas' model, against the corpus"
    )
    async def compare_text(request: Request, atlas: str) -> Response:
        body = await read_body(request, TEXT_BYTES)
        text = body.decode(errors="replace")  # of a longer one a beginning, which is too long too
        return await cancel_on_disconnect(request, told(lambda: atlases.text(atlas, text)))

    async def read_apart(request: Request, field: str, body: bytes, *job: Any) -> Any:
        """Parses an upload, in a process if it is long. Raises ValueError, Busy and TooMuch."""
        if len(body) > BODY_BYTES:
            raise ValueError(f"{field}: expected at most {BODY_BYTES} bytes")
        function, *sizes = job
        return await desk.make(request, Estimate(len(body) * SECS_OF_BYTE), function, body, *sizes)

    @router.get("/api/training", summary="Load, saturation and collapse of a training over its steps")
    async def training(request: Request, name: str) -> Response:
        query = dict(request.query_params)
        return await told(lambda: atlases.training(name, query))

    return router


def refused(message: str, status: int = 422) -> Response:
    """Returns the error for a wrong question, or for a full queue."""
    field, _, _ = message.partition(":")
    headers = {"retry-after": "5"} if status == 503 else {}
    return JSONResponse({"errors": [{"field": field, "message": message}]}, status, headers=headers)
