"""Aligns stored rows with tokens, and stored layers with MoE layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bounds import no_routing, too_large
from .findings import Finding, found
from .layers import Layers
from .stored import FARTHEST, MOST_LEFT_OUT, Array, Stored

LEAST_CELLS = 2**26  # a smaller array is allocated whatever its share of rows


def stored_shape(stored: Stored) -> tuple[int, int]:
    """Returns the numbers of rows and stored layers."""
    held = next(one for one in (stored.ids, stored.logits, stored.scores) if one is not None)
    return held.shape[0], held.shape[1]


@dataclass(frozen=True)
class AlignedRows:
    """The token of each row: row r is token `at[r]` of `total` tokens."""

    at: NDArray[np.int64]
    total: int
    last: bool  # the last token has no row because it was sampled
    findings: tuple[Finding, ...] = ()


def align_rows(stored: Stored) -> AlignedRows:
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
        return AlignedRows(np.arange(rows), rows + last, bool(last))
    expected = total - last
    if rows == expected:
        return AlignedRows(np.arange(rows), total, bool(last))
    if rows == total - 1:  # hooks on generation miss the sampled last token, too
        return AlignedRows(np.arange(rows), total, True)
    start = expected - rows
    if stored.late_start and 0 < start <= (stored.prompt if stored.prompt is not None else expected):
        text = f"rows begin at token {start}: the request asked for later ones alone, or a prefix was cached"
        late = found("missing-rows", text + "; ask for routing from token 0", token=0)
        return AlignedRows(np.arange(start, expected), total, bool(last), (late,))
    return AlignedRows(np.arange(rows), max(total, rows), False, (wrong_count(rows, total, last),))


def wrong_count(rows: int, total: int, last: int) -> Finding:
    """Returns the finding that rows and tokens disagree."""
    due = f"{total - last} rows for {total} tokens" + (", the last of which was sampled" if last else "")
    text = f"expected {due}, got {rows} rows; the rows may be another request's, so request the routing again"
    return found("token-count", text, token=min(rows, total))


def by_position(stored: Stored, rows: int, last: int) -> AlignedRows:
    """Returns rows by their stored positions; a sampled last token follows them."""
    assert stored.positions is not None
    end = int(stored.positions.max()) + 1 if rows else 0
    total = stored.total if stored.total is not None else end + last
    if end > total:
        wrong = found(
            "token-count", f"a row for token {end - 1}, of {total} tokens; rows are another request's"
        )
        return AlignedRows(stored.positions, end, False, (wrong,))
    return AlignedRows(stored.positions, total, bool(last) or end == total - 1)


@dataclass(frozen=True)
class AlignedColumns:
    """Aligns rows and layers of each array with tokens and MoE layers."""

    stored: Stored
    held: Array | None
    layers: Layers
    rows: AlignedRows

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
