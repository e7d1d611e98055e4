"""`python -m app measure`: write models/measured.json, measuring what is new or has changed."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from ..measuring.evaluation import measure_all
from ..measuring.heldout import HeldOut
from ..settings import Settings

SUMMARY = "measure the models on held-out text, and write measured.json beside them"


def add_command(commands: Any) -> None:
    """Adds the command to the subparsers of `python -m app`."""
    parser: argparse.ArgumentParser = commands.add_parser("measure", help=SUMMARY, description=SUMMARY)
    parser.add_argument("names", nargs="*", metavar="MODEL", help="measure only these models")
    parser.add_argument("--again", action="store_true", help="also measure models that have not changed")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Measures the models. Returns 2 if there is nothing to measure with."""
    try:
        heldout = HeldOut.open(settings.models)
    except (OSError, ValueError) as error:
        print(f"{error}; `python -m app.training heldout` writes it", file=sys.stderr)
        return 2
    return measure_all(settings.models, heldout, options.names, options.again)
