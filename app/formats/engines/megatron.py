"""Megatron's router trace: one JSON line per step, block and layer, and logits in bfloat16 beside it.

Source: megatron/core/transformer/moe/router_trace.py. Steps and layers count from 1.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Any

import numpy as np

from ..bounds import no_routing, truncated
from ..containers.files import Bytes
from ..containers.json_text import parse_lines, text_of
from ..containers.numpy_files import widened
from ..containers.opened import Opened
from ..findings import Finding, found
from ..hints import Hints
from ..stored import Array, Stored
from .cells import Batch, from_batches

TRACE = "router_trace_rank*.jsonl"
RANK = re.compile(r"rank(\d+)")


def matches(opened: Opened) -> bool:
    """Recognises a folder of traces, or one trace alone."""
    if opened.container == "folder":
        return bool(opened.files.matching(TRACE))
    return opened.container in ("jsonl", "json") and any(
        isinstance(one, dict) and "top_indices" in one and "layer" in one for one in opened.records[:8]
    )


def read(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads each rank by itself. What ranks share of a request depends on the parallelism."""
    if opened.container != "folder":
        return [of_rank(opened.name, opened.records, None)]
    result = []
    for name in sorted(opened.files.matching(TRACE), key=lambda one: int((RANK.search(one) or [0, 0])[1])):
        rank = (RANK.search(name.rpartition("/")[2]) or [0, "0"])[1]
        folder = name.rpartition("/")[0]
        sidecar = f"{folder}/logits_rank{rank}.bin" if folder else f"logits_rank{rank}.bin"
        text = text_of(name, opened.files.contents[name], opened.files.bounds)
        result.append(of_rank(name, parse_lines(name, text), opened.files.contents.get(sidecar)))
    return result


def of_rank(name: str, records: list[Any], logits: Bytes | None) -> Stored:
    """Reads the records of one rank. Multi-token prediction blocks are left out."""
    entries = [one for one in records if isinstance(one, dict) and "top_indices" in one]
    decoder = [one for one in entries if one.get("block", "decoder") == "decoder"]
    if not decoder:
        raise no_routing(name, "records of block decoder", f"{len(entries)} of others", "trace the decoder")
    passes, findings = grouped(name, decoder)
    stored = from_batches("megatron", [Batch(ids, {}) for ids in (ids_of(name, one) for one in passes)])
    stored.span = "moe"
    stored.findings += findings
    if len(decoder) < len(entries):
        count = len(entries) - len(decoder)
        stored.findings.append(found("filler", f"{count} records of multi-token prediction were left out"))
    if any("logit_shape" in one for one in decoder):
        if logits is None:
            stored.notes.append("the records name logits, but their file logits_rank*.bin is not there")
        else:
            stored.logits = all_logits(name, passes, stored, logits)
    return stored


Pass = dict[int, dict[str, Any]]  # layer, from 0 -> record


def grouped(name: str, records: list[dict[str, Any]]) -> tuple[list[Pass], list[Finding]]:
    """Returns forward passes in order. A second record of a step and layer begins another pass."""
    seen: Counter[tuple[int, int]] = Counter()
    passes: dict[tuple[int, int], Pass] = {}
    findings: list[Finding] = []
    for record in records:
        step, layer = int(record.get("step", 1)), int(record["layer"]) - 1
        rows = record["top_indices"]
        due = record.get("num_tokens", len(rows))
        if due != len(rows) and not findings:
            text = f"expected {due} rows at step {step}, layer {layer}, got {len(rows)}; trace again"
            findings.append(found("token-count", text, layer))
        passes.setdefault((step, seen[step, layer]), {})[layer] = record
        seen[step, layer] += 1
    return [passes[key] for key in sorted(passes)], findings


def ids_of(name: str, records: Pass) -> dict[int, Array]:
    """Returns ids [tokens, k] of each layer of a pass."""
    result = {}
    for layer, record in records.items():
        try:
            ids = np.array(record["top_indices"], np.int64)
        except (ValueError, OverflowError) as error:
            raise no_routing(f"{name}: top_indices", "[tokens, k]", "ragged lists", "trace again") from error
        result[layer] = ids.reshape(len(ids), -1)
    return result


def all_logits(name: str, passes: list[Pass], stored: Stored, data: Bytes) -> Array:
    """Returns logits [R, S, N] of all passes; NaN if a record has none."""
    assert stored.ids is not None and stored.layers is not None
    shapes = [one["logit_shape"] for records in passes for one in records.values() if "logit_shape" in one]
    logits = np.full((*stored.ids.shape[:2], int(shapes[0][-1])), np.nan, np.float32)
    end = 0
    for records in passes:
        end += max(len(one["top_indices"]) for one in records.values())
        for layer, record in records.items():
            if "logit_shape" in record:
                part = logits_of(name, record, data)
                logits[end - len(part) : end, stored.layers.index(layer)] = part
    return logits


def logits_of(name: str, record: dict[str, Any], data: Bytes) -> Array:
    """Returns the logits [tokens, N] of one record from the file beside it."""
    shape = tuple(int(size) for size in record["logit_shape"])
    begin, size = int(record["logit_offset"]), int(record["logit_bytes"])
    if min(*shape, begin, size) < 0 or size != 2 * math.prod(shape):
        raise no_routing(
            f"{name}: logit_bytes", f"{2 * math.prod(shape)} for {shape}", f"{size}", "trace again"
        )
    if begin + size > len(data):
        raise truncated("logits_rank*.bin", f"{begin + size:,} bytes", f"{len(data):,}")
    return widened(np.frombuffer(data, "<u2", size // 2, begin)).reshape(shape)
