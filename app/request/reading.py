"""The state of one reading: the usable keys, and the problems so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..problem import Problem
from .available import Available


class Reading:
    """The keys of one request while they are read. Stages remove unusable keys."""

    def __init__(self, values: Mapping[str, Any], available: Available, changed: Collection[str]) -> None:
        self.values = dict(values)
        self.available = available
        self.changed = changed  # keys that the user just changed; empty: all keys have equal priority
        self.problems: dict[str, Problem] = {}

    def get(self, key: str, default: Any = None) -> Any:
        """Returns the value of a key that is still usable."""
        return self.values.get(key, default)

    def drop(self, *keys: str) -> None:
        """Removes keys without a problem."""
        for key in keys:
            self.values.pop(key, None)

    def reject(self, problem: Problem) -> None:
        """Removes a key and records the problem, unless the key merely predates a conflicting change."""
        self.drop(problem.field)
        if not self.changed or problem.field in self.changed:
            self.problems.setdefault(problem.field, problem)
