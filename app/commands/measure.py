"""`python -m app measure`: write models/measured.json, measuring what is new or has changed."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from ..measuring import results as file
from ..measuring.evaluation import measure
from ..measuring.heldout import HeldOut, hash_of
from ..settings import Settings
from ..sources.live.models import Models

SUMMARY = "measure the models on held-out text, and write measured.json beside them"


def add_command(commands: Any) -> None:
    """Add the command to the subparsers of `python -m app`."""
    parser: argparse.ArgumentParser = commands.add_parser("measure", help=SUMMARY, description=SUMMARY)
    parser.add_argument("names", nargs="*", metavar="MODEL", help="these alone; others stay as they are")
    parser.add_argument("--again", action="store_true", help="measure what has not changed, too")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Measure; 2 where there is nothing to measure with."""
    try:
        heldout = HeldOut.open(settings.models)
    except (OSError, ValueError) as error:
        print(f"{error}; `python -m app.training heldout` writes it", file=sys.stderr)
        return 2
    return measure_all(settings.models, heldout, options.names, options.again)


def measure_all(folder: Path, heldout: HeldOut, names: list[str], again: bool = False) -> int:
    """Measure the models of a folder, writing after each; 1 where one cannot be measured."""
    models = Models(folder)
    known = file.read(folder)
    listed = models.list()[0]
    entries = {name: known[name] for name in listed if name in known}
    failed = [name for name in names if name not in listed]
    for name in failed:
        print(f"{name}: expected one of {', '.join(listed)}", file=sys.stderr)
    for name in names or listed:
        if name not in listed:
            continue
        model, started = models.open(name), time.monotonic()
        if hash_of(model.listing.folder / "tokenizer.json") != heldout.tokenizer:
            print(f"{name}: passed over, its tokenizer is not that of the held-out text")
        elif file.is_right(entries.get(name), model.checkpoint.digest, heldout) and not again:
            print(f"{name}: as it was")
        else:
            entries[name] = measure(model, heldout)
            print(f"{name}: {entries[name]['loss']}, {time.monotonic() - started:.0f} s", flush=True)
        if name in entries:
            entries[name]["finished"] = (model.listing.folder / "training.json").exists()
    file.write(folder, heldout, {name: entries[name] for name in listed if name in entries})
    return 1 if failed else 0
