"""Checks that scenarios, tours and questions load, and that their traces show what they state."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from ..lessons.check import check_lessons
from ..lessons.library import load_lessons
from ..problem import FileProblem
from ..request.available import Available
from ..request.view_keys import VIEW_KEY_NAMES
from ..routing import DEFAULT_ROUTER, ROUTERS
from ..settings import Settings
from ..shape import small_shape
from ..sources.authored.authored_trace import trace
from ..sources.authored.scenario import Scenario, load_scenarios
from ..sources.registry import KEYS_READ, SourceRegistry

SUMMARY = "check scenarios, tours and questions"


def check(folder: Path, known: Available | None = None) -> list[FileProblem]:
    """Returns all problems of the files in a folder.

    Live and recorded views of tours and questions are checked if `known` lists the models.
    """
    if not folder.is_dir():
        return [FileProblem(str(folder), "", "no such folder", "a folder of .toml files")]
    library = load_scenarios(folder)
    broken = [problem for scenario in library.scenarios.values() for problem in broken_promises(scenario)]
    lessons = load_lessons(folder)
    here = known or Available(tuple(library.scenarios), {}, sources=KEYS_READ)
    rotten = check_lessons(lessons, library.scenarios, here, VIEW_KEY_NAMES)
    return [*library.problems, *broken, *lessons.problems, *rotten]


def broken_promises(scenario: Scenario) -> Iterator[FileProblem]:
    """Yields the `expect` statements that fail for a scenario, with the first N and k of each."""
    for i, statement in enumerate(scenario.expect):
        for experts, k in product(statement.experts, statement.k):
            routed = trace(scenario, small_shape(experts, k), ROUTERS[DEFAULT_ROUTER])
            if found := statement.broken(routed):
                where = f" at experts={experts}, k={k}"
                yield FileProblem(f"{scenario.name}.toml", f"expect.{i}", found + where, str(statement))
                break


def add_command(commands: Any) -> None:
    """Adds the command to the subparsers of the command line."""
    commands.add_parser("check", help=SUMMARY, description=SUMMARY)


def run(settings: Settings) -> int:
    """Prints what is wrong with scenarios, tours and questions; returns 1 if anything is."""
    available = SourceRegistry(load_scenarios(settings.scenarios), settings.models).available
    problems = check(settings.scenarios, available)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{settings.scenarios}: nothing wrong")
    return 1 if problems else 0
