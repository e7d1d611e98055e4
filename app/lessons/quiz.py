"""Questions that the scene answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from ..problem import NAME, Strict, wrong
from .glossary_terms import Sentence
from .view_query import View

Choice = Annotated[str, Field(min_length=1, max_length=80)]
Choices = Annotated[list[Choice], Field(min_length=2, max_length=4)]


class QuestionWords(Strict):
    """A question in another language: the same number of choices, in the same order."""

    asks: Sentence
    choices: Choices
    says: Sentence


class Question(Strict):
    """A question over one view, and the view with its answer."""

    name: Annotated[str, Field(pattern=NAME)]  # key of the answer in the browser's storage
    asks: Sentence
    choices: Choices
    answer: Annotated[int, Field(ge=1)]  # index of the right choice, from 1
    view: View = ""  # view while it is asked
    shows: View  # view of the answer
    says: Sentence  # description of the answer's view in one sentence
    figures: Mapping[str, float] = Field(
        default_factory=dict
    )  # figures of `shows` that `says` and the right choice state
    fr: QuestionWords | None = None

    @model_validator(mode="after")
    def answer_is_a_choice(self) -> Self:
        if self.answer > len(self.choices):
            raise wrong("answer", self.answer, f"1 to {len(self.choices)}, one of the choices")
        if self.fr and len(self.fr.choices) != len(self.choices):
            raise wrong("fr.choices", len(self.fr.choices), f"{len(self.choices)} choices")
        return self

    def info(self, language: str = "en") -> dict[str, Any]:
        """Returns the question for the page: boot_types.js `QuestionInfo`."""
        words = self.fr if language == "fr" and self.fr else self
        return {
            "name": self.name,
            "asks": words.asks,
            "choices": list(words.choices),
            "answer": self.answer - 1,
            "view": self.view,
            "shows": self.shows,
            "says": words.says,
        }


class Quiz(Strict):
    """One file of questions."""

    questions: Annotated[list[Question], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def names_differ(self) -> Self:
        names = [question.name for question in self.questions]
        for i, name in enumerate(names):
            if name in names[:i]:
                raise wrong(f"questions.{i}.name", name, "a name that no other question has")
        return self
