"""Reads the query string and the body of an HTTP request."""

from __future__ import annotations

from fastapi import Request

from ..metrics.placement import MOST_DEVICES
from ..problem import BadRequest, Problem
from ..request.schema import KEY_HELP
from ..settings import Settings
from .oembed import THUMBNAILS
from .openapi import EXAMPLE_DEVICES


def read_width(text: str | None) -> int:
    """Returns the width of a PNG. Raises BadRequest for one that we do not draw."""
    widths = [str(width) for width, _ in THUMBNAILS]
    text = widths[0] if text is None else text
    if text not in widths:
        raise BadRequest(Problem("width", repr(text[:20]), f"one of {', '.join(widths)}", "leave it out"))
    return int(text)


def read_devices(text: str | None) -> int:
    """Returns a number of devices. Raises BadRequest for one that is none."""
    if text is None:
        return EXAMPLE_DEVICES
    if text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST_DEVICES:
        return int(text)
    raise BadRequest(Problem("devices", repr(text[:20]), f"1 to {MOST_DEVICES}", "leave it out"))


def read_query(request: Request) -> dict[str, str]:
    """Returns the request keys of a query; others belong to the view. Raises BadRequest for a key given
    twice.
    """
    twice = [key for key in KEY_HELP if len(request.query_params.getlist(key)) > 1]
    if twice:
        raise BadRequest(*(Problem(key, "several", "one value", "leave out all but one") for key in twice))
    return {key: request.query_params[key] for key in KEY_HELP if key in request.query_params}


async def read_body(request: Request, most: int) -> bytes:
    """Returns the body; of one over `most` bytes a longer beginning, which its reader refuses."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > most:
            break
    return bytes(data)


def base_of(request: Request, settings: Settings) -> str:
    """Scheme, host and path prefix under which people reach this server, without a slash at the end."""
    origin = settings.origin or f"{request.url.scheme}://{request.url.netloc}"
    return origin + str(request.scope.get("root_path", ""))
