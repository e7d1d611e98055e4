"""The names that a request may use, with the sources that Moescope ships."""

from app.request.available import Available
from app.sources.registry import KEYS_READ


def offered(*names, **more):
    """Returns an `Available` with the keys that each shipped source reads."""
    return Available(*names, **{"sources": KEYS_READ} | more)
