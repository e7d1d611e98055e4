"""`inspect FILE`: shows the content of a capture and whether it is sound."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..formats.capture import Capture
from ..formats.findings import CaptureError, Finding
from ..formats.model_facts import ModelFacts
from .capture_options import add_options, chosen, problem_of, read_with

SOUND, FINDINGS, UNREADABLE = 0, 1, 2
MARKS = {"error": "ERROR", "warning": "WARNING", "info": "info"}


def add_command(commands: Any) -> None:
    """Adds the command."""
    command = commands.add_parser("inspect", help="say what is in a capture, and whether it is sound")
    command.add_argument("file", type=Path, help="file or folder that an engine, a hook or a person wrote")
    command.add_argument("--json", action="store_true", help="print JSON")
    add_options(command)


def run(options: argparse.Namespace) -> int:
    """Prints what is in the file; 0 if sound, 1 with warnings or errors, 2 not readable."""
    try:
        captures, facts = read_with(options, options.file)
        capture = chosen(captures, options)
    except (CaptureError, OSError) as error:
        return refuse(problem_of(error, options.file), options)
    if options.json:
        print(json.dumps(capture.to_json(), ensure_ascii=False))
    else:
        print(text_of(capture, options.file, facts))
    return SOUND if all(one.level == "info" for one in capture.findings) else FINDINGS


def refuse(error: CaptureError, options: argparse.Namespace) -> int:
    """Prints the error of an unreadable file."""
    empty = dict.fromkeys(
        ("kind", "tokens", "rows", "layers", "moe_layers", "experts", "k", "weights", "scores")
    )
    if options.json:
        fields = {"format": error.format, **empty, "findings": [error.finding.to_json()]}
        print(json.dumps(fields, ensure_ascii=False))
    else:
        print(f"{options.file}: not readable\n\n{finding_line(error.finding)}")
    return UNREADABLE


def text_of(capture: Capture, path: Path, facts: ModelFacts | None) -> str:
    """Returns the report as text for a terminal."""
    lines = [f"{path}: {capture.format}, {capture.kind}", ""]
    lines += [f"  {name:<9} {value}" for name, value in rows_of(capture, facts)]
    lines += ["", *(f"  note: {note}" for note in capture.notes)] if capture.notes else []
    lines.append("")
    lines += [finding_line(finding) for finding in capture.findings]
    if all(finding.level == "info" for finding in capture.findings):
        lines.append("  sound: nothing speaks against it")
    return "\n".join(lines)


def rows_of(capture: Capture, facts: ModelFacts | None) -> list[tuple[str, str]]:
    """Returns names and values of the file's content."""
    rows = [("engine", capture.engine)]
    rows += [("model", capture.model)] if capture.model else []
    rows += (
        [("answer", f"{capture.choice} of {capture.choices}; choose with --choice")]
        if capture.choices > 1
        else []
    )
    rows.append(("tokens", tokens_text(capture)))
    rows.append(("layers", layers_text(capture)))
    rows.append(("experts", experts_text(capture)))
    has = [name for name, held in columns_of(capture) if held]
    rows.append(("has", ", ".join(has)))
    rows.append(
        ("config", "none; sizes are what the file shows" if facts is None else facts.model_type or "given")
    )
    rows += [("text", shortened(capture.text))] if capture.text else []
    return rows


def columns_of(capture: Capture) -> list[tuple[str, bool]]:
    """Returns the possible columns of a capture, and whether it has each."""
    return [
        ("ids", capture.ids is not None),
        ("weights", capture.weights is not None),
        ("logits", capture.logits is not None),
        ("scores", capture.scores is not None),
        ("counts", capture.counts is not None),
        ("token ids", any(token.id is not None for token in capture.tokens)),
    ]


def tokens_text(capture: Capture) -> str:
    """Returns the number of tokens, and of tokens with routing."""
    if capture.kind == "counts":
        passes = capture.counted_passes
        return "counts alone" if passes is None else f"counts of {passes} passes of a token"
    return f"{len(capture.tokens)}, {capture.rows} with routing"


def layers_text(capture: Capture) -> str:
    """Returns the number of layers, and which have experts."""
    numbers = capture.layers
    if not numbers:
        return "none with experts"
    whole = numbers == tuple(range(numbers[0], numbers[-1] + 1))
    which = f"{numbers[0]} to {numbers[-1]}" if whole else ", ".join(str(one) for one in numbers[:12])
    return f"{capture.stored_layers} stored, {len(numbers)} with experts: {which}"


def experts_text(capture: Capture) -> str:
    """Returns N and k, if known."""
    experts = str(capture.experts) if capture.experts else f"at least {capture.experts_at_least}"
    return f"{experts} a layer, {capture.k or 'an unknown number'} a token"


def shortened(text: str) -> str:
    """Returns a text on one line."""
    shown = json.dumps(text, ensure_ascii=False)
    return shown if len(shown) <= 90 else f"{shown[:86]}..."


def finding_line(finding: Finding) -> str:
    """Returns a finding as one paragraph."""
    return f"  {MARKS[finding.level]} {finding.code}: {finding.message}"
