"""File names that contain a digest of the content, so that browsers may cache them forever."""

from __future__ import annotations

import re

DIGITS = 16
HASHED = re.compile(rf"(?P<stem>.+)\.(?P<digest>[0-9a-f]{{{DIGITS}}})(?P<suffix>\.[a-z0-9]+)")


def hashed_name(name: str, digest: str) -> str:
    """Returns the name with its digest: vendor/moescope.js -> vendor/moescope.0123456789abcdef.js."""
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}.{digest[:DIGITS]}{dot}{suffix}"


def plain_name(name: str) -> tuple[str, str]:
    """Returns the name without its digest, and the digest; "" if there is none."""
    found = HASHED.fullmatch(name)
    return (found["stem"] + found["suffix"], found["digest"]) if found else (name, "")
