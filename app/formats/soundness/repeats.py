"""Checks for repeated rows: a stale buffer, a warm-up run, a shared expert in its own place."""

from __future__ import annotations

import math

import numpy as np

from ..findings import Finding, found
from ..stored import Array
from .identities import FEW_ROWS, Checked

LIKE_BITS = 1.74  # bits of evidence per layer from a difference of neighbours: by chance three in ten agree
SURE_BITS = 20.0
UNKNOWN = 12  # equal rows required if tokens are unknown, because they may be the same token
TELLING_BITS = 100.0  # bits in a row that cannot repeat by chance, even for the same token


def check_repeats(checked: Checked) -> list[Finding]:
    """Returns `repeated-rows`: an error for whole rows, a warning for one place."""
    if checked.constant.any():
        return [constant_place(checked)]
    begin, length = longest_run(checked)
    if length < 2:
        return []
    token = int(checked.tokens[begin])
    text = f"{length} tokens in a row, from token {token}, have the very same experts in every layer"
    text += ": a buffer that was not renewed, or a warm-up run; capture again with another engine version"
    return [found("repeated-rows", text, token=token)]


def constant_place(checked: Checked) -> Finding:
    """Returns the warning about a constant place."""
    place = int(checked.constant.argmax())
    expert = int(checked.ids[0, 0, place])
    text = f"place {place} of {checked.ids.shape[-1]} is always expert {expert}"
    if not (checked.ids[0, :, place] == expert).all():
        text = f"place {place} of {checked.ids.shape[-1]} never changes in any layer"
    text += ": a shared expert that was fused in, or filler; leave that place out"
    return Finding("repeated-rows", "warning", text)


def longest_run(checked: Checked) -> tuple[int, int]:
    """Returns begin and length of the longest suspicious run of equal rows; length 0 if there is none."""
    ids = checked.ids
    rows = len(ids)
    same = equal_neighbours(ids) & (np.diff(checked.tokens) == 1)
    names = names_of(checked)
    best = (0, 0)
    for begin, length in runs(same):
        known = names is not None and all(names[begin : begin + length])
        if known and names is not None and len(set(names[begin : begin + length])) == 1:
            continue  # the prompt repeats a token, so its routing may repeat too
        if length >= suspicious_length(checked, known, rows) and length > best[1]:
            best = (begin, length)
    return best


def equal_neighbours(ids: Array) -> Array:
    """Returns a mask [R - 1] of rows that equal the one before and hold an expert other than 0."""
    same = np.zeros(len(ids) - 1, np.bool_)
    near = np.flatnonzero((ids[1:, 0] == ids[:-1, 0]).all(axis=-1))  # equal in the first layer
    rows = ids[near + 1]
    same[near] = (rows == ids[near]).all(axis=(1, 2)) & ~(rows <= 0).all(axis=(1, 2))
    return same


def suspicious_length(checked: Checked, known: bool, rows: int) -> int:
    """Returns the suspicious length of a run: longer if layers are few or tokens unknown."""
    layers, places = checked.ids.shape[1:]
    least = max(4, 1 + math.ceil(SURE_BITS / (LIKE_BITS * layers)))
    experts = max(checked.experts, places + 1)
    row_bits = layers * math.log2(math.comb(experts, places))
    if known or row_bits >= TELLING_BITS:
        return int(least)
    return int(min(max(least, UNKNOWN), max(rows, FEW_ROWS)))


def names_of(checked: Checked) -> list[object] | None:
    """Returns the token of each row, as id, else as text; None if neither is known."""
    tokens = checked.capture.tokens
    names: list[object] = [
        (tokens[at].id or 0) + 1 if tokens[at].id is not None else tokens[at].text for at in checked.tokens
    ]
    return names if any(names) else None


def runs(same: Array) -> list[tuple[int, int]]:
    """Returns begin and length of each run of equal neighbours."""
    edges = np.diff(np.concatenate(([False], same, [False])).astype(np.int8))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [(int(begin), int(end - begin) + 1) for begin, end in zip(begins, ends, strict=True)]
