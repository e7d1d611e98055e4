"""Checks of counts: numbers from 0 up, and layers in which something was counted."""

from __future__ import annotations

import numpy as np

from ..capture import Capture
from ..findings import Finding, found
from ..stored import Array


def check_counts(capture: Capture) -> list[Finding]:
    """Returns what is wrong with counts [P, L, N]."""
    counts = capture.counts
    if counts is None:
        return []
    broken = ~np.isfinite(counts) | (counts < 0)
    if broken.any():
        layer = capture.layers[int(broken.any(axis=(0, 2)).argmax())]
        text = f"a count of layer {layer} is negative or no number; record again"
        return [found("bad-weights", text, layer)]
    empty: Array = np.asarray(~counts.any(axis=(0, 2)))
    if not empty.any():
        return []
    layer = capture.layers[int(empty.argmax())]
    text = (
        f"{int(empty.sum())} of {len(empty)} layers with experts counted nothing, the first is layer {layer}"
    )
    return [found("zeros", text + "; they were not recorded: use another kernel or version", layer)]
