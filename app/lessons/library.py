"""The only reader of scenarios/tours/*.toml and scenarios/quiz/*.toml. A wrong file stops nothing."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from app.lessons.quiz import Question, Quiz
from app.lessons.tour import Tour
from app.scenario import Problem, Strict, problem_of

Lesson = TypeVar("Lesson", bound=Strict)


@dataclass(frozen=True)
class Lessons:
    """The tours and questions of a folder, in their order, and what is wrong with its other files."""

    tours: dict[str, Tour]
    questions: tuple[Question, ...]
    problems: list[Problem]

    def info(self, language: str = "en") -> dict[str, list[dict[str, Any]]]:
        """What the page is told."""
        return {
            "tours": [tour.info(language) for tour in self.tours.values()],
            "questions": [question.info(language) for question in self.questions],
        }


def load_lessons(folder: Path) -> Lessons:
    """Read the tours and questions that lie beside the scenarios of a folder."""
    problems: list[Problem] = []
    tours = list(read_all(folder / "tours", Tour, problems, named=True))
    tours.sort(key=lambda tour: (tour.order, tour.name))
    quizzes = read_all(folder / "quiz", Quiz, problems)
    questions = tuple(question for quiz in quizzes for question in quiz.questions)
    return Lessons({tour.name: tour for tour in tours}, questions, problems)


def read_all(
    folder: Path, kind: type[Lesson], problems: list[Problem], named: bool = False
) -> Iterator[Lesson]:
    """Every file of a folder; one that is wrong becomes problems."""
    for path in sorted(folder.glob("*.toml")):
        file = f"{folder.name}/{path.name}"
        try:
            fields = tomllib.loads(path.read_text(encoding="utf-8"))
            if named and "name" in fields:  # it would be taken for the file's
                problems.append(Problem(file, "name", "an unknown field", "the file's own name alone"))
                continue
            yield kind.model_validate({**fields, **({"name": path.stem} if named else {})})
        except ValidationError as error:
            problems += [problem_of(file, detail) for detail in error.errors(include_url=False)]
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            problems.append(Problem(file, "", str(error), "a readable TOML file in UTF-8"))
