"""`convert FILE -o OUT`: a capture as Moescope's own file, or as a file for other tools."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..formats.bounds import no_routing
from ..formats.capture import Capture
from ..formats.exports import EXPORTS, logical_count
from ..formats.findings import CaptureError
from ..formats.model_facts import ModelFacts
from ..formats.to_trace import to_trace
from ..trace import RoutingTrace
from .capture_options import add_options, chosen, problem_of, read_with

COUNT = "logical_count"


def add_command(commands: Any) -> None:
    """Adds the command."""
    command = commands.add_parser("convert", help="write a capture as a trace, a table or counts")
    command.add_argument(
        "file", type=Path, nargs="+", help="file or folder that an engine, a hook or a person wrote"
    )
    told = "file to write; a folder (its name ends in /) gets an atlas of all files"
    command.add_argument("-o", "--output", required=True, metavar="OUT", help=told)
    names = [*EXPORTS, COUNT]
    command.add_argument("--to", choices=names, help="what to write; by the end of OUT's name else")
    add_options(command)


def run(options: argparse.Namespace) -> int:
    """Writes the file; nothing is written where the capture cannot be read. Findings go to standard error."""
    to_atlas = options.output.endswith("/") or Path(options.output).is_dir()
    files, options.output = options.file, Path(options.output)
    if to_atlas:
        return convert_to_atlas(files, options)
    if len(files) > 1:
        print("convert: expected one file, got several; a folder, as in OUT/, takes all", file=sys.stderr)
        return 2
    (options.file,) = files
    try:
        captures, facts = read_with(options, options.file)
        capture = chosen(captures, options)
        data = converted(capture, facts, kind_of(options))
        write_whole(options.output, data)
    except (CaptureError, OSError) as error:
        print(problem_of(error, options.file), file=sys.stderr)
        return 2
    for finding in capture.findings:
        print(f"{finding.level} {finding.code}: {finding.message}", file=sys.stderr)
    print(f"{options.output}: {len(data):,} bytes")
    return 0


def convert_to_atlas(files: list[Path], options: argparse.Namespace) -> int:
    """Writes the traces of all files as an atlas; returns 2 with a message where one cannot be read."""
    from ..atlas.dataset.manifest import AtlasError
    from ..atlas.recording.convert import convert

    def read(path: Path) -> Iterator[RoutingTrace]:
        captures, facts = read_with(options, path)
        return (to_trace(capture, facts) for capture in captures)

    try:
        known = convert(options.output, files, read)
    except (AtlasError, CaptureError, ValueError, OSError) as error:
        print(f"convert: {error}", file=sys.stderr)
        return 2
    print(f"{options.output}: {known.documents:,} documents, {known.tokens:,} tokens")
    return 0


def kind_of(options: argparse.Namespace) -> str:
    """Returns the kind of output. Raises CaptureError if neither the name nor an option gives it."""
    kind = options.to or options.output.suffix.removeprefix(".")
    if kind not in (*EXPORTS, COUNT):
        expected = f"a name that ends in {', '.join(f'.{one}' for one in EXPORTS)}"
        raise no_routing("--output", expected, options.output.name, "or say which with --to")
    return str(kind)


def converted(capture: Capture, facts: ModelFacts | None, kind: str) -> bytes:
    """Returns the file's bytes. Raises CaptureError if the capture lacks what the kind needs."""
    if kind == COUNT:
        return logical_count(capture, facts.layers if facts else None)
    return EXPORTS[kind](to_trace(capture, facts))


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file atomically. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise
