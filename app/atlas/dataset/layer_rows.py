"""One layer of routing as arrays, read from Parquet columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ...trace import Counts, Floats, Ints


@dataclass(frozen=True)
class LayerRows:
    """One layer of one part as arrays, in the order of documents and positions."""

    doc: Ints  # [T]
    position: Ints  # [T]
    ids: Ints  # [T]
    experts: Ints  # [T, K], -1 if a choice stays empty
    weights: Floats | None  # [T, K]
    margin: Floats | None  # [T]
    entropy: Floats | None  # [T]


def arrays_of(table: pa.Table) -> LayerRows:
    """Returns a table of routing as arrays."""
    weights = None if table["weights"].null_count else choices_of(table["weights"], 0)
    return LayerRows(
        doc=table["doc"].to_numpy().astype(np.int32),
        position=table["position"].to_numpy().astype(np.int32),
        ids=table["token_id"].to_numpy().astype(np.int32),
        experts=choices_of(table["experts"], -1),
        weights=None if weights is None else weights.astype(np.float32),
        margin=floats_of(table["margin"]),
        entropy=floats_of(table["entropy"]),
    )


def floats_of(column: pa.ChunkedArray) -> Floats | None:
    """Returns a column of numbers; None if the column is empty."""
    if column.null_count:
        return None
    values: Floats = column.to_numpy().astype(np.float32)
    return values


def choices_of(column: pa.ChunkedArray, empty: int) -> Any:
    """Returns a list column as an array [T, K], short lists filled with `empty`."""
    lists = column.combine_chunks()
    if isinstance(lists, pa.ChunkedArray):
        lists = lists.chunk(0) if lists.num_chunks else pa.array([], lists.type)
    flat = lists.flatten().to_numpy(zero_copy_only=False)
    if flat.dtype.kind == "u":
        flat = flat.astype(np.int32)
    offsets = lists.offsets.to_numpy()
    sizes = np.diff(offsets)
    width = int(sizes.max(initial=0))
    if (sizes == width).all():
        return flat.reshape(len(sizes), width)
    found = np.full((len(sizes), width), empty, flat.dtype)
    found[np.arange(width) < sizes[:, None]] = flat
    return found


def sum_of(arrays: Iterator[Counts]) -> Counts:
    """Adds arrays of one shape, one at a time."""
    total = next(arrays)
    for each in arrays:
        total = total + each
    return total


def widened(rows: Ints, width: int) -> Ints:
    """Appends empty choices: [T, K] -> [T, width]."""
    return np.pad(rows, ((0, 0), (0, width - rows.shape[1])), constant_values=-1)


def stack(parts: list[Ints]) -> Ints:
    """Joins choices over tokens: arrays [T, K] of different K -> [T, K]."""
    width = max(rows.shape[1] for rows in parts)
    return np.concatenate([widened(rows, width) for rows in parts])
