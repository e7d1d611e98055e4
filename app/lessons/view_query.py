"""A view as the query string of its address."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

LESSON_KEYS = ("tour", "at", "quiz", "v")  # keys that the page adds


def query(text: str) -> str:
    """Returns the text. Raises if it is no query string, repeats a key, or has one that the page adds."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict")
    except ValueError:
        raise wrong(text, "what stands behind the ? of an address, such as scenario=code&k=4") from None
    keys = [key for key, _ in pairs]
    for key in keys:
        if key in LESSON_KEYS:
            raise wrong(key, f"an address without {', '.join(LESSON_KEYS)}, which the page adds")
        if keys.count(key) > 1:
            raise wrong(key, "each key once")
    return text


def wrong(found: str, expected: str) -> PydanticCustomError:
    return PydanticCustomError("wrong", "{expected}", {"expected": expected, "found": repr(found[:80])})


View = Annotated[str, AfterValidator(query)]


def keys_of(view: str) -> dict[str, str]:
    """Returns the keys of a view and their values."""
    return dict(parse_qsl(view, keep_blank_values=True))
