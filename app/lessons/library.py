"""The only reader of scenarios/tours/*.toml and scenarios/quiz/*.toml. Wrong files are reported alone."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from ..problem import FileProblem, Strict, problem_of
from .quiz import Question, Quiz
from .tour import Tour
from .view_query import keys_of

Lesson = TypeVar("Lesson", bound=Strict)


@dataclass(frozen=True)
class Lessons:
    """The tours and questions of a folder in order, and the problems of its other files."""

    tours: dict[str, Tour]
    questions: tuple[Question, ...]
    problems: list[FileProblem]

    def filled(self, query: Mapping[str, str]) -> Mapping[str, str]:
        """Returns the keys of a short link, extended by those of its step (view/lessons.js, `withLesson`)."""
        own = None if "v" in query else self.view_of(query)
        return query if own is None else {**keys_of(own), **query}

    def view_of(self, query: Mapping[str, str]) -> str | None:
        """Returns the view of the step or question that a query names."""
        tour = self.tours.get(query.get("tour", ""))
        at, quiz = query.get("at", "1"), query.get("quiz", "")
        if tour is not None:
            return tour.steps[int(at) - 1 if at in numbers(len(tour.steps)) else 0].view
        return self.questions[int(quiz) - 1].view if quiz in numbers(len(self.questions)) else None

    def info(self, language: str = "en") -> dict[str, list[dict[str, Any]]]:
        """Returns the tours and questions for the page."""
        return {
            "tours": [tour.info(language) for tour in self.tours.values()],
            "questions": [question.info(language) for question in self.questions],
        }


def numbers(count: int) -> list[str]:
    """Returns the numbers that a link may use: 1, 2, ..."""
    return [str(number + 1) for number in range(count)]


def load_lessons(folder: Path) -> Lessons:
    """Reads the tours and questions in the subfolders of a scenario folder."""
    problems: list[FileProblem] = []
    tours = list(read_all(folder / "tours", Tour, problems, named=True))
    tours.sort(key=lambda tour: (tour.order, tour.name))
    quizzes = read_all(folder / "quiz", Quiz, problems)
    questions = tuple(question for quiz in quizzes for question in quiz.questions)
    return Lessons({tour.name: tour for tour in tours}, questions, problems)


def read_all(
    folder: Path, kind: type[Lesson], problems: list[FileProblem], named: bool = False
) -> Iterator[Lesson]:
    """Yields the lessons of a folder; a wrong file adds problems."""
    for path in sorted(folder.glob("*.toml")):
        file = f"{folder.name}/{path.name}"
        try:
            fields = tomllib.loads(path.read_text(encoding="utf-8"))
            if named and "name" in fields:  # it would be read as the file's own
                problems.append(FileProblem(file, "name", "an unknown field", "the file's own name alone"))
                continue
            yield kind.model_validate({**fields, **({"name": path.stem} if named else {})})
        except ValidationError as error:
            problems += [problem_of(file, detail) for detail in error.errors(include_url=False)]
        except (RecursionError, tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            problems.append(FileProblem(file, "", str(error), "a readable TOML file in UTF-8"))
