"""Builds a capture from stored arrays: aligns rows with tokens, and layers with the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..trace import Token
from .asked import Asked
from .bounds import no_routing, too_large
from .capture import Capture
from .cellwise import all_places, any_place, highest, lowest
from .findings import Finding, found
from .layers import NOTHING, ZEROS, Layers, match_layers
from .stored import FARTHEST, MOST_LEFT_OUT, Array, Stored

LEAST_CELLS = 2**26


def place(stored: Stored, name: str, asked: Asked) -> Capture:
    """Returns the capture of one request. Raises CaptureError if there is no routing in it."""
    if stored.counts is not None and stored.ids is None and stored.logits is None:
        return place_counts(stored, name, asked)
    ids = None if stored.ids is None else signed(stored.ids, stored.small_type, asked)
    check_some(stored, ids)
    if ids is not None:
        ids = drop_places(stored, ids, asked)
    empty = np.zeros(stored_shape(stored)[1], np.int8) if ids is None else empty_layers(ids)
    layers = match_layers(stored, stored_shape(stored)[1], empty, asked.facts)
    return captured(Columns(stored, ids, layers, place_rows(stored)), name, asked)


def captured(columns: Columns, name: str, asked: Asked) -> Capture:
    """Returns the capture of aligned arrays, with findings about gaps."""
    stored, layers, rows = columns.stored, columns.layers, columns.rows
    placed = columns.ids()
    logits, scores, weights = columns.wide(stored.logits), columns.wide(stored.scores), columns.weights()
    routed = routed_rows(placed, logits if logits is not None else scores)
    wide = logits if logits is not None else scores
    findings = [*stored.findings, *layers.findings, *rows.findings]
    findings += gaps(lacking(placed, wide, stored.engine), routed, rows, layers.numbers)
    width = None if wide is None else wide.shape[-1]
    k = placed.shape[-1] if placed is not None else asked.any_k
    return Capture(
        format=name,
        engine=stored.engine,
        kind="routing",
        tokens=tokens_for(stored, rows.total),
        layers=layers.numbers,
        stored_layers=layers.stored,
        experts=stored.experts or width or asked.any_experts,
        k=k,
        ids=placed,
        weights=weights,
        logits=logits,
        scores=scores,
        routed=routed,
        experts_at_least=0 if placed is None or not placed.size else int(placed.max()) + 1,
        prompt=stored.prompt,
        text=stored.text,
        model=stored.model,
        notes=tuple(stored.notes),
        findings=tuple(findings),
        small_type=stored.small_type,
        weighted_rule=stored.rule,
    )


def place_counts(stored: Stored, name: str, asked: Asked) -> Capture:
    """Returns the capture of counts [P, S, N]. Raises CaptureError if nothing was counted."""
    assert stored.counts is not None
    counts = np.asarray(stored.counts, np.float64)
    if not counts.size or not np.nan_to_num(counts).any():
        raise no_routing("counts", "experts that were used", "zeros alone", "record while the model runs")
    layers = match_layers(
        stored, counts.shape[1], np.asarray(~counts.any(axis=(0, 2))).astype(np.int8), asked.facts
    )
    kept = counts[:, layers.rows]
    return Capture(
        format=name,
        engine=stored.engine,
        kind="counts",
        tokens=(),
        layers=layers.numbers,
        stored_layers=layers.stored,
        experts=stored.experts or asked.any_experts,
        k=asked.any_k or stored.k,
        counts=kept,
        experts_at_least=kept.shape[-1],
        model=stored.model,
        notes=tuple(stored.notes),
        findings=(*stored.findings, *layers.findings),
    )


def stored_shape(stored: Stored) -> tuple[int, int]:
    """Returns the numbers of rows and stored layers."""
    held = next(one for one in (stored.ids, stored.logits, stored.scores) if one is not None)
    return held.shape[0], held.shape[1]


def check_some(stored: Stored, ids: Array | None) -> None:
    """Raises CaptureError if there are no rows, layers or places."""
    held = [one for one in (ids, stored.logits, stored.scores) if one is not None]
    if not held or held[0].ndim != 3 or not all(held[0].shape):
        shape = held[0].shape if held else "nothing"
        advice = "check that the engine was started with its flag for returning routing"
        raise no_routing("routing", "rows, layers and experts", f"{shape}", advice)


def signed(ids: Array, small_type: bool, asked: Asked) -> Array:
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
    experts = asked.any_experts
    if not small_type or high != 255 or (wide.shape[-1] == 1 and (experts is None or experts > 255)):
        return wide
    empty = all_places(wide == 255)
    return np.where(empty[..., None], narrow(-1), wide)


def drop_places(stored: Stored, ids: Array, asked: Asked) -> Array:
    """Removes places that hold no expert in any row, and adds a finding."""
    if lowest(ids) >= 0 or ids.shape[-1] < 2:
        return ids
    unused = np.asarray((ids < 0).all(axis=(0, 1)))
    if unused.all() or not unused.any():
        return ids
    wanted = asked.any_k
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


@dataclass(frozen=True)
class Rows:
    """The token of each row: row r is token `at[r]` of `total` tokens."""

    at: NDArray[np.int64]
    total: int
    last: bool  # the last token has no row because it was sampled
    findings: tuple[Finding, ...] = ()


def place_rows(stored: Stored) -> Rows:
    """Returns the token of each row. A number of rows that does not fit the tokens is a finding."""
    rows = stored_shape(stored)[0]
    last = int(stored.sampled_last)
    end = stored.total or (0 if stored.positions is None else int(stored.positions.max()))
    if end > FARTHEST * rows + MOST_LEFT_OUT:
        raise too_large("tokens", f"rows for one token in {FARTHEST}", f"{rows:,} rows for {end:,}")
    if stored.positions is not None and stored.positions.min() < 0:
        raise no_routing("tokens", "numbers from 0 up", f"{stored.positions.min()}", "check the column")
    if stored.positions is not None:
        return by_position(stored, rows, last)
    total = stored.total
    if total is None:
        return Rows(np.arange(rows), rows + last, bool(last))
    expected = total - last
    if rows == expected:
        return Rows(np.arange(rows), total, bool(last))
    if rows == total - 1:  # hooks on generation miss the sampled last token, too
        return Rows(np.arange(rows), total, True)
    start = expected - rows
    if stored.late_start and 0 < start <= (stored.prompt if stored.prompt is not None else expected):
        text = f"rows begin at token {start}: the request asked for later ones alone, or a prefix was cached"
        late = found("missing-rows", text + "; ask for routing from token 0", token=0)
        return Rows(np.arange(start, expected), total, bool(last), (late,))
    return Rows(np.arange(rows), max(total, rows), False, (wrong_count(rows, total, last),))


def wrong_count(rows: int, total: int, last: int) -> Finding:
    """Returns the finding that rows and tokens disagree."""
    due = f"{total - last} rows for {total} tokens" + (", the last of which was sampled" if last else "")
    text = f"expected {due}, got {rows} rows; the rows may be another request's, so request the routing again"
    return found("token-count", text, token=min(rows, total))


def by_position(stored: Stored, rows: int, last: int) -> Rows:
    """Returns rows by their stored positions; a sampled last token follows them."""
    assert stored.positions is not None
    end = int(stored.positions.max()) + 1 if rows else 0
    total = stored.total if stored.total is not None else end + last
    if end > total:
        wrong = found(
            "token-count", f"a row for token {end - 1}, of {total} tokens; rows are another request's"
        )
        return Rows(stored.positions, end, False, (wrong,))
    return Rows(stored.positions, total, bool(last) or end == total - 1)


@dataclass(frozen=True)
class Columns:
    """Aligns rows and layers of each array with tokens and MoE layers."""

    stored: Stored
    held: Array | None
    layers: Layers
    rows: Rows

    def ids(self) -> Array | None:
        """Returns ids [T, L, K]; -1 without a row."""
        if self.held is None:
            return None
        return self.scatter(self.kept(self.held), -1)

    def kept(self, values: Array) -> Array:
        """Returns the values of the kept layers; without a copy if all are kept."""
        every = len(self.layers.rows) == values.shape[1]
        return values if every else values[:, self.layers.rows]

    def wide(self, values: Array | None) -> NDArray[np.float32] | None:
        """Returns logits or scores [T, L, N]; NaN without a row."""
        if values is None:
            return None
        return self.scatter(np.asarray(self.kept(values), np.float32), np.nan)

    def weights(self) -> NDArray[np.float32] | None:
        """Returns weights [T, L, K]; 0 without a row."""
        if self.stored.weights is None:
            return None
        return self.scatter(np.asarray(self.kept(self.stored.weights), np.float32), 0)

    def scatter(self, values: Array, empty: float) -> Array:
        """Scatters values [R, ...] to [T, ...]; without a copy if every token has its row."""
        if len(values) == self.rows.total and np.array_equal(self.rows.at, np.arange(len(values))):
            return values
        size = self.rows.total * values[:1].size
        if size > max(FARTHEST * values.size, LEAST_CELLS):
            got = f"{len(values):,} rows for {self.rows.total:,}"
            raise too_large("tokens", f"rows for one token in {FARTHEST}", got)
        whole = np.full((self.rows.total, *values.shape[1:]), empty, values.dtype)
        whole[self.rows.at] = values
        return whole


def routed_rows(ids: Array | None, wide: Array | None) -> Array:
    """Returns a mask [T] of tokens with routing in at least one layer."""
    if ids is not None:
        if lowest(ids) >= 0:
            return np.ones(len(ids), np.bool_)
        return np.asarray(any_place(ids >= 0).any(axis=1))
    assert wide is not None
    return np.asarray((~np.isnan(wide)).any(axis=(1, 2)))


def gaps(lacking: Array, routed: Array, rows: Rows, numbers: tuple[int, ...]) -> list[Finding]:
    """Returns findings about tokens without routing."""
    findings: list[Finding] = []
    if any(finding.code == "token-count" for finding in rows.findings):
        return findings
    missing = np.flatnonzero(~routed)
    if rows.total > 1 and len(missing) and missing[-1] == rows.total - 1 and missing[-1] not in rows.at[:-1]:
        text = "the last token has no routing: it was sampled and never went through the model"
        findings.append(found("last-token", text, token=rows.total - 1))
        missing = missing[:-1]
    if len(missing) and not any(finding.code == "missing-rows" for finding in rows.findings):
        text = f"{len(missing)} tokens have no routing, the first is token {missing[0]}: a cached prefix"
        text += " or rows that were left out; switch prefix caching off, or ask for all rows"
        findings.append(found("missing-rows", text, token=int(missing[0])))
    elif not len(missing):
        findings += layer_gaps(lacking & routed[:, None], numbers)
    return findings


def lacking(ids: Array | None, wide: Array | None, engine: str) -> Array:
    """Returns a mask [T, L] of cells with an empty place. Moescope's own files may have some on purpose."""
    if ids is None:
        assert wide is not None
        return np.asarray(np.isnan(wide).all(axis=-1))
    if lowest(ids) >= 0:
        return np.zeros(ids.shape[:2], np.bool_)
    return all_places(ids == -1) if engine == "moescope" else any_place(ids == -1)


def layer_gaps(lacking: Array, numbers: tuple[int, ...]) -> list[Finding]:
    """Returns findings about layers in which some tokens have no routing."""
    if not lacking.any():
        return []
    layer = int(lacking.any(axis=0).argmax())
    token = int(lacking[:, layer].argmax())
    count = int(np.count_nonzero(lacking.any(axis=1)))
    text = (
        f"{count} tokens lack experts in layer {numbers[layer]} or others; llama.cpp keeps its last layer for"
    )
    text += " rows whose logits were asked for alone, so ask for all of them"
    return [found("missing-rows", text, layer=numbers[layer], token=token)]


def tokens_for(stored: Stored, total: int) -> tuple[Token, ...]:
    """Returns `total` tokens; those that the file does not name have no text."""
    known = stored.tokens or ()
    if len(known) < total and stored.prompt is not None and len(known) + stored.prompt == total:
        known = (Token(""),) * stored.prompt + known  # the file names only the generated tokens
    return known[:total] + (Token(""),) * (total - len(known))
