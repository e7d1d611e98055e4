"""What one request's part of a file holds, as it stands there, before it is placed on tokens and layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..trace import Token
from .findings import Finding

Array = NDArray[Any]
Span = Literal["all", "moe"]
FARTHEST = 1000  # tokens for one row, where rows are left out
MOST_LEFT_OUT = 100_000  # tokens without rows in any case


@dataclass
class Stored:
    """Rows R, stored layers S, places K, experts N, passes P. One array at least is there."""

    engine: str
    ids: Array | None = None  # [R, S, K] integers; below 0: no expert
    weights: Array | None = None  # [R, S, K]
    logits: Array | None = None  # [R, S, N]
    scores: Array | None = None  # [R, S, N], where the file calls them probabilities
    counts: Array | None = None  # [P, S, N]
    layers: tuple[int, ...] | None = None  # numbers of the stored layers, from 0, where the file has them
    span: Span | None = None  # which layers the engine stores, where it has no numbers
    positions: NDArray[np.int64] | None = None  # [R] token of each row; None: they follow one another
    tokens: tuple[Token, ...] | None = None  # of all tokens, as far as they are known
    total: int | None = None  # number of tokens, where the file states it
    prompt: int | None = None  # how many of them are the prompt, where the file states it
    sampled_last: bool = False  # the last token was sampled and never went through the model
    late_start: bool = False  # the engine may leave out rows at the beginning
    late_layers: frozenset[int] = frozenset()  # stored layers whose rows belong to the last tokens
    text: str | None = None
    experts: int | None = None  # N, where the file states it
    small_type: bool = False  # ids are kept in 8 bits without a sign
    zero_is_empty: bool = False  # padding is written as expert 0
    model: str | None = None
    k: int | None = None  # where the file states it beside counts
    rule: tuple[float, float] | None = None  # least and largest sum of weights, where the file says
    notes: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def tokens_of(ids: list[int] | tuple[int, ...], texts: list[str] | None = None) -> tuple[Token, ...]:
    """Returns tokens from vocabulary ids, with their texts if there are some."""
    if texts is not None and len(texts) == len(ids):
        return tuple(Token(text, id=int(one)) for one, text in zip(ids, texts, strict=True))
    return tuple(Token("", id=int(one)) for one in ids)


def tokens_at(known: Mapping[int, Token]) -> tuple[Token, ...] | None:
    """Returns all tokens up to the last one that is known; None if nearly all would be unknown."""
    total = max(known, default=-1) + 1
    if not known or min(known) < 0 or total > FARTHEST * len(known) + MOST_LEFT_OUT:
        return None
    return tuple(known.get(at, Token("")) for at in range(total))
