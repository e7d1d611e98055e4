"""Maps stored layers to layers of the model: all of them, those with experts, or numbered ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .findings import Finding, found
from .model_facts import ModelFacts
from .stored import Array, Stored

ZEROS, NOTHING = 1, 2  # possible content of a layer without experts


@dataclass(frozen=True)
class Layers:
    """`rows` are the indices of the kept stored layers; `numbers` are their numbers in the model."""

    numbers: tuple[int, ...]
    rows: NDArray[np.int64]
    stored: int
    findings: tuple[Finding, ...] = ()


def match_layers(stored: Stored, count: int, empty: Array, facts: ModelFacts | None) -> Layers:
    """Returns the layers with experts among `count` stored ones; `empty` is the filler of each layer."""
    if facts is None:
        return unguided(stored, count, empty)
    if stored.layers is not None:
        return numbered(stored.layers, empty > 0, facts)
    return layers_of_counts(stored, count, empty > 0, facts)


def unguided(stored: Stored, count: int, empty: Array) -> Layers:
    """Returns the layers without a config. Empty layers at the beginning, or at a fixed step, are dense."""
    numbers = stored.layers or tuple(range(count))
    dense = empty == NOTHING
    if stored.span != "moe":
        dense = dense | looks_dense(empty == ZEROS)
    rows = np.flatnonzero(~dense)
    findings = dense_filler(int(np.count_nonzero(dense)), "no config says so, but they never change")
    return Layers(tuple(numbers[row] for row in rows), rows, count, findings)


def looks_dense(empty: Array) -> Array:
    """Returns a mask [S] of empty layers that can be dense: the first ones, or all but those of a period."""
    count = len(empty)
    leading = int(np.argmin(empty)) if not empty.all() else count
    if np.count_nonzero(empty) == leading:
        return empty if leading <= max(3, count // 4) and leading < count else np.zeros_like(empty)
    for step in (2, 3, 4):
        for offset in range(step):
            if np.array_equal(~empty, np.arange(count) % step == offset) and count >= 2 * step:
                return empty
    return np.zeros_like(empty)


def dense_filler(count: int, why: str) -> tuple[Finding, ...]:
    """Returns the finding that dense layers were left out."""
    if not count:
        return ()
    return (found("filler", f"{count} layers without experts are filled with one value; left out ({why})"),)


def numbered(numbers: tuple[int, ...], empty: Array, facts: ModelFacts) -> Layers:
    """Returns the layers that the file numbers, checked against the config."""
    moe, total = facts.moe_layers, facts.layers + facts.extra_layers
    count = len(numbers)
    if not set(numbers) <= set(moe):
        if numbers == tuple(range(len(moe))):  # the MoE layers alone, counted from 0
            return Layers(moe, np.arange(count), count)
        if all(number - 1 in moe for number in numbers) and count == len(moe):
            return Layers(moe, np.arange(count), count)
        if max(numbers) >= total:
            return mismatch(numbers, f"layer {max(numbers)}", facts)
        dense = np.array([number not in moe for number in numbers])
        if (dense & ~empty).any():
            return mismatch(
                numbers, f"routing in dense layer {numbers[int((dense & ~empty).argmax())]}", facts
            )
        rows = np.flatnonzero(~dense)
        kept = tuple(numbers[row] for row in rows)
        findings = dense_filler(int(dense.sum()), "the config says so")
        return Layers(kept, rows, count, (*findings, *missing(kept, moe)))
    return Layers(numbers, np.arange(count), count, missing(numbers, moe))


def layers_of_counts(stored: Stored, count: int, empty: Array, facts: ModelFacts) -> Layers:
    """Returns consecutive layers, checked against the number of layers in the config."""
    moe, total = facts.moe_layers, facts.layers
    if count == len(moe) and (count != total or not facts.dense_layers):
        return Layers(moe, np.arange(count), count)
    if total <= count <= total + facts.extra_layers:
        return of_all(tuple(range(total)), empty[:total], facts, count)
    dense = [layer for layer in facts.dense_layers if layer < count]
    if count < total and dense and empty[dense].all():  # all layers but the last ones
        return of_all(tuple(range(count)), empty, facts, count)
    if count > total:
        return mismatch(tuple(range(count)), f"{count} layers", facts)
    if count < len(moe):
        if stored.span == "all":
            return of_all(tuple(range(count)), empty, facts, count)
        return Layers(moe[:count], np.arange(count), count, missing(moe[:count], moe))
    return mismatch(tuple(range(count)), f"{count} layers", facts)


def of_all(numbers: tuple[int, ...], empty: Array, facts: ModelFacts, count: int) -> Layers:
    """Returns the MoE layers when the file stores all layers of the model, or its first ones."""
    dense = np.array([number not in facts.moe_layers for number in numbers])
    if (dense & ~empty[: len(numbers)]).any():
        layer = int((dense & ~empty[: len(numbers)]).argmax())
        return mismatch(tuple(range(count)), f"routing in dense layer {layer}", facts)
    rows = np.flatnonzero(~dense)
    kept = tuple(numbers[row] for row in rows)
    left_out = int(dense.sum()) + count - len(numbers)
    findings = dense_filler(left_out, "the config says so")
    return Layers(kept, rows, count, (*findings, *missing(kept, facts.moe_layers)))


def missing(numbers: tuple[int, ...], moe: tuple[int, ...]) -> tuple[Finding, ...]:
    """Returns the finding that MoE layers are missing from the file."""
    lacking = sorted(set(moe) - set(numbers))
    if not lacking:
        return ()
    text = f"{len(numbers)} of {len(moe)} layers with experts are there; the first that is not is layer"
    text += f" {lacking[0]}: the capture was cut off, or logs some layers alone"
    return (found("missing-layers", text, layer=lacking[0]),)


def mismatch(numbers: tuple[int, ...], got: str, facts: ModelFacts) -> Layers:
    """Returns all stored layers unchanged, with the finding that the config belongs to another model."""
    text = (
        f"expected {facts.layers} layers, {len(facts.moe_layers)} of them with experts, as the config says,"
    )
    text += f" got {got}; give the config of the model that was captured"
    count = len(numbers)
    return Layers(numbers, np.arange(count), count, (found("config-mismatch", text),))
