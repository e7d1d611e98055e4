"""How a wrong value stands in a message."""

from __future__ import annotations

SHOWN_CHARS = 60


def show(value: object) -> str:
    """A value in a message: quoted, what cannot be printed escaped, and cut where it is long."""
    return cut(repr(value))


def cut(text: str) -> str:
    """The text, or its beginning and its length."""
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}... ({len(text)} characters)"
