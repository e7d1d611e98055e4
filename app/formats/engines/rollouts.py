"""Answers of other servers and of reinforcement learning: Megatron, TensorRT-LLM, Dynamo, NeMo-RL, verl."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..bounds import no_routing
from ..containers.opened import Opened
from ..findings import found
from ..hints import Hints
from ..stored import Array, Stored, tokens_of
from .base_values import nested, shaped
from .vllm import answer, decode_npy, is_answer

FIELD = "routed_experts"
NEMO = "nrlre1:"


def dictionaries(opened: Opened) -> list[dict[str, Any]]:
    """Returns the JSON objects of a file."""
    if opened.container not in ("json", "jsonl"):
        return []
    return [one for one in opened.records if isinstance(one, dict)]


def matches_megatron(opened: Opened) -> bool:
    """Recognises answers of Megatron's server."""
    return any(
        "moe_topk_indices" in choice or "prompt_moe_topk_indices" in choice
        for record in dictionaries(opened)
        if is_answer(record)
        for choice in record["choices"]
    )


def read_megatron(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads nested lists [tokens - 1, MoE layers, k]. The prompt's rows occur twice in the answer."""
    result = []
    for record in dictionaries(opened):
        for choice in record["choices"] if is_answer(record) else ():
            rows = choice.get("moe_topk_indices") or choice.get("prompt_moe_topk_indices")
            if rows:
                stored = answer(record, choice)
                stored.engine, stored.span = "megatron", "moe"
                stored.ids = nested(f"{opened.name}: moe_topk_indices", rows)
                result.append(stored)
    if not result:
        advice = "start the server with routing replay switched on"
        raise no_routing(f"{opened.name}: moe_topk_indices", "nested lists", "null or nothing", advice)
    return result


def matches_output(opened: Opened) -> bool:
    """Recognises a RequestOutput of TensorRT-LLM or vLLM in Python, dumped as JSON."""
    return any(isinstance(one.get("outputs"), list) and has_ids(one) for one in dictionaries(opened))


def has_ids(record: dict[str, Any]) -> bool:
    """Returns whether the outputs of a record are completions."""
    return all(isinstance(one, dict) and ("token_ids" in one or FIELD in one) for one in record["outputs"])


def read_output(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads every completion of every output: [tokens - 1, layers, k], as lists or base64 of a .npy."""
    result = []
    for record in dictionaries(opened):
        for output in record.get("outputs") or ():
            rows = output.get(FIELD)
            if rows:
                where = f"{opened.name}: outputs.{FIELD}"
                stored = answer({**record, "choices": ()}, output)
                stored.engine = "tensorrt-llm"
                stored.ids = decode_npy(where, rows, opened) if isinstance(rows, str) else nested(where, rows)
                stored.small_type = stored.ids.dtype == np.uint8
                result.append(stored)
    if not result:
        advice = "switch the return of routed experts on"
        raise no_routing(f"{opened.name}: outputs.{FIELD}", "lists", "null or nothing", advice)
    return result


def holders(record: Any) -> list[dict[str, Any]]:
    """Returns the objects of a record that may carry routing: itself, its extensions, its choices."""
    if isinstance(record, str):
        return [{FIELD: record}]
    if not isinstance(record, dict):
        return []
    inner = [record.get("nvext"), *(record.get("choices") or ())]
    return [record, *(one for one in inner if isinstance(one, dict))]


def matches_nemo(opened: Opened) -> bool:
    """Recognises texts `nrlre1:<type>:<SxLxK>:<base64>`, in an object or alone."""
    return opened.container in ("json", "jsonl") and any(
        isinstance(one.get(FIELD), str) and one[FIELD].startswith(NEMO)
        for record in opened.records
        for one in holders(record)
    )


def read_nemo(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads NeMo-RL's text: rows x layers x k."""
    result = []
    for record in opened.records:
        for holder in holders(record):
            text = holder.get(FIELD)
            if isinstance(text, str) and text.startswith(NEMO):
                parts = text.split(":", 3)
                if len(parts) < 4:
                    expected = "nrlre1:<type>:<SxLxK>:<base64>"
                    raise no_routing(f"{opened.name}: {FIELD}", expected, text[:40], "check what wrote it")
                stored = answer({**(record if isinstance(record, dict) else {}), "choices": ()}, holder)
                sizes = (int(size) for size in parts[2].split("x"))
                ids = shaped(f"{opened.name}: {FIELD}", parts[3], parts[1], sizes, opened)
                result.append(with_array(stored, "nemo-rl", ids, 0))
    return result


def with_array(stored: Stored, engine: str, ids: Array, start: int) -> Stored:
    """Adds rows from token `start` on. Without token counts, the prompt is what was not generated."""
    stored.engine, stored.ids = engine, ids
    stored.small_type = ids.dtype == np.uint8
    if start:
        stored.positions = np.arange(start, start + len(ids))
    if stored.total is None and stored.tokens:
        stored.prompt = max(start + len(ids) + 1 - len(stored.tokens), 0)
    return stored


def matches_dynamo(opened: Opened) -> bool:
    """Recognises objects {data, shape, dtype, start} in the routing field."""
    return any(
        isinstance(one.get(FIELD), dict) and "data" in one[FIELD] and "shape" in one[FIELD]
        for record in dictionaries(opened)
        for one in holders(record)
    )


def read_dynamo(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads Dynamo's object: base64 data with its shape and type."""
    result = []
    for record in dictionaries(opened):
        for holder in holders(record):
            held = holder.get(FIELD)
            if isinstance(held, dict) and "data" in held:
                where = f"{opened.name}: {FIELD}"
                ids = shaped(where, str(held["data"]), str(held.get("dtype")), held["shape"], opened)
                stored = answer({**record, "choices": ()}, holder)
                result.append(with_array(stored, "dynamo", ids, int(held.get("start") or 0)))
    return result


def matches_verl(opened: Opened) -> bool:
    """Recognises a batch: `routed_experts` [batch, tokens, layers, k] among arrays."""
    value = opened.value
    if opened.container not in ("npz", "pt", "safetensors") or not isinstance(value, dict):
        return False
    return isinstance(value.get(FIELD), np.ndarray) and value[FIELD].ndim == 4


def read_verl(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads each sequence of a batch. Padding on both sides and the filler of the last token are left out."""
    batch, mask, ids = opened.value[FIELD], opened.value.get("attention_mask"), opened.value.get("input_ids")
    if mask is not None and np.shape(mask) != batch.shape[:2]:
        where = f"{opened.name}: attention_mask"
        raise no_routing(where, f"{batch.shape[:2]}", f"{np.shape(mask)}", "save the mask of this batch")
    padded = False
    result = []
    for at, rows in enumerate(batch):
        valid = np.flatnonzero(mask[at]) if mask is not None else unpadded(rows)
        tokens = None if ids is None else tokens_of(np.asarray(ids)[at][valid].tolist())
        stored, dropped = of_sequence(rows[valid], tokens, mask is not None)
        padded = padded or dropped or len(valid) < len(rows)
        result.append(stored)
    text = "padding, and the last token's zeros, were left out"
    for stored in result if padded else ():
        stored.findings.append(found("filler", text))
    return result


def unpadded(rows: Array) -> Array:
    """Returns the indices of a sequence without zero rows at both ends; one at the end stays."""
    full = np.flatnonzero((rows > 0).any(axis=(1, 2)))
    if not len(full):
        return np.arange(len(rows))
    return np.arange(full[0], min(full[-1] + 2, len(rows)))


def of_sequence(rows: Array, tokens: Any, masked: bool) -> tuple[Stored, bool]:
    """Returns one sequence, and whether the filler of its last token was dropped."""
    ends = bool(len(rows)) and not (rows[-1] > 0).any() and bool((rows > 0).any())
    kept = rows[:-1] if ends else rows
    stored = Stored("verl", ids=kept, tokens=tokens, sampled_last=ends, small_type=rows.dtype == np.uint8)
    stored.total = len(tokens) if tokens is not None else None
    return stored, ends
