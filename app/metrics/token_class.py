"""Classes of tokens by their text alone, such as number or punctuation."""

from __future__ import annotations

import re

from .metric import Metric

TOKEN_CLASS = Metric(
    "class_specialisation",
    "Jensen-Shannon divergence of the loads of the token classes of `CLASSES`",
    "zenodo 19457411: token type, not topic. The classes are Moescope's",
    unit="bits",
)
CLASSES = ("word", "piece", "number", "punctuation", "space", "mixed", "bytes", "special")
SPECIAL = re.compile(r"<[^<>\s]{1,40}>|\[[A-Z]{2,10}\]")
BYTES = re.compile(r"(?:.*\\x[0-9a-f]{2})+.*", re.DOTALL)


def class_of(text: str) -> str:
    """Returns the class of a token's text.

    word: letters after a space. piece: letters without a space before them. bytes: part of a character.
    mixed: anything else, such as letters with punctuation.
    """
    bare = text.strip()
    if SPECIAL.fullmatch(text):
        return "special"
    if BYTES.fullmatch(text):
        return "bytes"
    if not bare:
        return "space"
    if bare.isalpha():
        return "word" if text[:1].isspace() else "piece"
    if all(letter.isnumeric() for letter in bare):
        return "number"
    return "mixed" if any(letter.isalnum() for letter in bare) else "punctuation"
