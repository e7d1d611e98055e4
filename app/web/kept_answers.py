"""A cache of complete answers that equal requests share, with a memory limit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import Request, Response

from ..answers.estimate import Estimate
from ..byte_cache import Cache
from ..settings import Settings
from .admission import Desk, client
from .asset_routes import send, shared_for
from .assets import FILE_BYTES, Asset


class KeptAnswers:
    """Complete answers: estimated in a small job, computed in a thread or a process, and cached."""

    def __init__(self, desk: Desk, settings: Settings) -> None:
        self.desk = desk
        self.sources, self.workers = desk.sources, desk.workers
        self.cache_secs = settings.cache_secs
        self.kept: Cache[Asset] = Cache(FILE_BYTES)

    async def answer(
        self,
        request: Request,
        kind: str,
        estimate: Callable[[], Estimate],
        function: Callable[..., bytes],
        *arguments: Any,
    ) -> Response:
        """Returns `function(sources, *arguments)` with the cost and cache key that `estimate` gives.

        Raises TooMuch and Busy.
        """
        told: Estimate = await self.desk.look(request, estimate)
        self.workers.check(told.secs)
        key = f"{kind} {told.key}"
        async with self.workers.maker(key):
            asset = self.kept.get(key)
            if asset is None:
                asset = await self.make(request, kind, told, function, *arguments)
                self.kept.put(key, asset, len(asset.content))
        response = send(request, asset)
        response.headers.update(shared_for(self.cache_secs))
        return response

    async def make(
        self,
        request: Request,
        kind: str,
        estimate: Estimate,
        function: Callable[..., bytes],
        *arguments: Any,
    ) -> Asset:
        if estimate.elsewhere or self.workers.is_heavy(estimate.secs):
            content = await self.desk.make(request, estimate, function, *arguments)
            asset: Asset = await self.desk.look(request, lambda: Asset.of(content, kind))
            return asset
        job = partial(function, self.sources, *arguments)
        asset = await self.workers.run(lambda: Asset.of(job(), kind), client(request), estimate.secs)
        return asset
