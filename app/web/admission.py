"""Admits requests: identifies the client, checks the cost, and chooses a thread or a process for the work."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import Request
from starlette.requests import HTTPConnection

from ..answers.estimate import Estimate
from ..answers.files import open_sources
from ..request.cost import SECS_OF_REQUEST
from ..settings import Settings
from ..sources.registry import SourceRegistry
from ..stream.fair_queue import client_of
from ..stream.processes import Processes
from ..stream.workers import Workers

SECS_OF_PAGE, SECS_OF_CHARACTER = 0.01, 8e-6  # seconds per page, and per character of a query


def make_workers(settings: Settings) -> Workers:
    """Returns the threads and processes of a server with these settings."""
    arguments = (settings.scenarios, settings.models, settings.engine, settings.traces)
    return Workers(
        settings.threads,
        processes=Processes(open_sources, arguments, settings.deadline_secs),
        count=settings.processes,
        light_secs=settings.light_secs,
        most_secs=settings.most_secs,
        client_secs=settings.client_secs,
        queue_secs=settings.queue_secs,
    )


def secs_of_page(request: Request) -> float:
    """Estimates the seconds for parsing a query and rendering a page."""
    return SECS_OF_PAGE + SECS_OF_CHARACTER * len(request.scope["query_string"])


def client(connection: HTTPConnection) -> str:
    """Returns the client to which the work is charged."""
    return client_of(connection.client.host if connection.client else None)


class Desk:
    """Runs the jobs of requests at their estimated cost."""

    def __init__(self, sources: SourceRegistry, workers: Workers) -> None:
        self.sources = sources
        self.workers = workers

    async def look(self, request: Request, job: Callable[[], Any], cost: float = SECS_OF_REQUEST) -> Any:
        """Returns the result of a small job in a thread: parsing, estimating, or rendering a page."""
        return await self.workers.run(job, client(request), cost)

    def expect(self, request: Request, secs_of_size: Callable[[int], float], most: int) -> None:
        """Refuses work on a body before the body is read. Raises TooMuch and Busy."""
        told = request.headers.get("content-length", "")
        size = min(int(told), most) if told.isascii() and told.isdigit() and len(told) < 16 else most
        cost = secs_of_size(size)
        self.workers.check(cost)
        self.workers.expect(client(request), cost)

    async def make(
        self, request: Request, estimate: Estimate, function: Callable[..., Any], *arguments: Any
    ) -> Any:
        """Returns `function(sources, *arguments)`. Raises its exceptions, TooMuch and Busy.

        A job that waits for a remote engine uses a separate thread, so that a slow engine takes no thread and
        no process from other jobs.
        """
        cost = estimate.secs
        self.workers.check(cost)
        if estimate.elsewhere:
            job = partial(function, self.sources, *arguments)
            return await self.workers.fetch(job, client(request), cost)
        if self.workers.is_heavy(cost):
            return await self.compute(request, cost, function, *arguments)
        return await self.workers.run(lambda: function(self.sources, *arguments), client(request), cost)

    async def compute(
        self, request: Request, cost: float, function: Callable[..., Any], *arguments: Any
    ) -> Any:
        """Like `make`, but in a process if there is one: uploaded files may take much time or memory."""
        who = client(request)
        if self.workers.processes is None:
            return await self.workers.run(lambda: function(self.sources, *arguments), who, cost)
        return await self.workers.compute(function, *arguments, client=who, cost=cost)
