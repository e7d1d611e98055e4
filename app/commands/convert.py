"""`convert FILE -o OUT`: a capture as Moescope's own file, or as a file for other tools."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from ..formats.bounds import no_routing
from ..formats.capture import Capture
from ..formats.exports import EXPORTS, logical_count
from ..formats.findings import CaptureError
from ..formats.model_facts import ModelFacts
from ..formats.to_trace import to_trace
from .capture_options import add_options, chosen, problem_of, read_with

COUNT = "logical_count"


def add_command(commands: Any) -> None:
    """Adds the command."""
    command = commands.add_parser("convert", help="write a capture as a trace, a table or counts")
    command.add_argument("file", type=Path, help="file or folder that an engine, a hook or a person wrote")
    command.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="file to write")
    names = [*EXPORTS, COUNT]
    command.add_argument("--to", choices=names, help="what to write; by the end of OUT's name else")
    add_options(command)


def run(options: argparse.Namespace) -> int:
    """Writes the file; nothing is written where the capture cannot be read. Findings go to standard error."""
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


def kind_of(options: argparse.Namespace) -> str:
    """Returns what to write. Raises CaptureError where neither the name nor an option says."""
    kind = options.to or options.output.suffix.removeprefix(".")
    if kind not in (*EXPORTS, COUNT):
        expected = f"a name that ends in {', '.join(f'.{one}' for one in EXPORTS)}"
        raise no_routing("--output", expected, options.output.name, "or say which with --to")
    return str(kind)


def converted(capture: Capture, facts: ModelFacts | None, kind: str) -> bytes:
    """Returns the file's bytes. Raises CaptureError where the capture has not what it takes."""
    if kind == COUNT:
        return logical_count(capture, facts.layers if facts else None)
    return EXPORTS[kind](to_trace(capture, facts))


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file that is whole from the moment it is there. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise
