"""Builds a capture from stored arrays: aligns rows with tokens, and layers with the model."""

from __future__ import annotations

import numpy as np

from ..trace import Token
from .bounds import no_routing
from .capture import Capture
from .cellwise import all_places, highest, lowest
from .findings import found
from .hints import Hints
from .layers import NOTHING, ZEROS, match_layers
from .missing_routing import gaps, lacking, routed_rows
from .row_alignment import AlignedColumns, align_rows, stored_shape
from .stored import Array, Stored


def build_capture(stored: Stored, name: str, hints: Hints) -> Capture:
    """Returns the capture of one request. Raises CaptureError if there is no routing in it."""
    if stored.counts is not None and stored.ids is None and stored.logits is None:
        return counts_capture(stored, name, hints)
    ids = None if stored.ids is None else signed(stored.ids, stored.small_type, hints)
    check_not_empty(stored, ids)
    empty = np.zeros(stored_shape(stored)[1], np.int8)
    if ids is not None and not stored.zero_experts:
        ids = drop_places(stored, ids, hints)
        empty = empty_layers(ids)
    layers = match_layers(stored, stored_shape(stored)[1], empty, hints.facts)
    return routing_capture(AlignedColumns(stored, ids, layers, align_rows(stored)), name, hints)


def routing_capture(columns: AlignedColumns, name: str, hints: Hints) -> Capture:
    """Returns the capture of aligned arrays, with findings about gaps."""
    stored, layers, rows = columns.stored, columns.layers, columns.rows
    placed = columns.ids()
    logits, scores, weights = columns.wide(stored.logits), columns.wide(stored.scores), columns.weights()
    routed = routed_rows(placed, logits if logits is not None else scores)
    wide = logits if logits is not None else scores
    findings = [*stored.findings, *layers.findings, *rows.findings]
    if not stored.zero_experts:  # an empty place is a zero expert
        findings += gaps(lacking(placed, wide, stored.engine), routed, rows, layers.numbers)
    width = None if wide is None else wide.shape[-1]
    k = placed.shape[-1] if placed is not None else hints.any_k
    return Capture(
        format=name,
        engine=stored.engine,
        kind="routing",
        tokens=tokens_for(stored, rows.total),
        layers=layers.numbers,
        stored_layers=layers.stored,
        experts=stored.experts or width or hints.any_experts,
        k=k,
        ids=placed,
        weights=weights,
        logits=logits,
        scores=scores,
        routed=routed,
        experts_at_least=0 if placed is None or not placed.size else int(placed.max()) + 1,
        prompt=stored.prompt,
        text=stored.text,
        zero_experts=stored.zero_experts,
        model=stored.model,
        notes=tuple(stored.notes),
        findings=tuple(findings),
        small_type=stored.small_type,
        weighted_rule=stored.rule,
    )


def counts_capture(stored: Stored, name: str, hints: Hints) -> Capture:
    """Returns the capture of counts [P, S, N]. Raises CaptureError if nothing was counted."""
    assert stored.counts is not None
    counts = np.asarray(stored.counts, np.float64)
    if not counts.size or not np.nan_to_num(counts).any():
        raise no_routing("counts", "experts that were used", "zeros alone", "record while the model runs")
    layers = match_layers(
        stored, counts.shape[1], np.asarray(~counts.any(axis=(0, 2))).astype(np.int8), hints.facts
    )
    kept = counts[:, layers.rows]
    return Capture(
        format=name,
        engine=stored.engine,
        kind="counts",
        tokens=(),
        layers=layers.numbers,
        stored_layers=layers.stored,
        experts=stored.experts or hints.any_experts,
        k=hints.any_k or stored.k,
        counts=kept,
        experts_at_least=kept.shape[-1],
        model=stored.model,
        notes=tuple(stored.notes),
        findings=(*stored.findings, *layers.findings),
    )


def check_not_empty(stored: Stored, ids: Array | None) -> None:
    """Raises CaptureError if there are no rows, layers or places."""
    held = [one for one in (ids, stored.logits, stored.scores) if one is not None]
    if not held or held[0].ndim != 3 or not all(held[0].shape):
        shape = held[0].shape if held else "nothing"
        advice = "check that the engine was started with its flag for returning routing"
        raise no_routing("routing", "rows, layers and experts", f"{shape}", advice)


def signed(ids: Array, small_type: bool, hints: Hints) -> Array:
    """Returns ids in the smallest signed type. A -1 stored in an unsigned type becomes -1 again.

    255 in 8 bits is empty unless an expert can have that id.
    """
    low, high = lowest(ids), highest(ids)
    if ids.dtype.kind == "u" and ids.dtype.itemsize > 1 and high == np.iinfo(ids.dtype).max:
        ids = np.where(ids == high, -1, ids.astype(np.int64))
        low, high = lowest(ids), highest(ids)
    if low < -(2**31) or high >= 2**31:
        ids = np.clip(ids, -2, 2**31 - 1)
    narrow = np.int16 if low >= -(2**15) and high < 2**15 else np.int32
    wide: Array = ids.astype(narrow, copy=False)
    experts = hints.any_experts
    if not small_type or high != 255 or (wide.shape[-1] == 1 and (experts is None or experts > 255)):
        return wide
    empty = all_places(wide == 255)
    return np.where(empty[..., None], narrow(-1), wide)


def drop_places(stored: Stored, ids: Array, hints: Hints) -> Array:
    """Removes places that hold no expert in any row, and adds a finding."""
    if lowest(ids) >= 0 or ids.shape[-1] < 2:
        return ids
    unused = np.asarray((ids < 0).all(axis=(0, 1)))
    if unused.all() or not unused.any():
        return ids
    wanted = hints.any_k
    if wanted and wanted > np.count_nonzero(~unused):
        unused[:wanted] = False
    if not unused.any():
        return ids
    text = f"{np.count_nonzero(unused)} of {ids.shape[-1]} places hold no expert and were left out"
    stored.findings.append(found("filler", text + "; the engine writes a fixed number of places"))
    if stored.weights is not None and stored.weights.shape == ids.shape:
        stored.weights = stored.weights[..., ~unused]
    kept: Array = ids[..., ~unused]
    return kept


def empty_layers(ids: Array) -> Array:
    """Returns the filler of each stored layer [S]: `NOTHING` for ids below 0, `ZEROS`, 0 for routing.

    A layer of zeros may have rows below 0, which stand for a cached prefix.
    """
    filled = np.zeros(ids.shape[1], np.int8)
    for layer in np.flatnonzero((ids[0] <= 0).all(axis=1)):
        values = ids[:, layer]
        if highest(values) <= 0:
            rows = np.asarray((values == 0).all(axis=1))
            if rows.any() and (values[~rows] < 0).all():
                filled[layer] = ZEROS
            elif not rows.any() and (values < 0).all():
                filled[layer] = NOTHING
    return filled


def tokens_for(stored: Stored, total: int) -> tuple[Token, ...]:
    """Returns `total` tokens; those that the file does not name have no text."""
    known = stored.tokens or ()
    if len(known) < total and stored.prompt is not None and len(known) + stored.prompt == total:
        known = (Token(""),) * stored.prompt + known  # the file names only the generated tokens
    return known[:total] + (Token(""),) * (total - len(known))
