"""Which format a file is in."""

from __future__ import annotations

from .bounds import no_routing
from .opened import Opened
from .registry import ALL, FORMATS, Format


def format_of(opened: Opened, asked: str | None = None) -> Format:
    """Returns the format that was asked for, else the first that recognises the file. Raises CaptureError."""
    if asked is not None:
        if asked not in FORMATS:
            raise no_routing(
                "--format", f"one of {', '.join(FORMATS)}", repr(asked[:60]), "name one of these"
            )
        return FORMATS[asked]
    chosen = next((one for one in ALL if one.matches(opened)), None)
    if chosen is None:
        found = f"{opened.container} of no known shape"
        raise no_routing(opened.name, "a capture", found, "see docs/CAPTURES.md, or name its --format")
    return chosen
