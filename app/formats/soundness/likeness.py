"""Checks of logits: whether they are logits, and whether the ids are their top k."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...trace import Floats
from ..capture import Capture
from ..findings import Finding, found
from ..model_facts import ModelFacts
from ..stored import Array
from .identities import Checked

MOST = 64_000_000  # limit on inspected numbers; longer captures are sampled evenly
SUM_ERROR = 0.02
ROUNDING = 2.0**-6  # relative to the larger logit: the resolution of routers in bfloat16


def sampled(capture: Capture, values: Floats) -> NDArray[np.int64]:
    """Returns the tokens to inspect: all routed ones, or an even sample of a long capture."""
    rows = np.flatnonzero(capture.routed)
    most = max(MOST // max(values.shape[1] * values.shape[2], 1), 64)
    return rows if len(rows) <= most else rows[:: -(-len(rows) // most)]


def check_logits(capture: Capture, facts: ModelFacts | None) -> list[Finding]:
    """Returns `bad-weights` for logits that are not finite, `not-logits` for probabilities."""
    if capture.logits is None:
        return []
    rows = sampled(capture, capture.logits)
    logits = capture.logits[rows]
    there = ~np.isnan(logits).all(axis=-1)
    broken = (np.isnan(logits) | (logits == np.inf)).any(axis=-1) & there
    if broken.any():
        row, layer = np.unravel_index(int(broken.argmax()), broken.shape)
        number, token = capture.layers[int(layer)], int(rows[int(row)])
        text = f"a logit at layer {number}, token {token} is not a finite number; capture again in float32"
        return [found("bad-weights", text, number, token)]
    return [] if facts is not None and facts.probabilities else check_softmaxed(logits[there])


def check_softmaxed(logits: NDArray[np.float32]) -> list[Finding]:
    """Returns `not-logits` if every row [.., N] is positive and sums to 1."""
    if not logits.size or logits.shape[-1] < 2 or (logits < 0).any():
        return []
    if np.abs(logits.sum(axis=-1, dtype=np.float64) - 1).max() > SUM_ERROR:
        return []
    flat = bool((logits.max(axis=-1) <= np.e * 1.01 * logits.min(axis=-1)).all())
    text = "the logits are positive and each row sums to 1: they were softmaxed"
    text += " twice, being nearly flat" if flat else ""
    text += "; transformers 5.0 to 5.5 did so by mistake (issue 45120), take another version"
    return [found("not-logits", text)]


def check_topk(checked: Checked) -> list[Finding]:
    """Returns `ids-not-topk` if ids are not the top k of their token's logits.

    Skipped if the router has a bias or groups, or if nothing says that it has none.
    """
    capture = checked.capture
    values = capture.logits if capture.logits is not None else capture.scores
    if values is None or capture.ids is None or capture.ids.shape[1] != values.shape[1]:
        return []
    rows = sampled(capture, values)
    ids = capture.ids[rows].astype(np.int64)
    wrong = misses(ids, values[rows])
    if not wrong.any():
        return []
    shift = fits_shifted(ids, values[rows], wrong) if len(rows) == len(checked.tokens) else 0
    plain = checked.facts is not None and checked.facts.plain
    if not plain and not shift:
        return []
    row, layer = np.unravel_index(int(wrong.argmax()), wrong.shape)
    number, token = capture.layers[int(layer)], int(rows[int(row)])
    share = 100 * float(wrong.mean())
    text = f"{share:.0f} % of the choices are not the best logits of their token, first at layer {number},"
    text += f" token {token}"
    text += f"; they fit logits {abs(shift)} row {'later' if shift > 0 else 'earlier'}" if shift else ""
    return [
        found(
            "ids-not-topk",
            text + "; rows are of another token or request: capture both in one hook",
            number,
            token,
        )
    ]


def misses(ids: NDArray[np.int64], values: Floats) -> Array:
    """Returns a mask [R, L] of cells in which an expert left out clearly exceeds a chosen one."""
    safe = np.clip(ids, 0, values.shape[-1] - 1)
    chosen = np.take_along_axis(values, safe, axis=-1)
    there = (ids >= 0).all(axis=-1) & ~np.isnan(values).any(axis=-1)
    rest = values.copy()
    np.put_along_axis(rest, safe, -np.inf, axis=-1)
    best = rest.max(axis=-1)
    worst = chosen.min(axis=-1)
    with np.errstate(invalid="ignore"):
        slack = ROUNDING * np.maximum(np.abs(best), np.abs(worst))
        return np.asarray(there & (best > worst + slack))


def fits_shifted(ids: NDArray[np.int64], values: Floats, wrong: Array) -> int:
    """Returns the shift in rows, 1 or -1, with which the ids fit the logits; 0 if none does."""
    if len(ids) < 4 or wrong.mean() < 0.2:
        return 0
    for shift in (1, -1):
        moved = misses(ids[:-1], values[1:]) if shift > 0 else misses(ids[1:], values[:-1])
        if moved.mean() < 0.05:
            return shift
    return 0
