"""The state of one reading: the keys that are still in use, and the problems so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..problem import Problem
from .available import Available


class Reading:
    """The keys of one request while they are read. Stages remove keys that cannot be used."""

    def __init__(self, values: Mapping[str, Any], available: Available, changed: Collection[str]) -> None:
        self.values = dict(values)
        self.available = available
        self.changed = changed  # keys a person just changed; empty: all keys count the same
        self.problems: dict[str, Problem] = {}

    def get(self, key: str, default: Any = None) -> Any:
        """Returns the value of a key that is still in use."""
        return self.values.get(key, default)

    def drop(self, *keys: str) -> None:
        """Removes keys without a word."""
        for key in keys:
            self.values.pop(key, None)

    def reject(self, problem: Problem) -> None:
        """Removes a key and keeps the reason, unless the key stood there before the change of another."""
        self.drop(problem.field)
        if not self.changed or problem.field in self.changed:
            self.problems.setdefault(problem.field, problem)
