"""The arrays of one request as stored in a file, before they are aligned with tokens and layers."""

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
FARTHEST = 1000  # tokens per row, if rows are left out
MOST_LEFT_OUT = 100_000  # limit on tokens without rows


@dataclass
class Stored:
    """Rows R, stored layers S, places K, experts N, passes P. At least one array is set."""

    engine: str
    ids: Array | None = None  # [R, S, K] integers; below 0: no expert
    weights: Array | None = None  # [R, S, K]
    logits: Array | None = None  # [R, S, N]
    scores: Array | None = None  # [R, S, N], if the file calls them probabilities
    counts: Array | None = None  # [P, S, N]
    layers: tuple[int, ...] | None = None  # numbers of the stored layers, from 0, if the file states them
    span: Span | None = None  # which layers the engine stores, if they are not numbered
    positions: NDArray[np.int64] | None = None  # [R] token of each row; None: consecutive
    tokens: tuple[Token, ...] | None = None  # all tokens, as far as known
    total: int | None = None  # number of tokens, if the file states it
    prompt: int | None = None  # number of prompt tokens, if the file states it
    sampled_last: bool = False  # the last token was sampled and never went through the model
    late_start: bool = False  # the engine may omit rows at the beginning
    late_layers: frozenset[int] = frozenset()  # stored layers with rows for the last tokens only
    text: str | None = None
    experts: int | None = None  # N, if the file states it
    zero_experts: int = 0  # ids beside N that compute nothing; in `ids` such a choice is below 0
    small_type: bool = False  # ids are stored in unsigned 8 bits
    zero_is_empty: bool = False  # padding is written as expert 0
    model: str | None = None
    k: int | None = None  # if the file states it beside counts
    rule: tuple[float, float] | None = None  # least and largest sum of weights, if the file states them
    notes: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def tokens_of(ids: list[int] | tuple[int, ...], texts: list[str] | None = None) -> tuple[Token, ...]:
    """Returns tokens from vocabulary ids, with texts if given."""
    if texts is not None and len(texts) == len(ids):
        return tuple(Token(text, id=int(one)) for one, text in zip(ids, texts, strict=True))
    return tuple(Token("", id=int(one)) for one in ids)


def tokens_at(known: Mapping[int, Token]) -> tuple[Token, ...] | None:
    """Returns all tokens up to the last known one; None if nearly all are unknown."""
    total = max(known, default=-1) + 1
    if not known or min(known) < 0 or total > FARTHEST * len(known) + MOST_LEFT_OUT:
        return None
    return tuple(known.get(at, Token("")) for at in range(total))
