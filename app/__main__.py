"""The command line: `moescope COMMAND`, or `python -m app COMMAND` in a checkout. Default: serve."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from inspect import signature

from .commands.registry import COMMANDS, load
from .settings import Settings

CLOSED = 141  # a shell's status for a closed pipe: 128 + SIGPIPE


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given:
        given = ["serve"]
    options = parser_for(given[0]).parse_args(given)
    run = load(options.command).run
    wanted = signature(run).parameters
    try:
        settings = {"settings": Settings.from_env(os.environ)} if "settings" in wanted else {}
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        status = int(run(**settings, **({"options": options} if "options" in wanted else {})))
        sys.stdout.flush()
    except BrokenPipeError:  # as in `moescope inspect FILE | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # leaves nothing to flush at exit
        return CLOSED
    return status


def parser_for(name: str) -> argparse.ArgumentParser:
    """Returns the parser of the command line. Only the requested command adds its arguments."""
    parser = argparse.ArgumentParser(prog=program(), description="Show how an MoE model routes tokens.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for each, summary in COMMANDS.items():
        if each == name:
            load(each).add_command(commands)
        else:
            commands.add_parser(each, help=summary)
    return parser


def program() -> str:
    """Returns the name under which the program was started."""
    return "moescope" if __package__ == "moescope" else "python -m app"


if __name__ == "__main__":
    sys.exit(main())
