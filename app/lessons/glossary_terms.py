"""The terms of the glossary, and sentences that mention them.

A sentence marks a term as `{load}`, or with other words as `{dropped tokens|dropped}`. The definitions are in
static/js/words/glossary.en.js and its translations.
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
    """Returns the marked terms of a sentence: "gate score" for `gate_score`."""
    return [(term or words).replace(" ", "_") for words, term in MARK.findall(text)]


def plain(text: str) -> str:
    """Returns the sentence without marks."""
    return MARK.sub(r"\1", text)


def known_terms(text: str) -> str:
    """Returns the text. Raises if a marked term is not in the glossary, or a brace is unpaired."""
    for term in marked(text):
        if term not in TERMS:
            expected = f"a term of the glossary ({', '.join(TERMS)})"
            raise PydanticCustomError("wrong", "{expected}", {"expected": expected, "found": repr(term)})
    if "{" in plain(text) or "}" in plain(text):
        expected = "braces around terms alone, as in {load} or {dropped tokens|dropped}"
        raise PydanticCustomError("wrong", "{expected}", {"expected": expected, "found": repr(text[:60])})
    return text


Sentence = Annotated[str, Field(min_length=1, max_length=SENTENCE_CHARS), AfterValidator(known_terms)]
