"""The terms of the glossary, and sentences that mention them.

A sentence marks a term as `{load}`, or as `{dropped tokens|dropped}` where it stands there in other words.
What a term means is said in the page's language, in static/js/words/glossary.en.js and its sisters.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

TERMS = (
    "token",
    "layer",
    "expert",
    "router",
    "gate_score",
    "top_k",
    "combine_weight",
    "shared_expert",
    "capacity",
    "dropped",
    "load",
    "trace",
    "total_p",
    "active_p",
    "experts_hit",
    "max_violation",
    "bias",
    "collapse",
    "attention",
    "memory",
    "mode",
)
MARK = re.compile(r"\{([^{}|]*)(?:\|([^{}|]*))?\}")
SENTENCE_CHARS = 280


def marked(text: str) -> list[str]:
    """Returns the terms that a sentence mentions, as they are marked: "gate score" for `gate_score`."""
    return [(term or words).replace(" ", "_") for words, term in MARK.findall(text)]


def plain(text: str) -> str:
    """Returns the sentence as it is read."""
    return MARK.sub(r"\1", text)


def known_terms(text: str) -> str:
    """Raises where a marked term is none of the glossary's, or a brace stands alone."""
    for term in marked(text):
        if term not in TERMS:
            expected = f"a term of the glossary ({', '.join(TERMS)})"
            raise PydanticCustomError("wrong", "{expected}", {"expected": expected, "found": repr(term)})
    if "{" in plain(text) or "}" in plain(text):
        expected = "braces around terms alone, as in {load} or {dropped tokens|dropped}"
        raise PydanticCustomError("wrong", "{expected}", {"expected": expected, "found": repr(text[:60])})
    return text


Sentence = Annotated[str, Field(min_length=1, max_length=SENTENCE_CHARS), AfterValidator(known_terms)]
