"""HTTP to one engine, with limits on time and size. Every failure is an EngineError."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from ....problem import cut
from .engine_error import (
    EngineError,
    broken_off,
    busy,
    key_refused,
    nonsense,
    refused,
    too_slow,
    unreachable,
    untrusted,
    without_experts,
)
from .engines_setting import EngineAddress

MIB = 2**20
CONNECT_SECS = 5.0
SILENT_SECS = 60.0  # time limit without a byte
WHOLE_SECS = 600.0  # time limit for a whole answer
LINE_BYTES = 64 * MIB  # 64 rows of the largest router of 2026 take 28 MiB
ANSWER_BYTES = 512 * MIB
ERROR_BYTES = 64 * 1024
AT_ONCE = 16  # concurrent prompts per engine, and so threads that wait for it


class Connection:
    """The requests to one engine."""

    def __init__(self, address: EngineAddress, transport: httpx.AsyncBaseTransport | None = None) -> None:
        headers = {"accept-encoding": "identity"}  # the size of an answer is then its declared size
        if address.key:
            headers["authorization"] = f"Bearer {address.key}"
        self.address = address
        self.known = False  # the engine has answered before
        self.running = 0  # number of prompts
        self._client = httpx.AsyncClient(
            base_url=address.url,
            headers=headers,
            timeout=httpx.Timeout(SILENT_SECS, connect=CONNECT_SECS),
            trust_env=False,  # an engine is contacted only at its own address, never through a proxy
            verify=ssl.create_default_context(),  # the system's authorities, or those of SSL_CERT_FILE
            transport=transport,
        )

    async def ask(self, path: str, body: object | None = None, limit: int = ANSWER_BYTES) -> Any:
        """Returns the JSON answer to GET, or to POST if there is a body. Raises EngineError."""
        async with self._open(path, body) as response:
            return self._parsed(await self._whole(response, limit))

    async def lines(self, path: str, body: object) -> AsyncIterator[dict[str, Any]]:
        """Yields the JSON objects of an answer in JSON Lines as they arrive. Raises EngineError."""
        async with self._open(path, body) as response:
            size, line = 0, bytearray()
            async for chunk in response.aiter_raw():
                size += len(chunk)
                self._check_size(size, ANSWER_BYTES)
                *ended, rest = chunk.split(b"\n")
                for part in ended:
                    yield self._object(bytes(line) + part)
                    line.clear()
                line += rest
                self._check_size(len(line), LINE_BYTES)
            if line:
                raise broken_off(self.address.name)

    async def has(self, path: str) -> bool:
        """Returns whether the engine has a GET route. Raises EngineError if it does not answer."""
        try:
            await self.ask(path, limit=8 * MIB)
        except Absent:
            return False
        return True

    async def close(self) -> None:
        """Closes all connections."""
        await self._client.aclose()

    @asynccontextmanager
    async def _open(self, path: str, body: object | None) -> AsyncIterator[httpx.Response]:
        """Yields a response with status 200 and unread body. Raises EngineError."""
        name = self.address.name
        method, prompts = ("GET", 0) if body is None else ("POST", 1)
        if prompts and self.running >= AT_ONCE:
            raise busy(name, AT_ONCE)
        self.running += prompts
        try:
            async with (
                asyncio.timeout(WHOLE_SECS),
                self._client.stream(method, path, json=body) as response,
            ):
                self.known = True
                if response.status_code != 200:
                    raise await self._refusal(response, path)
                yield response
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            badly_signed = "CERTIFICATE_VERIFY_FAILED" in str(error)
            raise (untrusted(name) if badly_signed else unreachable(name, self.known)) from error
        except httpx.TimeoutException as error:
            raise too_slow(name, SILENT_SECS) from error
        except TimeoutError as error:
            raise too_slow(name, WHOLE_SECS) from error
        except httpx.HTTPError as error:
            raise broken_off(name) from error
        finally:
            self.running -= prompts

    async def _refusal(self, response: httpx.Response, path: str) -> EngineError:
        """Returns the error for any status other than 200."""
        name, status = self.address.name, response.status_code
        if status in (401, 403):
            return key_refused(name, self.address.key_variable)
        if status == 404:
            return Absent(name, path)
        code, message = error_in(await self._whole(response, ERROR_BYTES))
        if code == "no-moe":
            return without_experts(name)
        found = f"status {status}" + (f" and {message!r}" if message else "")
        return refused(name, found) if status < 500 or status == 503 else nonsense(name, found, "status 200")

    async def _whole(self, response: httpx.Response, limit: int) -> bytes:
        data = bytearray()
        async for chunk in response.aiter_raw():
            data += chunk
            self._check_size(len(data), limit)
        return bytes(data)

    def _check_size(self, size: int, limit: int) -> None:
        if size > limit:
            raise nonsense(self.address.name, "more bytes than that", f"an answer of at most {limit:,} bytes")

    def _parsed(self, data: bytes) -> Any:
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise nonsense(self.address.name, cut(repr(data[:40])), "JSON") from error

    def _object(self, data: bytes) -> dict[str, Any]:
        value = self._parsed(data)
        if not isinstance(value, dict):
            raise nonsense(self.address.name, type(value).__name__, "a JSON object on each line")
        return value


class Absent(EngineError):
    """The engine has no such route."""

    def __init__(self, engine: str, path: str) -> None:
        expected = "vLLM with the plugin moescope-vllm, vLLM or SGLang"
        super().__init__(
            engine, "absent", f"a server without {path}", expected, "the operator checks ENGINES"
        )


def error_in(data: bytes) -> tuple[str, str]:
    """Returns code and message of an error from vLLM, SGLang or the plugin; empty if unknown."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return "", ""
    error = value.get("error", value) if isinstance(value, dict) else value
    if not isinstance(error, dict):
        return "", cut(str(error))
    return str(error.get("code", "")), cut(str(error.get("message", "")))
