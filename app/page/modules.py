"""The page's scripts: which ones a page imports, and how they are sent."""

from __future__ import annotations

import re
from functools import lru_cache
from os.path import normpath
from pathlib import Path

START = ("main.js", "scene/stage.js")  # of every page; its panels are the third entry
IMPORT = re.compile(r"""^(?:import|export|\})[^'";]*?["'](\.{1,2}/[^"']+)["'];?$""", re.MULTILINE)
THREE = "vendor/three.js"
COMMENT = re.compile(r"^[ \t]*(?:/\*(?!!)(?:[^*]|\*(?!/))*\*/[ \t]*|//.*)$", re.MULTILINE)


def imported(folder: Path, *entries: str) -> list[str]:
    """The modules that these import, they themselves among them: paths in `folder`, and three.js beside it.

    A page that names them all can fetch them side by side, not one after another as it finds them.
    """
    found: list[Path] = []
    waiting = [folder / entry for entry in (*START, *entries)]
    while waiting:
        path = waiting.pop(0)
        if path not in found and path.is_file():
            found.append(path)
            waiting += imports_of(path, path.stat().st_mtime_ns)
    return [f"../{THREE}", *(path.relative_to(folder).as_posix() for path in found)]


@lru_cache(maxsize=1000)
def imports_of(path: Path, changed_ns: int) -> tuple[Path, ...]:
    """The files that a module imports statically, as it was when it changed."""
    names = IMPORT.findall(path.read_text(encoding="utf-8"))
    return tuple(Path(normpath(path.parent / name)) for name in names)


def without_comments(script: str) -> str:
    """A script without the comments that have lines of their own: a third of what would cross the wire.

    The lines stay, so that what a browser says of line 12 is about line 12.
    """
    return COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), script)
