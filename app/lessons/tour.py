"""Guided tours: captions and the views that they are about, each an ordinary link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from ..problem import NAME, Strict
from .glossary_terms import Sentence
from .view_query import View

Title = Annotated[str, Field(min_length=1, max_length=60)]
Summary = Annotated[str, Field(min_length=1, max_length=160)]


class TourWords(Strict):
    """What a tour is called in another language."""

    title: Title
    summary: Summary


class TourStep(Strict):
    """One view, and what to see in it."""

    caption: Sentence
    fr: Sentence | None = None  # the caption in French
    view: View
    figures: Mapping[str, float] = Field(
        default_factory=dict
    )  # what the caption says in numbers, by the names of app/lessons/caption_figures.py


class Tour(Strict):
    """A walk through views."""

    name: Annotated[str, Field(pattern=NAME)]  # of the file, without .toml; not a field of it
    title: Title
    summary: Summary
    order: int = 100  # place in the list, smaller first
    fr: TourWords | None = None
    steps: Annotated[list[TourStep], Field(min_length=1, max_length=12)]

    def info(self, language: str = "en") -> dict[str, Any]:
        """What the page shows: types.js `TourInfo`. Words that are not there in a language are English."""
        words = self.fr if language == "fr" and self.fr else self
        steps = [
            {"caption": (language == "fr" and step.fr) or step.caption, "view": step.view}
            for step in self.steps
        ]
        return {"name": self.name, "title": words.title, "summary": words.summary, "steps": steps}
