"""Figures as a file has them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

DIGITS = 4


def rounded(value: float | np.floating) -> float:
    """To as many digits as some thousand tokens can tell."""
    return round(float(value), DIGITS) + 0.0  # never -0.0


def listed(values: Iterable[float]) -> list[float]:
    """Each of them rounded."""
    return [rounded(value) for value in values]


def standard_error(values: NDArray[np.float64]) -> float:
    """Of the mean of values that were drawn independently: [W] -> one."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))
