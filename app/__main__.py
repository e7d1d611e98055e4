"""The command line: `python -m app` serves; `check`, `params`, `export`, `measure` do one thing and end."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .commands import atlas as atlas_command
from .commands import compare, convert, inspect, record
from .commands import export as export_command
from .commands import measure as measure_command
from .commands import params as params_command
from .commands import serve as serve_command
from .commands.check import check as check_scenarios
from .settings import Settings
from .sources.authored.scenario import load_scenarios
from .sources.registry import SourceRegistry


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m app", description="Watch tokens route through a model.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    serve_command.add_command(commands)
    commands.add_parser("check", help="look over scenarios, tours and questions").set_defaults(run=check)
    params_command.add_command(commands)
    export_command.add_command(commands)
    measure_command.add_command(commands)
    captures = {"inspect": inspect, "convert": convert, "compare": compare, "record": record}
    for command in captures.values():
        command.add_command(commands)
    atlas_command.add_command(commands)
    options = parser.parse_args(arguments)
    if options.command in captures:
        return int(captures[options.command].run(options))
    if options.command == "params":
        return params_command.run(options)
    try:
        settings = Settings.from_env(os.environ)
    except ValueError as error:
        return fail(str(error))
    if options.command == "atlas":
        return atlas_command.run(settings, options)
    if options.command == "measure":
        return measure_command.run(settings, options)
    if options.command == "export":
        return export_command.run(settings, options)
    run = getattr(options, "run", serve_command.run)
    return int(run(settings))


def check(settings: Settings) -> int:
    """Print what is wrong with scenarios, tours and questions, and what they say untruly; 1 if any."""
    known = SourceRegistry(load_scenarios(settings.scenarios), settings.models).available
    problems = check_scenarios(settings.scenarios, known)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{settings.scenarios}: nothing wrong")
    return 1 if problems else 0


def fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
