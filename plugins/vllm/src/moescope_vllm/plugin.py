"""The HTTP routes: `POST /v1/moescope/route` and `GET /v1/moescope/info`.

vLLM's own key guards everything under /v1. The answer to `route` is one JSON object a line (application/
x-ndjson): `start` with sizes, rule and the tokens of the prompt; `rows` as they are computed, each with
its `tokens` and `logits` [n, L, N] float32, `experts` [n, L, k] int32 as vLLM ordered them, `weights`
[n, L, k] float32; `end` with the token that was generated last and has no row, or `error`.
Arrays are {"shape", "dtype", "data": base64, little-endian, C order}.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from .engine import End, Rows
from .state import AT_ONCE, Engine, Refused, packed

PROMPT_CHARS = 1_000_000
PIECE_ROWS = 64  # in one line at most


class RouteRequest(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(extra="forbid")

    prompt: str | list[int] = Field(description="text, or ids of tokens")
    max_tokens: int = Field(1, ge=1, le=4096, description="tokens to generate; the last one has no routing")
    temperature: float = Field(0.0, ge=0, le=2, allow_inf_nan=False)
    seed: int | None = Field(None, ge=0, le=2**63 - 1)


class RoutePlugin:
    """vLLM's contract: vllm/plugins/endpoint_plugins/interface.py."""

    name = "moescope"
    required_tasks = ("generate",)

    def __init__(self) -> None:
        self.engine: Engine | None = None
        self._preparing: asyncio.Task[None] | None = None

    def attach_router(self, app: FastAPI) -> None:
        """Adds the two routes."""

        @app.post("/v1/moescope/route")
        async def route(asked: RouteRequest) -> Any:
            return self.answer(asked)

        @app.get("/v1/moescope/info")
        async def info() -> Any:
            return await self.info()

    async def init_state(self, engine_client: Any, state: Any, args: Any) -> None:
        """Begins the self-check; the server serves other requests meanwhile."""
        if engine_client is None:
            return
        config = engine_client.vllm_config.model_config
        names = getattr(args, "served_model_name", None) or [args.model]
        self.engine = Engine(
            engine_client,
            str(names[0]),
            config.max_model_len,
            config.get_vocab_size(),
            json.loads(json.dumps(config.hf_config.to_dict(), default=str)),
        )
        self._preparing = asyncio.create_task(self.engine.prepare())

    def answer(self, asked: RouteRequest) -> Any:
        """Returns the response to one request."""
        try:
            engine = self.ready()
            prompt = checked_prompt(engine, asked)
        except Refused as refusal:
            return refused(refusal)
        return StreamingResponse(stream(engine, prompt, asked), media_type="application/x-ndjson")

    async def info(self) -> Any:
        """Returns what the engine is, and counts of its workers."""
        try:
            engine = self.ready()
        except Refused as refusal:
            return refused(refusal)
        workers = await engine.client.collective_rpc("moescope_facts")
        counts = [worker for worker in workers if worker is not None]
        return {**engine.facts(), "config": engine.config, "running": engine.running, "workers": counts}

    def ready(self) -> Engine:
        """Returns the engine. Raises Refused while it cannot record."""
        if self.engine is None:
            raise Refused(503, "no-engine", "This server has no engine of its own.")
        if self.engine.refusal is not None:
            raise self.engine.refusal
        if self.engine.running >= AT_ONCE:
            raise Refused(429, "busy", f"{AT_ONCE} requests are being recorded; ask again in a moment.")
        return self.engine


def checked_prompt(engine: Engine, asked: RouteRequest) -> list[int]:
    """Returns the ids of the prompt. Raises Refused if there are none, too many, or wrong ones."""
    assert engine.pieces is not None
    if len(asked.prompt) > PROMPT_CHARS:
        raise Refused(400, "prompt", f"prompt: expected at most {PROMPT_CHARS:,} characters or ids.")
    ids = engine.pieces.encode(asked.prompt) if isinstance(asked.prompt, str) else list(asked.prompt)
    room = engine.limit - asked.max_tokens
    if not 1 <= len(ids) <= room:
        message = (
            f"prompt: expected 1 to {room} tokens, got {len(ids)}; {engine.limit} is what the engine takes"
        )
        raise Refused(400, "prompt", f"{message}, and {asked.max_tokens} are to be generated.")
    if min(ids) < 0 or max(ids) >= engine.vocabulary:
        raise Refused(400, "prompt", f"prompt: expected ids from 0 to {engine.vocabulary - 1}.")
    return ids


def refused(refusal: Refused) -> JSONResponse:
    """Returns a refusal as vLLM writes its own errors, with a code."""
    return JSONResponse({"error": {"code": refusal.code, "message": refusal.message}}, refusal.status)


async def stream(engine: Engine, prompt: list[int], asked: RouteRequest) -> AsyncIterator[bytes]:
    """Yields the lines of an answer."""
    assert engine.pieces is not None
    text = engine.pieces.text
    engine.running += 1
    try:
        yield line("start", **engine.facts(), prompt=named(prompt, text))
        sampling = asked.model_dump(include={"max_tokens", "temperature", "seed"})
        async for each in engine.recording.run(prompt, **sampling):
            for part in lines(each, text):
                yield part
    except Exception as error:  # the status line is long gone
        yield line("error", message=f"{type(error).__name__}: {error}")
    finally:
        engine.running -= 1


def lines(each: Rows | End, text: Any) -> list[bytes]:
    """Returns what the engine said, as lines; many rows as several."""
    if isinstance(each, End):
        last = named(each.sequence[-1:], text)[0]
        return [line("end", last=last, finish=each.finish, missing=each.missing, dropped=each.dropped)]
    return [rows_line(each, start, text) for start in range(0, len(each.tokens), PIECE_ROWS)]


def rows_line(rows: Rows, start: int, text: Any) -> bytes:
    """Returns some of the rows as one line."""
    piece = slice(start, start + PIECE_ROWS)
    return line(
        "rows",
        first=rows.first + start,
        tokens=named(rows.tokens[piece], text),
        logits=packed(rows.columns["logits"][piece].astype("<f4")),
        experts=packed(rows.columns["ids"][piece].astype("<i4")),
        weights=packed(rows.columns["weights"][piece].astype("<f4")),
    )


def named(ids: list[int], text: Any) -> list[dict[str, Any]]:
    """Returns tokens with their texts."""
    return [{"id": id, "text": text(id)} for id in ids]


def line(event: str, **fields: Any) -> bytes:
    """Returns one JSON object and a line end."""
    return json.dumps({"event": event, **fields}, ensure_ascii=False).encode() + b"\n"
