"""Checks of expert counts: no negative numbers, no layer without counts."""

from __future__ import annotations

import numpy as np

from ..capture import Capture
from ..findings import Finding, found
from ..stored import Array


def check_counts(capture: Capture) -> list[Finding]:
    """Returns findings about counts [P, L, N]."""
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
        return check_totals(capture)
    layer = capture.layers[int(empty.argmax())]
    text = (
        f"{int(empty.sum())} of {len(empty)} layers with experts counted nothing, the first is layer {layer}"
    )
    return [found("zeros", text + "; they were not recorded: use another kernel or version", layer)]


def check_totals(capture: Capture) -> list[Finding]:
    """Returns `missing-rows` if all layers have equal totals except the last, which has less.

    Counts that are shares or averages have no common total and are not checked.
    """
    assert capture.counts is not None
    totals = capture.counts.sum(axis=(0, 2))
    if len(totals) < 3 or (totals != np.rint(totals)).any() or len(np.unique(totals[:-1])) > 1:
        return []
    if totals[-1] >= totals[0]:
        return []
    layer = capture.layers[-1]
    text = f"layer {layer} counted {totals[-1]:,.0f} choices, the others {totals[0]:,.0f}"
    text += ": the file was cut off, or the engine keeps its last layer for some rows alone"
    return [found("missing-rows", text + "; ask for the outputs of all rows", layer)]
