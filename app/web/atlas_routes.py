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


class QueueFull(Exception):
    """The queue of questions is full."""


class QuestionQueue:
    """One thread for questions, with a bounded queue."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="atlas")
        self.waiting = 0

    async def run(self, job: Callable[[], Result]) -> Result:
        """Returns the result of a job. Raises Full, and the job's exceptions."""
        if self.waiting >= MOST_WAITING:
            raise QueueFull(
                f"server: expected at most {MOST_WAITING} questions at a time; try again in a moment"
            )
        self.waiting += 1
        try:
            return await asyncio.wrap_future(self.thread.submit(job))
        finally:
            self.waiting -= 1


class AtlasDesk:
    """Answers questions to the atlases, one job after another in a thread of its own.

    Reason: a first question may record for seconds, which must not delay views. Long uploads are parsed in a
    process, because parsing JSON and YAML blocks the interpreter.
    """

    def __init__(self, atlases: Atlases, desk: Desk) -> None:
        self.atlases, self.desk = atlases, desk
        self.queue = QuestionQueue()

    async def answer(self, job: Callable[[], Any]) -> Response:
        """Returns the result of a job as JSON; a wrong question gives 422 with its message."""
        return await self.respond(self.queue.run(job), as_json)

    async def respond(self, work: Awaitable[Any], respond: Callable[[Any], Response]) -> Response:
        """Returns the response to a result, or the error: 422 for a wrong question, 503 for a full queue."""
        try:
            return respond(await work)
        except BadRequest:
            raise
        except ValueError as error:
            return refused(self.atlases.without_folders(str(error)))
        except QueueFull as error:
            return refused(str(error), status=503)

    async def parse(self, request: Request, field: str, body: bytes, *job: Any) -> Any:
        """Parses an upload, in a process if it is long. Raises ValueError, Busy and TooMuch."""
        if len(body) > BODY_BYTES:
            raise ValueError(f"{field}: expected at most {BODY_BYTES} bytes")
        function, *sizes = job
        return await self.desk.make(request, Estimate(len(body) * SECS_OF_BYTE), function, body, *sizes)


def as_json(found: Any) -> Response:
    """Returns a result as JSON."""
    return JSONResponse(found, headers=CACHED)


def atlas_routes(atlases: Atlases, desk: Desk) -> APIRouter:
    """Returns the routes for questions about corpora."""
    router = APIRouter(route_class=CancelOnDisconnectRoute)
    answers = AtlasDesk(atlases, desk)

    @router.api_route("/atlas", methods=["GET", "HEAD"], include_in_schema=False)
    def page(request: Request) -> Response:
        words = wording_of(request.query_params)
        return reading_page("atlas.html", words=words, **look_of(request.query_params))

    @router.get("/api/atlases", summary="The atlases that can be asked")
    async def names() -> Response:
        return await answers.answer(
            lambda: {"atlases": atlases.list(), "trainings": sorted(atlases.trainings())}
        )

    @router.get("/api/training", summary="Load, saturation and collapse of a training over its steps")
    async def training(request: Request, name: str) -> Response:
        query = dict(request.query_params)
        return await answers.answer(lambda: atlases.training(name, query))

    add_questions(router, answers)
    add_placements(router, answers)
    add_texts(router, answers)
    return router


def add_questions(router: APIRouter, answers: AtlasDesk) -> None:
    """Adds the routes of questions to an atlas by name, of comparisons, and of pruning."""
    atlases = answers.atlases

    @router.get("/api/atlas/{question}", summary="The answer of an atlas to a question; see docs/ATLAS.md")
    async def ask(request: Request, question: str, atlas: str) -> Response:
        query = {key: value for key, value in request.query_params.items() if key != "atlas"}
        return await answers.answer(partial(atlases.answer, atlas, question, query))

    @router.get(
        "/api/atlas-compare", summary="Two atlases of one shape: divergence, and flips of the same tokens"
    )
    async def compare(atlas: str, other: str) -> Response:
        return await answers.answer(lambda: atlases.compare(atlas, other))

    @router.get("/api/atlas-prune", summary="Experts to keep, and the held-out loss without the others")
    async def prune(request: Request, atlas: str) -> Response:
        query = dict(request.query_params)
        return await answers.answer(lambda: atlases.prune(atlas, query))


def add_placements(router: APIRouter, answers: AtlasDesk) -> None:
    """Adds the routes that write and read a placement in the format of an engine."""
    atlases, queue = answers.atlases, answers.queue

    @router.get("/api/atlas-plan", summary="A placement of experts as an engine reads it")
    async def plan(request: Request, atlas: str) -> Response:
        query = dict(request.query_params)

        def as_file(made: tuple[str, str]) -> Response:
            name, text = made
            headers = {**CACHED, "content-disposition": f'attachment; filename="{name}"'}
            return Response(text, media_type=TYPES[query.get("format", "sglang")], headers=headers)

        return await answers.respond(queue.run(partial(atlases.plan, atlas, query)), as_file)

    @router.post(
        "/api/atlas-plan", summary="What a placement that an engine reads would do; the body is the file"
    )
    async def read_plan(request: Request, atlas: str) -> Response:
        query, body = dict(request.query_params), await read_body(request, BODY_BYTES)

        async def weighed() -> dict[str, Any]:
            sizes = await queue.run(lambda: atlases.plan_sizes(atlas, query))
            plan = await answers.parse(request, "plan", body, plan_of_body, *sizes)
            return await queue.run(lambda: atlases.weigh_plan(atlas, plan))

        return await cancel_on_disconnect(request, answers.respond(weighed(), as_json))


def add_texts(router: APIRouter, answers: AtlasDesk) -> None:
    """Adds the routes that compare a routing, or a text routed now, with a corpus."""
    atlases, queue = answers.atlases, answers.queue

    @router.post("/api/atlas-kind", summary="A routing against the corpus: {ids: [T], experts: [T][L][K]}")
    async def kind(request: Request, atlas: str) -> Response:
        body = await read_body(request, BODY_BYTES)

        async def compared() -> dict[str, Any]:
            ids, experts = await answers.parse(request, "body", body, routing_of_body)
            return await queue.run(lambda: atlases.kind(atlas, ids, experts))

        return await cancel_on_disconnect(request, answers.respond(compared(), as_json))

    @router.post(
        "/api/atlas-text", summary="A text, the body, routed now by the atlas' model, against the corpus"
    )
    async def compare_text(request: Request, atlas: str) -> Response:
        body = await read_body(request, TEXT_BYTES)
        text = body.decode(errors="replace")  # only the beginning of a longer text, which is too long too
        return await cancel_on_disconnect(request, answers.answer(lambda: atlases.text(atlas, text)))


def refused(message: str, status: int = 422) -> Response:
    """Returns the error for a wrong question, or for a full queue."""
    field, _, _ = message.partition(":")
    headers = {"retry-after": "5"} if status == 503 else {}
    return JSONResponse({"errors": [{"field": field, "message": message}]}, status, headers=headers)
