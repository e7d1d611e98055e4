"""One prompt through the engine, recorded: the rows of routing as the engine computes them."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from . import ASKS
from .assembly import Assembly, Row

TAKE_SECS = 0.05  # between two calls to the workers while a request runs


@dataclass(frozen=True)
class Rows:
    """Some rows of routing, of the tokens from `first` on."""

    first: int
    tokens: list[int]
    columns: Row


@dataclass(frozen=True)
class End:
    """How a request ended."""

    sequence: list[int]  # prompt and generated tokens; the last has no row
    finish: str
    missing: int  # rows that were not recorded
    dropped: int  # rows that found no room on a worker


class Recording:
    """Runs prompts with their routing recorded. `client` is vLLM's `EngineClient`."""

    def __init__(self, client: Any, layers: Sequence[int]) -> None:
        self.client = client
        self.layers = layers

    async def run(self, prompt: list[int], **sampling: Any) -> AsyncIterator[Rows | End]:
        """Yields the rows of a prompt and of what is generated after it, in order; then the end.

        `sampling`: fields of vLLM's SamplingParams. Closed early, the request is aborted and its rows are
        forgotten.
        """
        from vllm.inputs import TokensPrompt

        key = secrets.token_hex(16)
        assembly, fetched = Assembly(self.layers), False
        try:
            params = sampling_of(key, sampling)
            taken = 0.0
            async for output in self.client.generate(TokensPrompt(prompt_token_ids=prompt), params, key):
                sequence = prompt + list(output.outputs[0].token_ids)
                if not output.finished and time.monotonic() - taken < TAKE_SECS:
                    continue
                taken = time.monotonic()
                assembly.add(await self._take(key, output.finished))
                fetched = output.finished
                first = assembly.next
                columns = assembly.ready(sequence, last=output.finished)
                if columns is not None:
                    yield Rows(first, sequence[first : assembly.next], columns)
                if output.finished:
                    finish = str(output.outputs[0].finish_reason)
                    yield End(sequence, finish, assembly.missing, assembly.dropped)
        finally:
            if not fetched:
                await asyncio.shield(self._drop(key))

    async def _take(self, key: str, close: bool) -> Sequence[Any]:
        return list(await self.client.collective_rpc("moescope_take", args=(key, close)))

    async def _drop(self, key: str) -> None:
        try:
            await self.client.collective_rpc("moescope_drop", timeout=10.0, args=(key,))
        except Exception:  # the engine is gone, and the record with it; otherwise the record expires
            return


def sampling_of(key: str, given: dict[str, Any]) -> Any:
    """SamplingParams of a request that is recorded.

    It reads no cached prefix: rows that are not computed cannot be recorded.
    """
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    return SamplingParams(
        **given,
        extra_args={ASKS: key},
        skip_reading_prefix_cache=True,
        output_kind=RequestOutputKind.CUMULATIVE,
        detokenize=False,
    )
