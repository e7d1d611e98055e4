"""`open FILE...`: serves the page with these files as its folder of traces, and opens it on the first."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

from ..formats.findings import CaptureError
from ..settings import Settings
from ..sources.recorded.trace_folder import BESIDE, TraceFolder
from .serve import serve

SUMMARY = "serve the page on files that an engine, a hook or a person wrote, and open it"
Serve = Callable[[Settings, str], int]  # settings, and the address after its first slash


def add_command(commands: Any) -> None:
    """Adds the command."""
    command = commands.add_parser("open", help=SUMMARY, description=SUMMARY)
    command.add_argument("files", type=Path, nargs="+", metavar="FILE", help="captures; two are compared")
    command.add_argument("--config", type=Path, help="config.json of the model; the one beside the file else")
    command.add_argument("--tokenizer", type=Path, help="tokenizer.json, which gives tokens their texts")


def run(settings: Settings, options: argparse.Namespace, serve: Serve = serve) -> int:
    """Serves until told to stop; 2 where a file is not there."""
    missing = [path for path in options.files if not path.exists()]
    if missing:
        print(f"{missing[0]}: expected a file or folder, got nothing; check the path", file=sys.stderr)
        return 2
    with view_of(options) as folder:
        names = [name for name in ordered(folder, options.files) if print_findings(folder, name)]
        pair = {"b.trace": names[1]} if len(names) == 2 else {}
        query = f"?{urlencode({'source': 'trace', 'trace': names[0], **pair})}" if names else ""
        return serve(replace(settings, traces=folder), query)


@contextmanager
def view_of(options: argparse.Namespace) -> Iterator[Path]:
    """Yields a folder with one subfolder per file, with its config and tokenizer."""
    with TemporaryDirectory(prefix="moescope-") as place:
        for number, path in enumerate(options.files, 1):
            own = Path(place) / str(number)
            own.mkdir()
            take(path, own / path.resolve().name)
            beside = path if path.is_dir() else path.parent
            for name, given in (("config.json", options.config), ("tokenizer.json", options.tokenizer)):
                if given or (beside / name).is_file():
                    take(given or beside / name, own / name)
        yield Path(place)


def take(path: Path, target: Path) -> None:
    """Links a file or folder into the view, or copies it if the disk has no hard links."""
    if path.is_dir():
        target.mkdir(exist_ok=True)
        for each in path.iterdir():
            if not each.is_symlink():
                take(each, target / each.name)
    elif not target.exists():
        try:
            os.link(path.resolve(), target)
        except OSError:
            copy(path, target)


def copy(path: Path, target: Path) -> None:
    """Copies a file in pieces."""
    with path.open("rb") as source, target.open("wb") as place:
        while piece := source.read(2**20):
            place.write(piece)


def ordered(folder: Path, files: list[Path]) -> list[str]:
    """Returns the names of the files in the view, in the order in which they were given."""
    named = TraceFolder(folder).names()
    order = {str(number): number for number in range(1, len(files) + 1)}
    return sorted(
        (name for name in named if Path(name).name not in BESIDE), key=lambda n: order[n.split("/")[0]]
    )


def print_findings(folder: Path, name: str) -> bool:
    """Prints the findings of a file; returns whether it has a trace."""
    try:
        held = TraceFolder(folder).read(name)
    except (CaptureError, OSError) as error:
        print(error, file=sys.stderr)
        return False
    for finding in held.capture.findings:
        print(f"{Path(name).name}: {finding.level}: {finding.code}: {finding.message}")
    return held.trace is not None
