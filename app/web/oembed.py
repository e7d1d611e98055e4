"""oEmbed 1.0: a site that was given a link to a view can show the view.

Specification: oembed.com. A provider answers with HTML of type "rich". HTML and thumbnail stay within
maxwidth and maxheight. The three fields of the thumbnail occur together or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from ..problem import BadRequest, Problem
from ..request.schema import KEY_HELP, SECOND_PREFIX
from ..wording import Wording

WIDTH, HEIGHT = 720, 450  # default frame size; static/js/embed/snippets.js repeats it
LOWEST = 380  # minimum height of a narrow frame, so that the counters fit beside the scene
THUMBNAILS = ((1200, 630), (600, 315))  # sizes of /preview.png
CACHE_SECS = 3600
PAGES = ("", "/", "/embed")
PORTS = {"http": 80, "https": 443}
SIZE = re.compile(r"[0-9]{1,6}")

# allow-same-origin gives the frame its own socket and storage. It is safe, because the host has another
# origin.
SANDBOX = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-downloads"


@dataclass(frozen=True)
class Room:
    """The consumer's limits on the size, in CSS pixels; None if not given."""

    width: int | None = None
    height: int | None = None

    @classmethod
    def read(cls, maxwidth: str | None, maxheight: str | None) -> Room:
        """Reads the limits from the query. Raises BadRequest with every problem."""
        given = {"maxwidth": maxwidth, "maxheight": maxheight}
        wrong = [
            Problem(name, repr(text[:20]), "a whole number of pixels from 1", "leave it out for any size")
            for name, text in given.items()
            if text is not None and not (SIZE.fullmatch(text) and int(text))
        ]
        if wrong:
            raise BadRequest(*wrong)
        return cls(*(None if text is None else int(text) for text in given.values()))

    def holds(self, width: int, height: int) -> bool:
        return (self.width is None or width <= self.width) and (self.height is None or height <= self.height)

    def frame(self) -> tuple[int, int]:
        """Returns width and height of the frame: the default, or about its proportion within the limits."""
        width = min(WIDTH, self.width or WIDTH)
        height = max(round(width * HEIGHT / WIDTH), LOWEST)
        return width, min(height, self.height or height)


def find_view(url: str, base: str) -> dict[str, str] | None:
    """Returns the keys of the view at an address of this site; None for any other address."""
    address, ours = split(url), split(base)
    if address is None or ours is None or place(address) != place(ours):
        return None
    if not address.path.startswith(ours.path) or address.path.removeprefix(ours.path) not in PAGES:
        return None
    pairs = parse_qsl(address.query, keep_blank_values=True)
    names = [name for name, _ in pairs if name.removeprefix(SECOND_PREFIX) in KEY_HELP]
    return dict(pairs) if len(names) == len(set(names)) else None


def split(url: str) -> SplitResult | None:
    """Returns the parts of a web address; None if it cannot be parsed."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises if it is not a number
    except ValueError:
        return None
    return parts if parts.scheme in PORTS and parts.hostname and "@" not in parts.netloc else None


def place(address: SplitResult) -> tuple[str | None, int | None]:
    """Returns host and port. Default ports of both schemes are equal, because a proxy may terminate TLS."""
    return address.hostname, None if address.port in (None, *PORTS.values()) else address.port


def describe(view: Mapping[str, str], base: str, title: str, words: Wording, room: Room) -> dict[str, Any]:
    """Returns the answer for a view of this site."""
    width, height = room.frame()
    return {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "provider_name": "Moescope",
        "provider_url": f"{base}/",
        "cache_age": CACHE_SECS,
        "html": frame(f"{base}/embed{query(view)}", words.frame_title.format(title=title), width, height),
        "width": width,
        "height": height,
        **thumbnail(view, base, room),
    }


def query(view: Mapping[str, str], **more: str) -> str:
    """Returns a query string with its question mark, or ""."""
    written = urlencode({**view, **more})
    return f"?{written}" if written else ""


def frame(address: str, title: str, width: int, height: int) -> str:
    """Returns HTML that shows a view in another site's page."""
    return (
        f'<iframe src="{escape(address)}" title="{escape(title)}" width="{width}" height="{height}" '
        f'style="max-width:100%;border:0" loading="lazy" sandbox="{SANDBOX}" allow="fullscreen"></iframe>'
    )


def thumbnail(view: Mapping[str, str], base: str, room: Room) -> dict[str, Any]:
    """Returns the largest preview picture within the limits: three fields or none."""
    for width, height in THUMBNAILS:
        if room.holds(width, height):
            smaller = {} if (width, height) == THUMBNAILS[0] else {"width": str(width)}
            return {
                "thumbnail_url": f"{base}/preview.png{query(view, **smaller)}",
                "thumbnail_width": width,
                "thumbnail_height": height,
            }
    return {}


def discovery(view: Mapping[str, str], base: str) -> str:
    """Returns the address of a page's oEmbed description."""
    page = f"{base}/{query(view)}"
    return f"{base}/oembed?{urlencode({'url': page, 'format': 'json'})}"
