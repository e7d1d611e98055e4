"""The words that the server writes into its pages and pictures, in the language of the view.

What crosses the wire is facts with a sentence in English; the page has words of its own (static/js/words/).
"""

from __future__ import annotations

from collections.abc import Mapping

from .english import ENGLISH
from .french import FRENCH
from .wording import Wording

__all__ = ["ENGLISH", "LANGUAGES", "Wording", "wording_of"]

LANGUAGES: Mapping[str, Wording] = {each.language: each for each in (ENGLISH, FRENCH)}


def wording_of(view: Mapping[str, str]) -> Wording:
    """Returns the words for a view: its key `lang`, or English where that is none of ours."""
    return LANGUAGES.get(view.get("lang", ""), ENGLISH)
