"""Reads the query string and the body of an HTTP request."""

from __future__ import annotations

from fastapi import Request

from ..metrics.placement import MOST_DEVICES
from ..problem import BadRequest, Problem
from ..request.schema import KEY_HELP
from ..settings import Settings
from .admission import Desk
from .dropped_files import MOST_BYTES, secs_of_files
from .oembed import THUMBNAILS
from .openapi import EXAMPLE_DEVICES


def read_width(text: str | None) -> int:
    """Returns the width of a PNG. Raises BadRequest for an unsupported width."""
    widths = [str(width) for width, _ in THUMBNAILS]
    text = widths[0] if text is None else text
    if text not in widths:
        raise BadRequest(Problem("width", repr(text[:20]), f"one of {', '.join(widths)}", "leave it out"))
    return int(text)


def read_devices(text: str | None) -> int:
    """Returns a number of devices. Raises BadRequest if it is not a number in range."""
    if text is None:
        return EXAMPLE_DEVICES
    if text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST_DEVICES:
        return int(text)
    raise BadRequest(Problem("devices", repr(text[:20]), f"1 to {MOST_DEVICES}", "leave it out"))


def read_query(request: Request) -> dict[str, str]:
    """Returns the request keys of a query, without those of the view. Raises BadRequest for duplicates."""
    twice = [key for key in KEY_HELP if len(request.query_params.getlist(key)) > 1]
    if twice:
        raise BadRequest(*(Problem(key, "several", "one value", "leave out all but one") for key in twice))
    return {key: request.query_params[key] for key in KEY_HELP if key in request.query_params}


async def read_body(request: Request, most: int) -> bytes:
    """Returns the body. Of one over `most` bytes it returns a longer beginning, which the reader refuses."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > most:
            break
    return bytes(data)


async def read_files(desk: Desk, request: Request, most: int = MOST_BYTES) -> bytes:
    """Returns a body of files, refused by its length before it is read. Raises BadRequest, TooMuch, Busy."""
    desk.expect(request, secs_of_files, most)
    return await read_body(request, most)


def base_of(request: Request, settings: Settings) -> str:
    """Returns the public address of this server: scheme, host and path prefix, without a trailing slash."""
    origin = settings.origin or f"{request.url.scheme}://{request.url.netloc}"
    return origin + str(request.scope.get("root_path", ""))
