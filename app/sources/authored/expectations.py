"""Expectations of a scenario: statements that are checked on its trace.

Each kind is a small model with `broken(trace)`: None if the statement holds, else a description of what was
found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ...trace import RoutingTrace

Fraction = Annotated[float, Field(ge=0, lt=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Pair = Annotated[list[str], Field(min_length=2, max_length=2)]


class Expectation(BaseModel):
    """A statement that holds at every N of `experts` and every k of `k`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    experts: Annotated[list[Annotated[int, Field(ge=2, le=512)]], Field(min_length=1)] = [8, 16, 32, 64]
    k: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)] = [2]

    def __str__(self) -> str:
        """Returns the statement as written in its file."""
        fields = self.model_dump(exclude={"experts", "k"}, exclude_defaults=True)
        return ", ".join(f"{key} = {value!r}" for key, value in fields.items())

    def groups_named(self) -> Iterable[str]:
        """Returns the groups that the statement names; the scenario must have them."""
        return ()

    def texts_named(self) -> Iterable[str]:
        """Returns the token texts that the statement names; the scenario must have them."""
        return ()

    def broken(self, trace: RoutingTrace) -> str | None:
        """Returns None if the statement holds for the trace, else a description of what was found."""
        raise NotImplementedError


class SameExperts(Expectation):
    """In each layer, all tokens of `group` go to the same experts."""

    kind: Literal["same_experts"]
    group: str

    def groups_named(self) -> Iterable[str]:
        return (self.group,)

    def broken(self, trace: RoutingTrace) -> str | None:
        for layer, chosen in enumerate(by_layer(trace, rows_of(trace, self.group))):
            for row in chosen[1:]:
                if row != chosen[0]:
                    return f"layer {layer + 1}: {sorted(chosen[0])} and {sorted(row)}"
        return None


class DifferentExperts(Expectation):
    """No expert serves both groups, in any layer."""

    kind: Literal["different_experts"]
    groups: Pair

    def groups_named(self) -> Iterable[str]:
        return self.groups

    def broken(self, trace: RoutingTrace) -> str | None:
        one, other = (by_layer(trace, rows_of(trace, group)) for group in self.groups)
        for layer, (left, right) in enumerate(zip(one, other, strict=True)):
            if both := set().union(*left) & set().union(*right):
                return f"layer {layer + 1}: both use {sorted(both)}"
        return None


class Corner(Expectation):
    """Every expert of `group` lies between two fractions of the circle, counted upwards from the first."""

    kind: Literal["corner"]
    group: str
    between: Annotated[list[Fraction], Field(min_length=2, max_length=2)]

    def groups_named(self) -> Iterable[str]:
        return (self.group,)

    def broken(self, trace: RoutingTrace) -> str | None:
        start, end = self.between
        for layer, chosen in enumerate(by_layer(trace, rows_of(trace, self.group))):
            for expert in sorted(set().union(*chosen)):
                place = expert / trace.header.shape.experts
                if (place - start) % 1 > (end - start) % 1:
                    return f"layer {layer + 1}: expert {expert} at {place:.3f}"
        return None


class Reroutes(Expectation):
    """The same text shares no expert between two groups, from layer `from_layer` (from 1) on."""

    kind: Literal["reroutes"]
    text: str
    groups: Pair
    from_layer: Annotated[int, Field(ge=1)] = 1

    def groups_named(self) -> Iterable[str]:
        return self.groups

    def texts_named(self) -> Iterable[str]:
        return (self.text,)

    def broken(self, trace: RoutingTrace) -> str | None:
        one, other = (by_layer(trace, rows_of(trace, group, self.text)) for group in self.groups)
        for layer, (left, right) in enumerate(zip(one, other, strict=True)):
            if not left or not right:
                return f"no {self.text!r} in {self.groups[1 if left else 0]}"
            if layer + 1 >= self.from_layer and (both := set().union(*left) & set().union(*right)):
                return f"layer {layer + 1}: both use {sorted(both)}"
        return None


class Covers(Expectation):
    """The share of all (layer, expert) pairs that the prompt uses is between `at_least` and `at_most`."""

    kind: Literal["covers"]
    at_least: Share = 0
    at_most: Share = 1

    def broken(self, trace: RoutingTrace) -> str | None:
        shape = trace.header.shape
        used = [len(set().union(*chosen)) for chosen in by_layer(trace, range(len(trace.header.tokens)))]
        share = sum(used) / (shape.layers * shape.experts)
        return None if self.at_least <= share <= self.at_most else f"{share:.3f}"


class Stays(Expectation):
    """In `layer` (from 1; -1 is the last), this share of neighbouring tokens has the same first expert."""

    kind: Literal["stays"]
    layer: int
    at_least: Share = 0
    at_most: Share = 1

    def broken(self, trace: RoutingTrace) -> str | None:
        layer = self.layer - 1 if self.layer > 0 else self.layer
        if not -trace.header.shape.layers <= layer < trace.header.shape.layers:
            return f"a model of {trace.header.shape.layers} layers"
        first = trace.experts[:, layer, 0]
        share = float(np.mean(first[1:] == first[:-1])) if len(first) > 1 else 0.0
        return None if self.at_least <= share <= self.at_most else f"{share:.3f}"


Expect = Annotated[
    SameExperts | DifferentExperts | Corner | Reroutes | Covers | Stays, Field(discriminator="kind")
]


def rows_of(trace: RoutingTrace, group: str, text: str | None = None) -> list[int]:
    """Returns the tokens of a group, or those with the given text."""
    return [
        row
        for row, token in enumerate(trace.header.tokens)
        if token.group == group and text in (None, token.text)
    ]


def by_layer(trace: RoutingTrace, rows: Iterable[int]) -> Iterator[list[frozenset[int]]]:
    """Yields for each layer the sets of experts of the tokens."""
    chosen = trace.experts[list(rows)]  # [rows, L, K]
    for layer in range(trace.header.shape.layers):
        yield [frozenset(row[row >= 0].tolist()) for row in chosen[:, layer]]
