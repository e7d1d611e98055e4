"""Finds tokens and layers without routing, and explains them."""

from __future__ import annotations

import numpy as np

from .cellwise import all_places, any_place, lowest
from .findings import Finding, found
from .row_alignment import AlignedRows
from .stored import Array


def routed_rows(ids: Array | None, wide: Array | None) -> Array:
    """Returns a mask [T] of tokens with routing in at least one layer."""
    if ids is not None:
        if lowest(ids) >= 0:
            return np.ones(len(ids), np.bool_)
        return np.asarray(any_place(ids >= 0).any(axis=1))
    assert wide is not None
    return np.asarray((~np.isnan(wide)).any(axis=(1, 2)))


def gaps(lacking: Array, routed: Array, rows: AlignedRows, numbers: tuple[int, ...]) -> list[Finding]:
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
