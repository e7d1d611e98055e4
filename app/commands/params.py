"""`python -m app params FILE`: count the parameters of a config.json."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ..published.architectures.config_fields import ConfigError
from ..published.architectures.registry import load_config, read_config
from ..published.memory import GIGABYTE
from ..published.parameters import Parameters
from ..published.report import report, report_text

SUMMARY = "count the parameters of a Hugging Face config.json"


def add_command(commands: Any) -> None:
    """Add the command to the subparsers of `python -m app`; `options.run(options)` then runs it."""
    parser: argparse.ArgumentParser = commands.add_parser("params", help=SUMMARY, description=SUMMARY)
    parser.add_argument("file", type=Path, metavar="FILE", help="a config.json")
    parser.add_argument("--json", action="store_true", help="print JSON: total, active, parts and the rest")
    parser.add_argument(
        "--device", type=gigabytes, default=80.0, metavar="GB", help="memory of a device (80)"
    )
    parser.set_defaults(run=run)


def gigabytes(text: str) -> float:
    """A positive amount of memory. Raises argparse's error otherwise."""
    try:
        amount = float(text)
    except ValueError:
        amount = 0.0
    if not 1 / GIGABYTE <= amount <= GIGABYTE:
        raise argparse.ArgumentTypeError(f"expected gigabytes, such as 80, got {text!r}")
    return amount


def run(options: argparse.Namespace) -> int:
    """Print the count; 2 where the file cannot be counted."""
    try:
        parameters = Parameters(read_config(load_config(options.file)))
    except ConfigError as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return 2
    found = report(parameters, int(options.device * GIGABYTE))
    print(json.dumps(found, indent=2) if options.json else report_text(found))
    return 0
