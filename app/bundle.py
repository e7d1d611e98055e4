"""The page's scripts in one piece, as the build makes them, and whether that is still what static/js says."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

BUNDLE = "vendor/moescope.js"
DIGEST = re.compile(rb"/\* ([0-9a-f]{64}) \*/")


def is_fresh(static: Path) -> bool:
    """Whether the bundle is there and was made of the scripts as they are.

    Then a page loads one file instead of ninety. Whoever edits a script gets modules until the next build.
    """
    bundle = static / BUNDLE
    if not bundle.is_file():
        return False
    scripts = sorted((static / "js").rglob("*.js"))
    stamps = tuple((path, path.stat().st_mtime_ns) for path in (bundle, *scripts))
    return compare(static, stamps)


@lru_cache(maxsize=4)
def compare(static: Path, stamps: tuple[tuple[Path, int], ...]) -> bool:
    """The same, read once for each change."""
    with (static / BUNDLE).open("rb") as bundle:
        found = DIGEST.match(bundle.read(100))
    return found is not None and found[1].decode() == page_digest(static / "js")


def page_digest(folder: Path) -> str:
    """A name for the scripts of the page, as hatch_build.py computes it."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(folder.rglob("*.js")))).hexdigest()
