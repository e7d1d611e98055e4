"""The bundles of scripts and styles from the build, and whether they are fresh."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

BUNDLES = {"en": "vendor/moescope.js", "fr": "vendor/moescope.fr.js"}  # each with the words of one language
FULL, EMBEDDED = "full_page.imports.css", "embed_page.imports.css"  # in css/ as imports, in vendor/ bundled
DIGEST = re.compile(rb"/\* ([0-9a-f]{64}) \*/")


def is_fresh(static: Path) -> bool:
    """Returns whether the bundles exist and match the current scripts and styles.

    A page then loads two files instead of a hundred. After an edit it loads modules until the next build.
    """
    built = [static / name for name in (*BUNDLES.values(), f"vendor/{FULL}", f"vendor/{EMBEDDED}")]
    if not all(path.is_file() for path in built):
        return False
    if not (static / "js").is_dir():
        return True  # an installed package has only the bundles
    stamps = tuple((path, path.stat().st_mtime_ns) for path in (*built, *sources(static)))
    return compare(static, stamps)


def style_of(static: Path, name: str) -> str:
    """Returns the path of FULL or EMBEDDED: bundled, or as imports if that is stale."""
    return f"{'vendor' if is_fresh(static) else 'css'}/{name}"


@lru_cache(maxsize=4)
def compare(static: Path, stamps: tuple[tuple[Path, int], ...]) -> bool:
    """Compares digests, once per change of the files."""
    named = set()
    for name in BUNDLES.values():
        with (static / name).open("rb") as bundle:
            found = DIGEST.match(bundle.read(100))
        named.add(found[1].decode() if found else None)
    return named == {page_digest(static)}


def page_digest(static: Path) -> str:
    """Returns the digest of the page's scripts and styles, as hatch_build.py computes it."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources(static))).hexdigest()


def sources(static: Path) -> list[Path]:
    """Returns the files of the bundles."""
    return [*sorted((static / "js").rglob("*.js")), *sorted((static / "css").glob("*.css"))]
