"""Scenarios: hand-authored routing in TOML files. The only reader of scenarios/*.toml.

scenarios/README.md explains the fields to authors.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from ...problem import NAME, FileProblem, Strict, problem_of, wrong
from .expectations import Expect, Fraction

MAX_TOKENS = 256

Places = Annotated[list[Fraction], Field(min_length=1, max_length=16)]  # of the circle; expert 0 is at 0
Strength = Annotated[float, Field(gt=0, le=1)]


class Group(Strict):
    """A kind of token: its preferred places on the ring, and how strongly. Logits are natural logarithms."""

    places: Places
    strengths: list[Strength] = []  # one per place; default: all 1
    sharpness: Annotated[float, Field(ge=0, le=20)] = 6.0  # logit of the expert at a place of strength 1
    width: Annotated[float, Field(gt=0, le=0.5)] = 0.06  # reach of a place, fraction of the circle
    noise: Annotated[float, Field(ge=0, le=5)] = 0.5  # standard deviation of the logits' noise
    drift: Annotated[float, Field(ge=-0.5, le=0.5)] = 0.0  # turns per layer

    @model_validator(mode="after")
    def strengths_match_places(self) -> Self:
        if len(self.strengths) not in (0, len(self.places)):
            raise wrong("strengths", self.strengths, f"{len(self.places)} numbers, one a place")
        return self


class ScenarioToken(Strict):
    """One token: its text, with the leading space that a tokenizer keeps, and its group."""

    text: Annotated[str, Field(min_length=1, max_length=64)]
    group: str
    early: str | None = None  # group of the first layer; upper layers blend towards `group`
    places: Places | None = None  # replaces the group's


Title = Annotated[str, Field(min_length=1, max_length=60)]
Teaches = Annotated[str, Field(min_length=1, max_length=240)]


class Translation(Strict):
    """The texts of a scenario in another language than English. The prompt is not translated."""

    title: Title
    teaches: Teaches
    groups: dict[str, Annotated[str, Field(min_length=1, max_length=40)]] = {}  # translations; others stay


class Scenario(Strict):
    """A prompt, the routing of each kind of token, and the expectations."""

    name: Annotated[str, Field(pattern=NAME)]  # the file name without .toml; not a field of the file
    title: Title
    teaches: Teaches  # what to look for, one sentence
    order: int = 100  # position in the menu, smaller first
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1
    groups: Annotated[dict[str, Group], Field(min_length=1)]
    tokens: Annotated[list[ScenarioToken], Field(min_length=1, max_length=MAX_TOKENS)]
    expect: list[Expect] = []
    fr: Translation | None = None

    @property
    def text(self) -> str:
        """Returns the prompt: the tokens' joined texts."""
        return "".join(token.text for token in self.tokens)

    def info(self, language: str = "en") -> dict[str, Any]:
        """Returns the entry of the page's menu. `lang` names the language of untranslated texts."""
        told = {"fr": self.fr}.get(language)
        if told is not None:
            names = {"title": told.title, "teaches": told.teaches, "group_names": told.groups}
            return {**self.info(), **names}
        other = {} if language == "en" else {"lang": "en"}
        return {
            "name": self.name,
            "title": self.title,
            "teaches": self.teaches,
            "text": self.text,
            "groups": list(self.groups),
            **other,
        }

    def title_in(self, language: str) -> str:
        """Returns the title in this language, else in English."""
        return str(self.info(language)["title"])

    @model_validator(mode="after")
    def names_exist(self) -> Self:
        texts = {token.text for token in self.tokens}
        for path, name in (*self.groups_used(), *self.groups_translated()):
            if name not in self.groups:
                raise wrong(path, name, f"one of the groups {', '.join(self.groups)}")
        for i, statement in enumerate(self.expect):
            for text in statement.texts_named():
                if text not in texts:
                    raise wrong(f"expect.{i}.text", text, "the text of a token")
        return self

    def groups_used(self) -> Iterator[tuple[str, str]]:
        """Yields every mention of a group, with the path of its field."""
        for i, token in enumerate(self.tokens):
            yield f"tokens.{i}.group", token.group
            if token.early is not None:
                yield f"tokens.{i}.early", token.early
        for i, statement in enumerate(self.expect):
            for name in statement.groups_named():
                yield f"expect.{i}", name

    def groups_translated(self) -> Iterator[tuple[str, str]]:
        """Yields every translated group, with the path of its field."""
        for name in self.fr.groups if self.fr else ():
            yield "fr.groups", name


@dataclass(frozen=True)
class Library:
    """The scenarios of a folder in menu order, and the problems of its other files."""

    scenarios: dict[str, Scenario]
    problems: list[FileProblem]


def load_scenarios(folder: Path) -> Library:
    """Reads every .toml file of a folder. A wrong file adds problems and does not affect others."""
    found: list[Scenario] = []
    problems: list[FileProblem] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            found.append(read_scenario(path))
        except ValidationError as error:
            problems += [problem_of(path.name, detail) for detail in error.errors(include_url=False)]
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            problems.append(FileProblem(path.name, "", str(error), "a readable TOML file in UTF-8"))
        except RecursionError:
            problems.append(FileProblem(path.name, "", "values nested too deeply", "a scenario"))
    found.sort(key=lambda scenario: (scenario.order, scenario.name))
    return Library({scenario.name: scenario for scenario in found}, problems)


def read_scenario(path: Path) -> Scenario:
    """Reads one file. Raises pydantic's ValidationError, TOMLDecodeError, UnicodeDecodeError or OSError."""
    return parse_scenario(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))


def parse_scenario(name: str, fields: dict[str, Any]) -> Scenario:
    """Checks the fields of a file. Raises pydantic's ValidationError."""
    if "name" in fields:  # it would be read as the file's own
        extra: InitErrorDetails = {"type": "extra_forbidden", "loc": ("name",), "input": fields["name"]}
        raise ValidationError.from_exception_data("Scenario", [extra])
    return Scenario.model_validate({**fields, "name": name})
