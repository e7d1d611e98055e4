"""Checks of the expert ids alone: range, duplicates, zeros."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..capture import Capture
from ..cellwise import all_places, by_block, highest, lowest
from ..findings import Finding, found
from ..model_facts import ModelFacts
from ..stored import Array

FEW_ROWS = 8
SOME_ROWS = 16
SURE_BITS = 10.0  # of evidence against chance
MANY = 64.0  # expected number of ids above 255 from which their absence is a finding


@dataclass(frozen=True)
class Checked:
    """The routed rows of a capture: ids [R, L, K], and which places are constant."""

    capture: Capture
    facts: ModelFacts | None
    ids: Array  # [R, L, K]
    tokens: NDArray[np.int64]  # [R] token of each row
    constant: Array  # [K] places that hold the same expert in every row of a layer

    @classmethod
    def of(cls, capture: Capture, facts: ModelFacts | None) -> Checked:
        """Takes the routed rows."""
        assert capture.ids is not None
        rows = np.flatnonzero(capture.routed)
        first = len(rows) and rows[-1] == len(rows) - 1  # the routed tokens come first, so no copy is needed
        ids = capture.ids[: len(rows)] if first else capture.ids[rows]
        return cls(capture, facts, ids, rows, constant_places(ids))

    @property
    def experts(self) -> int:
        """N from the config or the file, else the number that the largest id implies."""
        return (self.facts.experts if self.facts else self.capture.experts) or self.capture.experts_at_least

    @property
    def limit(self) -> int | None:
        """The first id that has no expert; None if N is unknown."""
        return self.facts.id_limit if self.facts else self.capture.experts

    def place(self, cells: Array) -> tuple[int, int]:
        """Returns layer and token of the first true cell [R, L]."""
        row, layer = np.unravel_index(int(cells.argmax()), cells.shape)
        return self.capture.layers[int(layer)], int(self.tokens[int(row)])


def constant_places(ids: Array) -> Array:
    """Returns a mask [K] of constant places among varying ones; all False if rows are few.

    If layers are few, a constant place counts only if it repeats an expert that its router also chose.
    """
    rows, layers, places = ids.shape
    none = np.zeros(places, np.bool_)
    few = layers < 3 and rows < 256
    if places < 2 or rows < (SOME_ROWS if few else FEW_ROWS):
        return none
    constant = (ids[:FEW_ROWS] == ids[:1]).all(axis=(0, 1)) & (ids[0] >= 0).all(axis=0)
    for place in np.flatnonzero(constant):
        constant[place] = (ids[..., place] == ids[:1, :, place]).all()
        if few and constant[place]:
            constant[place] = ((ids == ids[..., place, None]).sum(axis=-1) > 1).any()
    return none if constant.all() else constant


def check_identities(checked: Checked) -> list[Finding]:
    """Returns findings about the ids alone."""
    zero_cells = zeros_of(checked)
    findings = check_range(checked) + check_zeros(checked, zero_cells)
    if not findings:
        findings = wrapped(checked)
    return findings if has_wrapped(findings) else findings + check_duplicates(checked, zero_cells)


def has_wrapped(findings: list[Finding]) -> bool:
    """Returns whether ids wrapped at 256. Wrapped ids cause duplicates."""
    return any(finding.code == "id-range" and finding.token is None for finding in findings)


def check_range(checked: Checked) -> list[Finding]:
    """Returns `id-range` for ids without an expert, or ids stored in too small a type."""
    ids, limit = checked.ids, checked.limit
    if lowest(ids) >= -1 and (limit is None or highest(ids) < limit):
        return []
    ids = ids[..., ~checked.constant]
    wrong = ids < -1
    if limit is not None:
        wrong = wrong | (ids >= limit)
    cells = np.asarray(wrong.any(axis=-1))
    if cells.any():
        layer, token = checked.place(cells)
        due = f"ids from 0 to {limit - 1}" if limit is not None else "ids from 0 up, or -1"
        worst = int(ids[wrong][0])
        text = f"expected {due}, got {worst} at layer {layer}, token {token}, and {int(wrong.sum())} such ids"
        return [
            found(
                "id-range", text + "; check the type and the strides that it was written with", layer, token
            )
        ]
    return []


def wrapped(checked: Checked) -> list[Finding]:
    """Returns `id-range` if ids above 255 are expected and none occurs."""
    experts, highest = checked.experts, checked.capture.experts_at_least - 1
    due = checked.ids.size * max(experts - 256, 0) / max(experts, 1)
    if experts <= 256 or highest > 255 or (due < MANY and not checked.capture.small_type):
        return []
    text = f"expected ids up to {experts - 1}, got none above {highest}: they were kept in 8 bits and wrapped"
    return [found("id-range", text + "; capture again with 16 bits")]


def zeros_of(checked: Checked) -> Array:
    """Returns a mask [R, L] of cells in which every place is expert 0."""
    zero = by_block(lambda ids: all_places(ids == 0), checked.ids)
    if checked.facts is not None and checked.facts.model_type == "zaya":  # expert 0 means skip
        return np.zeros_like(zero)
    return zero


def check_zeros(checked: Checked, zero: Array) -> list[Finding]:
    """Returns `zeros` where whole layers, or whole tokens, are expert 0."""
    rows, layers, places = checked.ids.shape
    whole_layers = zero.all(axis=0) if places > 1 or rows >= 16 else np.zeros(layers, np.bool_)
    whole_tokens = np.asarray(zero.all(axis=1))
    if places == 1 and whole_tokens.any() and not is_surprising(whole_tokens, layers, checked.experts):
        whole_tokens = np.zeros(rows, np.bool_)
    if whole_layers.any():
        layer = checked.capture.layers[int(whole_layers.argmax())]
        count = int(whole_layers.sum())
        text = f"{count} of {layers} layers with experts hold expert 0 alone, the first is layer {layer}"
        return [
            found(
                "zeros", text + ": the engine's kernel recorded nothing; use another kernel or version", layer
            )
        ]
    if whole_tokens.any():
        token = int(checked.tokens[int(whole_tokens.argmax())])
        count = int(whole_tokens.sum())
        text = f"{count} of {rows} tokens hold expert 0 alone in every layer, the first is token {token}"
        return [found("zeros", text + ": they were not recorded; request them again", token=token)]
    return []


def is_surprising(whole_tokens: Array, layers: int, experts: int) -> bool:
    """Returns whether so many tokens [R] with expert 0 in every layer are unlikely by chance, with k = 1.

    A router is assumed to send expert 0 at most twice its share of tokens.
    """
    count = int(np.count_nonzero(whole_tokens))
    by_chance = len(whole_tokens) * min(2 / max(experts, 2), 1.0) ** layers
    return count * math.log2(count / (math.e * by_chance)) >= SURE_BITS


def check_duplicates(checked: Checked, zero: Array) -> list[Finding]:
    """Returns `duplicate-ids` if a token has the same expert twice in a layer."""
    whole = np.asarray(zero.all(axis=0))[None, :] | np.asarray(zero.all(axis=1))[:, None]
    cells = has_duplicates(
        checked.ids[..., ~checked.constant] if checked.constant.any() else checked.ids
    ) & ~(zero & whole)
    if cells.any():
        cells &= has_duplicates(ids_with_weight(checked))
    if not cells.any():
        return []
    layer, token = checked.place(cells)
    text = f"{int(cells.sum())} times a token has one expert twice in a layer, first at layer {layer},"
    text += f" token {token}; rows were read with wrong strides, or overwritten"
    return [found("duplicate-ids", text, layer, token)]


def ids_with_weight(checked: Checked) -> Array:
    """Returns ids [R, L, K] with -1 for places of weight 0, which may mean skip."""
    weights = checked.capture.weights
    if weights is None or weights.shape[-1] != checked.ids.shape[-1]:
        return checked.ids
    return np.where(weights[checked.tokens] == 0, -1, checked.ids)


def has_duplicates(ids: Array) -> Array:
    """Returns a mask [R, L] of cells in which an id of at least 0 occurs twice."""
    return by_block(has_duplicates_in, ids)


def has_duplicates_in(ids: Array) -> Array:
    """Returns the same for a few rows."""
    places = ids.shape[-1]
    result = np.zeros(ids.shape[:2], np.bool_)
    if places > 12:
        ordered = np.sort(ids, axis=-1)
        return np.asarray(((ordered[..., 1:] == ordered[..., :-1]) & (ordered[..., 1:] >= 0)).any(axis=-1))
    columns = [np.ascontiguousarray(ids[..., place]) for place in range(places)]
    for second in range(1, places):
        for one in range(second):
            result |= (columns[one] == columns[second]) & (columns[one] >= 0)
    return result
