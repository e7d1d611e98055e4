"""The tables of an atlas, and the conversion of a document's routing to rows.

routing: one row per token and MoE layer, sorted by (layer, document, position), one row group per layer.
documents: one row per document. tokens: the text of each token id that occurs in the part.
load: assignments and gate mass of each expert in the part, so that the load needs no pass over the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ...metrics.counts import expert_counts, mass_counts
from ...metrics.margins import margins, score_entropy
from ...metrics.token_class import class_of
from ...trace import Floats, Ints, RoutingTrace
from .corpus import Document
from .manifest import AtlasError

Halves = np.ndarray[Any, np.dtype[np.float16]]

DOCUMENTS = pa.schema(
    [
        ("doc", pa.uint32()),
        ("text", pa.string()),
        ("domain", pa.string()),
        ("language", pa.string()),
        ("split", pa.string()),
        ("tokens", pa.uint32()),
        ("windows", pa.uint32()),
    ]
)
LOAD = pa.schema(
    [
        ("part", pa.uint32()),
        ("layer", pa.uint16()),
        ("expert", pa.uint16()),
        ("assigned", pa.int64()),
        ("mass", pa.float64()),
    ]
)
TOKENS = pa.schema([("token_id", pa.uint32()), ("text", pa.string()), ("class", pa.string())])


def routing_schema(experts: int) -> pa.Schema:
    """Returns the schema of the routing table. Ids take one byte for up to 256 experts."""
    id_type = pa.uint8() if experts <= 256 else pa.uint16()
    return pa.schema(
        [
            ("doc", pa.uint32()),
            ("position", pa.uint32()),
            ("token_id", pa.uint32()),
            ("layer", pa.uint16()),
            ("experts", pa.list_(id_type)),
            ("weights", pa.list_(pa.float16())),
            ("margin", pa.float16()),
            ("entropy", pa.float16()),
        ]
    )


@dataclass(frozen=True)
class Columns:
    """The routing of one document without its scores."""

    doc: int
    ids: Ints  # [T]
    experts: Ints  # [T, L, K]
    weights: Halves | None  # [T, L, K]
    margin: Halves | None  # [T, L]
    entropy: Halves | None  # [T, L]

    @classmethod
    def of(cls, doc: int, ids: Ints, trace: RoutingTrace) -> Columns:
        """Reduces a trace to columns. The margin includes the selection bias, if the model has one.

        Raises AtlasError naming the first weight that float16 cannot represent.
        """
        scores: Floats | None = getattr(trace, "scores", None)
        margin = entropy = None
        if scores is not None:
            bias = trace.header.bias
            selection = scores if bias is None else scores + bias
            with np.errstate(over="ignore"):
                margin = margins(selection, trace.experts).astype(np.float16)
            entropy = score_entropy(scores).astype(np.float16)
        ids_only = bool(trace.header.origin.get("ids_only"))  # equal weights are then a convention, not data
        with np.errstate(over="ignore"):
            halves = None if ids_only else trace.weights.astype(np.float16)
        if halves is not None:
            check_held(doc, trace.weights, halves)
        return cls(doc, ids, trace.experts, halves, margin, entropy)

    def after(self, other: Columns) -> Columns:
        """Returns the columns of `other` followed by these: two windows of one document."""
        return Columns(
            self.doc,
            np.concatenate([other.ids, self.ids]),
            *(join(getattr(other, name), getattr(self, name)) for name in WIDE),
        )


def check_held(doc: int, given: Floats, weights: Halves) -> None:
    """Raises AtlasError naming the first weight [T, L, K] that float16 cannot represent."""
    if np.isfinite(weights).all():
        return
    token, layer, choice = np.argwhere(~np.isfinite(weights))[0].tolist()
    raise AtlasError(
        f"document {doc}: weights: expected at most 65504, got {given[token, layer, choice]:g} "
        f"at token {token}, layer {layer}, counted from 0"
    )


WIDE = ("experts", "weights", "margin", "entropy")


def join(a: Any, b: Any) -> Any:
    """Joins two columns along tokens; the narrower one is padded with empty choices."""
    if a is None or b is None:
        return None
    width = max(a.shape[-1], b.shape[-1])
    return np.concatenate([padded(a, width), padded(b, width)])


def padded(column: Any, width: int) -> Any:
    """Widens a column of choices [T, L, K] to `width`; a column [T, L] is unchanged."""
    missing = width - column.shape[-1]
    if column.ndim < 3 or not missing:
        return column
    empty = -1 if column.dtype.kind == "i" else 0
    return np.pad(column, ((0, 0), (0, 0), (0, missing)), constant_values=empty)


def layer_table(rows: list[Columns], layer: int, schema: pa.Schema) -> pa.Table:
    """Returns the routing rows of one layer of some documents, in order."""
    sizes = [len(each.ids) for each in rows]
    total = sum(sizes)
    experts, weights = choice_lists(rows, layer, schema)
    return pa.table(
        [
            pa.array(np.repeat(np.array([each.doc for each in rows], np.uint32), sizes)),
            pa.array(np.concatenate([np.arange(size, dtype=np.uint32) for size in sizes])),
            pa.array(np.concatenate([each.ids for each in rows]).astype(np.uint32)),
            pa.array(np.full(total, layer, np.uint16)),
            experts,
            weights,
            values_of(rows, "margin", layer, total),
            values_of(rows, "entropy", layer, total),
        ],
        schema=schema,
    )


def choice_lists(rows: list[Columns], layer: int, schema: pa.Schema) -> tuple[pa.Array, pa.Array]:
    """Returns the list columns of one layer; empty choices are left out."""
    width = max(each.experts.shape[-1] for each in rows)
    experts = np.concatenate([padded(each.experts, width)[:, layer] for each in rows])  # [T, K]
    chosen = experts >= 0
    offsets = np.concatenate([[0], chosen.sum(axis=1).cumsum()]).astype(np.int32)
    value_type = schema.field("experts").type.value_type
    ids = pa.array(experts[chosen].astype(value_type.to_pandas_dtype()), type=value_type)
    lists = pa.ListArray.from_arrays(pa.array(offsets), ids)
    if any(each.weights is None for each in rows):
        return lists, pa.nulls(len(experts), schema.field("weights").type)
    weights = np.concatenate([padded(each.weights, width)[:, layer] for each in rows])[chosen]
    return lists, pa.ListArray.from_arrays(pa.array(offsets), pa.array(weights, type=pa.float16()))


def values_of(rows: list[Columns], name: str, layer: int, total: int) -> pa.Array:
    """Returns margin or entropy of one layer; null if a document has none."""
    if any(getattr(each, name) is None for each in rows):
        return pa.nulls(total, pa.float16())
    return pa.array(np.concatenate([getattr(each, name)[:, layer] for each in rows]), type=pa.float16())


def documents_table(documents: list[Document], tokens: list[int], windows: list[int]) -> pa.Table:
    """Returns the rows of the documents table."""
    columns = {
        "doc": [each.number for each in documents],
        "text": [each.text for each in documents],
        **{name: [each.labels.get(name) for each in documents] for name in ("domain", "language", "split")},
        "tokens": tokens,
        "windows": windows,
    }
    return pa.table(columns, schema=DOCUMENTS)


def tokens_table(texts: dict[int, str]) -> pa.Table:
    """Returns the rows of the tokens table, sorted by id."""
    ids = sorted(texts)
    columns = {
        "token_id": ids,
        "text": [texts[id] for id in ids],
        "class": [class_of(texts[id]) for id in ids],
    }
    return pa.table(columns, schema=TOKENS)


def load_table(number: int, rows: list[Columns], experts: int) -> pa.Table:
    """Returns assignments and gate mass of each expert of a part; null mass if rows have no weights."""
    counts = sum(expert_counts(each.experts, experts) for each in rows)
    assert isinstance(counts, np.ndarray)
    layers = len(counts)
    masses = [
        None if each.weights is None else mass_counts(each.experts, each.weights, experts) for each in rows
    ]
    mass = (
        None if any(each is None for each in masses) else np.sum([e for e in masses if e is not None], axis=0)
    )
    columns = [
        pa.array(np.full(layers * experts, number, np.uint32)),
        pa.array(np.repeat(np.arange(layers, dtype=np.uint16), experts)),
        pa.array(np.tile(np.arange(experts, dtype=np.uint16), layers)),
        pa.array(counts.reshape(-1)),
        pa.nulls(layers * experts, pa.float64()) if mass is None else pa.array(mass.reshape(-1)),
    ]
    return pa.table(columns, schema=LOAD)
