"""Guided tours: captions and their views, each an ordinary link."""

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
    """The title of a tour in another language."""

    title: Title
    summary: Summary


class TourStep(Strict):
    """One view and its caption."""

    caption: Sentence
    fr: Sentence | None = None  # the caption in French
    view: View
    figures: Mapping[str, float] = Field(
        default_factory=dict
    )  # figures that the caption states, by the names of app/lessons/caption_figures.py


class Tour(Strict):
    """A series of views."""

    name: Annotated[str, Field(pattern=NAME)]  # the file name without .toml; not a field of the file
    title: Title
    summary: Summary
    order: int = 100  # position in the list, smaller first
    fr: TourWords | None = None
    steps: Annotated[list[TourStep], Field(min_length=1, max_length=12)]

    def info(self, language: str = "en") -> dict[str, Any]:
        """Returns the tour for the page (boot_types.js `TourInfo`). English replaces missing text."""
        words = self.fr if language == "fr" and self.fr else self
        steps = [
            {"caption": (language == "fr" and step.fr) or step.caption, "view": step.view}
            for step in self.steps
        ]
        return {"name": self.name, "title": words.title, "summary": words.summary, "steps": steps}
