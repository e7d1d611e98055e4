"""Export files for other tools: CSV, Parquet, JSON, and counts for load balancers."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from ..trace import RoutingTrace
from .bounds import no_routing
from .capture import Capture
from .comparison import numbers_of
from .stored import Array

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet runs cells that begin with one of these


def long_table(trace: RoutingTrace) -> pa.Table:
    """Returns one line per choice: token, text, layer, rank, expert; token_id and weight if known.

    Tokens and ranks count from 0. Layers are those of the model, dense ones counted.
    """
    token, layer, rank = np.nonzero(trace.experts >= 0)
    tokens = trace.header.tokens
    columns = {
        "token": pa.array(token.astype(np.int32)),
        "text": pa.array([one.text for one in tokens], pa.string()).take(pa.array(token)),
        "layer": pa.array(np.array(numbers_of(trace), np.int32)[layer]),
        "rank": pa.array(rank.astype(np.int32)),
        "expert": pa.array(trace.experts[token, layer, rank].astype(np.int32)),
    }
    if any(one.id is not None for one in tokens):
        columns["token_id"] = pa.array([one.id for one in tokens], pa.int64()).take(pa.array(token))
    if not trace.ids_only:
        columns["weight"] = pa.array(trace.weights[token, layer, rank].astype(np.float32))
    return pa.table(columns)


def to_csv(trace: RoutingTrace) -> bytes:
    """Returns the long table as CSV. An apostrophe precedes texts that a spreadsheet would run."""
    table = long_table(trace)
    safe = [f"'{text}" if text.startswith(FORMULA) else text for text in table.column("text").to_pylist()]
    out = io.BytesIO()
    pa_csv.write_csv(table.set_column(1, "text", pa.array(safe, pa.string())), out)
    return out.getvalue()


def to_parquet(trace: RoutingTrace) -> bytes:
    """Returns the long table as Parquet."""
    out = io.BytesIO()
    pq.write_table(long_table(trace), out, compression="zstd")
    return out.getvalue()


def to_json(trace: RoutingTrace) -> bytes:
    """Returns the table that the page saves (docs/FILES.md): one row per token and layer."""
    layers = numbers_of(trace)
    rows = [
        {
            "token": token,
            "text": trace.header.tokens[token].text,
            "group": trace.header.tokens[token].group,
            "layer": layers[at],
            "experts": [int(one) for one in experts if one >= 0],
            "weights": [
                float(f"{one:.6g}") for one, expert in zip(weights, experts, strict=True) if expert >= 0
            ],
            "dropped": [],
        }
        for token in range(len(trace.experts))
        for at, (experts, weights) in enumerate(zip(trace.experts[token], trace.weights[token], strict=True))
        if (experts >= 0).any()
    ]
    stack = {"stack": "a", "origin": trace.header.origin, "model": trace.header.model_json(), "rows": rows}
    return json.dumps(
        {"format": "moescope-table", "version": 1, "stacks": [stack]}, ensure_ascii=False
    ).encode()


def to_safetensors(trace: RoutingTrace) -> bytes:
    """Returns the whole trace in Moescope's own format."""
    return trace.to_bytes()


EXPORTS: dict[str, Callable[[RoutingTrace], bytes]] = {
    "safetensors": to_safetensors,
    "csv": to_csv,
    "parquet": to_parquet,
    "json": to_json,
}


def logical_count(capture: Capture, layers: int | None = None) -> bytes:
    """Returns `{"logical_count": [layers][experts]}`, which SGLang's --init-expert-location reads.

    `layers` are those of the whole model; dense ones get zeros. Raises CaptureError if N is unknown.
    """
    counts = counts_of(capture)
    whole = np.zeros((max(layers or 0, capture.layers[-1] + 1), counts.shape[1]), np.int64)
    whole[list(capture.layers)] = np.rint(counts)
    return json.dumps({"logical_count": whole.tolist()}, separators=(",", ":")).encode()


def counts_of(capture: Capture) -> Array:
    """Returns the uses of each expert over all tokens or passes: [L, N]."""
    if capture.counts is not None:
        return np.asarray(capture.counts.sum(axis=0))
    if capture.ids is None:
        advice = "convert it to a trace first, with its config"
        raise no_routing("logical_count", "the chosen experts", "logits alone", advice)
    experts = max(capture.experts or 0, capture.experts_at_least)
    ids = capture.ids[capture.routed]
    return np.stack(
        [
            np.bincount(flat[flat >= 0], minlength=experts)
            for flat in ids.swapaxes(0, 1).reshape(ids.shape[1], -1)
        ]
    )
