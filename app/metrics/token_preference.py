"""The tokens that an expert receives more often than others do."""

from __future__ import annotations

import numpy as np

from ..trace import Counts, Doubles
from .metric import Metric

PREFERENCE = Metric(
    "token_preference",
    "count * ln(count / expected), expected: the expert's load times the token's occurrences. The token's "
    "part of the mutual information of tokens and experts",
    "Moescope; pointwise mutual information as in Church and Hanks 1990",
    per="expert",
    unit="nats",
)
FEWEST = 3  # occurrences at an expert below which a token is not counted


def preference(counts: Counts, occurs: Counts, loads: Counts, tokens: int) -> Doubles:
    """Returns the preference of each (expert, token): counts [N, V], occurs [V], loads [N] -> [N, V].

    Minus infinity below `FEWEST` times.
    """
    expected = loads[:, None] / max(tokens, 1) * occurs  # [N, V]
    with np.errstate(divide="ignore", invalid="ignore"):
        score: Doubles = np.where(counts >= FEWEST, counts * np.log(counts / expected), -np.inf)
    return score


def preferred(score: Doubles, most: int) -> list[list[int]]:
    """Returns the token indices that each expert prefers, strongest first: [N, V] -> N lists."""
    order = np.argsort(-score, axis=-1, kind="stable")[:, :most]
    return [[token for token in row if score[expert, token] > 0] for expert, row in enumerate(order.tolist())]
