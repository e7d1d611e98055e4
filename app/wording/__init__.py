"""The words that the server writes into its pages and pictures, in the view's language.

The wire carries facts with a sentence in English. The page has its own words (static/js/words/).
"""

from __future__ import annotations

from collections.abc import Mapping

from .english import ENGLISH
from .french import FRENCH
from .wording import Wording

__all__ = ["ENGLISH", "LANGUAGES", "Wording", "wording_of"]

LANGUAGES: Mapping[str, Wording] = {each.language: each for each in (ENGLISH, FRENCH)}


def wording_of(view: Mapping[str, str]) -> Wording:
    """Returns the words for a view: those of its key `lang`, or English if the language is not supported."""
    return LANGUAGES.get(view.get("lang", ""), ENGLISH)
