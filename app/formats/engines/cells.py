"""Builds arrays from lines: one per choice, or one per token and layer. Long tables and logs share this."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bounds import no_routing, too_large
from ..stored import Array, Stored

MOST_CELLS = 2**31
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Choices:
    """One entry per choice: token, layer, expert, and, if the file has them, rank and weight."""

    token: Whole
    layer: Whole
    expert: Whole
    rank: Whole | None = None
    weight: NDArray[np.float64] | None = None

    def stored(self, engine: str) -> Stored:
        """Returns ids [R, S, K] and weights. Without ranks, choices are sorted by weight, largest first.

        Raises CaptureError if there are no lines, or if token or layer numbers span far more than the
        lines.
        """
        if not len(self.token):
            raise no_routing("table", "one line a choice", "no lines", "check what wrote the file")
        tokens, row = np.unique(self.token, return_inverse=True)
        layers, column = np.unique(self.layer, return_inverse=True)
        cell = row * len(layers) + column
        place = self.places(cell)
        width = int(place.max()) + 1
        if len(tokens) * len(layers) * width > min(MOST_CELLS, 64 * len(place) + 4096):
            shape = f"{len(tokens)} x {len(layers)} x {width}"
            raise too_large("table", "about as many lines as tokens x layers x places", f"{shape}")
        ids = np.full((len(tokens), len(layers), width), -1, np.int64)
        ids[row, column, place] = self.expert
        stored = Stored(engine, ids=ids, layers=tuple(int(one) for one in layers), positions=tokens)
        if self.weight is not None:
            weights = np.zeros(ids.shape, np.float32)
            weights[row, column, place] = self.weight
            stored.weights = weights
        return stored

    def places(self, cell: Whole) -> Whole:
        """Returns the rank [lines] of each choice within its token and layer."""
        if self.rank is not None and len(np.unique(cell * 4096 + self.rank)) == len(cell):
            return self.rank
        keys = (np.arange(len(cell)), cell) if self.weight is None else (-self.weight, cell)
        order = np.lexsort(keys)
        ordered = cell[order]
        begins = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
        counts = np.arange(len(cell)) - np.repeat(begins, np.diff(np.append(begins, len(cell))))
        place = np.empty(len(cell), np.int64)
        place[order] = counts
        return place


def from_lists(
    engine: str, token: Whole, layer: Whole, experts: list[Any], weights: list[Any] | None = None
) -> Stored:
    """Returns arrays from one entry per token and layer, each a list of experts, best first."""
    counts = np.array([len(one) for one in experts], np.int64)
    flat = np.array([expert for one in experts for expert in one], np.int64)
    rank = np.concatenate([np.arange(count) for count in counts]) if len(counts) else np.zeros(0, np.int64)
    weight = None
    if weights is not None and any(weights):
        if [len(one) for one in weights] != counts.tolist():
            raise no_routing(
                "weights", "a weight for each expert", "other lengths", "check what wrote the file"
            )
        weight = np.array([np.nan if w is None else w for one in weights for w in one], np.float64)
    spread = (np.repeat(token, counts), np.repeat(layer, counts), flat, rank)
    return Choices(*spread, weight).stored(engine)


@dataclass(frozen=True)
class Batch:
    """The rows of one forward pass per layer: [tokens of the pass, K] each."""

    ids: dict[int, Array]
    weights: dict[int, Array]

    @property
    def tokens(self) -> int:
        """Number of tokens in the pass. A layer may have rows for the last ones only."""
        return max(len(one) for one in self.ids.values())


def from_batches(engine: str, batches: list[Batch]) -> Stored:
    """Returns arrays from forward passes in order; rows of a short layer belong to the last tokens."""
    layers = sorted({layer for batch in batches for layer in batch.ids})
    places = max((one.shape[-1] for batch in batches for one in batch.ids.values()), default=0)
    total = sum(batch.tokens for batch in batches)
    ids = np.full((total, len(layers), places), -1, np.int64)
    weights = np.zeros(ids.shape, np.float32)
    end = 0
    for batch in batches:
        end += batch.tokens
        for layer, rows in batch.ids.items():
            column = layers.index(layer)
            ids[end - len(rows) : end, column, : rows.shape[-1]] = rows
            if layer in batch.weights:
                held = batch.weights[layer]
                weights[end - len(held) : end, column, : held.shape[-1]] = held
    weighed = any(batch.weights for batch in batches)
    generated = len(batches) > 1 and all(batch.tokens == 1 for batch in batches[1:])
    return Stored(
        engine,
        ids=ids,
        weights=weights if weighed else None,
        layers=tuple(layers),
        sampled_last=generated,
        prompt=batches[0].tokens if generated else None,
    )


def split_batches(layer: Whole) -> list[tuple[int, int]]:
    """Returns begin and end of each forward pass. A pass begins where the layer number decreases."""
    falls = np.flatnonzero(np.diff(layer) < 0) + 1
    edges = [0, *falls.tolist(), len(layer)]
    return list(itertools.pairwise(edges))
