"""Where a request meets its cost: who asks, and whether a thread or a process does the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request
from starlette.requests import HTTPConnection

from ..answers.files import open_sources
from ..request.cost import SECS_OF_REQUEST
from ..settings import Settings
from ..sources.registry import SourceRegistry
from ..stream.fair_queue import client_of
from ..stream.processes import Processes
from ..stream.workers import Workers


def make_workers(settings: Settings) -> Workers:
    """The threads and processes of a server with these settings."""
    arguments = (settings.scenarios, settings.models)
    return Workers(
        settings.threads,
        processes=Processes(open_sources, arguments, settings.deadline_secs),
        count=settings.processes,
        light_secs=settings.light_secs,
        most_secs=settings.most_secs,
        client_secs=settings.client_secs,
        queue_secs=settings.queue_secs,
    )


def client(connection: HTTPConnection) -> str:
    """Who asks, as far as shares of work go."""
    return client_of(connection.client.host if connection.client else None)


class Desk:
    """Has answers made, at the cost that is estimated for them."""

    def __init__(self, sources: SourceRegistry, workers: Workers) -> None:
        self.sources = sources
        self.workers = workers

    async def look(self, request: Request, job: Callable[[], Any]) -> Any:
        """What a small job gives that comes before the work: to parse, to estimate."""
        return await self.workers.run(job, client(request), SECS_OF_REQUEST)

    async def make(self, request: Request, cost: float, function: Callable[..., Any], *arguments: Any) -> Any:
        """What `function(sources, *arguments)` gives. Raises what it raises, TooMuch and Busy."""
        who = client(request)
        if self.workers.is_heavy(cost):
            return await self.workers.compute(function, *arguments, client=who, cost=cost)
        return await self.workers.run(lambda: function(self.sources, *arguments), who, cost)
