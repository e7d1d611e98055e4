"""JSON with one object per token and layer: saved tables, hook logs, fingerprints."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import numpy as np

from ...trace import Token
from ..bounds import no_routing
from ..containers.opened import Opened
from ..hints import Hints
from ..stored import Stored, tokens_at
from ..texts import joined
from .cells import from_lists

TOKEN = ("token", "token_idx", "token_index", "position", "pos")
LAYER = ("layer", "layer_idx", "layer_id")
EXPERTS = ("experts", "topk_ids", "expert_ids", "selected_experts", "topk_indices", "ids")
WEIGHTS = ("weights", "topk_weights", "selected_probs", "routing_weights", "gate_weights", "probs")
NUMBER = re.compile(r"(\d+)")


def first(record: dict[str, Any], names: tuple[str, ...]) -> Any:
    """Returns the first of these fields."""
    return next((record[name] for name in names if name in record), None)


def is_row(record: Any) -> bool:
    """Returns whether a record has experts with a token, a layer, or one list per layer."""
    return (
        isinstance(record, dict)
        and isinstance(first(record, TOKEN), int)
        and isinstance(first(record, EXPERTS), list)
    )


def matches_routes(opened: Opened) -> bool:
    """Recognises a hook log: lines of type `route` after one of type `meta`."""
    return opened.container in ("jsonl", "json") and any(
        isinstance(one, dict) and one.get("type") == "route" for one in opened.records[:16]
    )


def matches_rows(opened: Opened) -> bool:
    """Recognises one object per token and layer."""
    return opened.container in ("jsonl", "json") and bool(opened.records) and is_row(opened.records[0])


def read_routes(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads each request of a log. A token number that repeats begins another pass."""
    meta = next((one for one in opened.records if isinstance(one, dict) and one.get("type") == "meta"), {})
    requests: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for one in opened.records:
        if isinstance(one, dict) and one.get("type") == "route":
            requests[one.get("req_id")].append(one)
    result = []
    for rows in requests.values():
        stored, restarted = of_rows("vllm" if "vllm_version" in meta else "hook", rows)
        stored.sampled_last = "vllm_version" in meta
        stored.model = meta.get("model_id")
        if restarted:
            stored.notes.append("token numbers begin anew at each pass; passes were put one behind the other")
        result.append(stored)
    return result


def of_rows(engine: str, rows: list[dict[str, Any]]) -> tuple[Stored, bool]:
    """Returns the arrays of rows with token and layer, and whether token numbers restarted."""
    seen: dict[tuple[int, int], int] = defaultdict(int)
    keys = []
    for row in rows:
        token, layer = int(first(row, TOKEN)), int(first(row, LAYER) or 0)
        keys.append((seen[token, layer], token, layer))
        seen[token, layer] += 1
    passes = max(key[0] for key in keys) + 1
    lengths = [
        max((key[1] for key in keys if key[0] == at), default=-1) + 1 for at in range(min(passes, 4096))
    ]
    begins = np.concatenate(([0], np.cumsum(lengths)))
    tokens = np.array([begins[min(key[0], 4095)] + key[1] for key in keys], np.int64)
    layers = np.array([key[2] for key in keys], np.int64)
    weights = [first(row, WEIGHTS) for row in rows]
    listed = None if any(one is None for one in weights) else weights
    return from_lists(engine, tokens, layers, [first(row, EXPERTS) for row in rows], listed), passes > 1


def read_rows(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads one object per token and layer, or one per token with a list per layer."""
    rows = [one for one in opened.records if isinstance(one, dict)]
    bad = next((at for at, one in enumerate(rows) if not is_row(one)), None)
    if bad is not None:
        raise no_routing(
            f"{opened.name}: line {bad + 1}", "token, layer and experts", "others", "check the line"
        )
    if isinstance(first(rows[0], EXPERTS)[:1], list) and first(rows[0], LAYER) is None:
        rows = [spread for row in rows for spread in by_layer(row)]
    stored, _ = of_rows("table", rows)
    stored.tokens, stored.text = texts_of(rows)
    stored.total = len(stored.tokens) if stored.tokens else None
    return [stored]


def by_layer(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns one row per layer from a row with a list of lists."""
    weights = first(row, WEIGHTS) or [None] * len(first(row, EXPERTS))
    shared = {key: value for key, value in row.items() if key not in (*EXPERTS, *WEIGHTS)}
    return [
        {**shared, "layer": layer, "experts": experts, **({} if held is None else {"weights": held})}
        for layer, (experts, held) in enumerate(zip(first(row, EXPERTS), weights, strict=True))
    ]


def texts_of(rows: list[dict[str, Any]]) -> tuple[tuple[Token, ...] | None, str | None]:
    """Returns tokens and the whole text, if the rows have texts or ids."""
    known: dict[int, Token] = {}
    for row in rows:
        text, one = row.get("text", row.get("token_text")), row.get("token_id", row.get("id"))
        if isinstance(text, str) or isinstance(one, int):
            identity = one if isinstance(one, int) else None
            known.setdefault(
                int(first(row, TOKEN)), Token(text if isinstance(text, str) else "", id=identity)
            )
    tokens = tokens_at(known)
    return tokens, joined(token.text for token in tokens or ()) or None


def matches_layers(opened: Opened) -> bool:
    """Recognises `router_data` with one object per token that holds one object per layer."""
    value = opened.value
    return (
        opened.container == "json" and isinstance(value, dict) and isinstance(value.get("router_data"), list)
    )


def read_layers(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads `token_N` -> `layer_N` -> selected experts and probabilities."""
    rows = []
    for entry in opened.value["router_data"]:
        for token, layers in entry.items():
            for layer, held in layers.items():
                rows.append({**held, "token": number(token), "layer": number(layer)})
    if not rows:
        raise no_routing(f"{opened.name}: router_data", "token_N with layer_N", "nothing", "capture again")
    stored, _ = of_rows("hook", rows)
    texts = opened.value.get("full_text")
    if isinstance(texts, list) and all(isinstance(one, str) for one in texts):
        stored.tokens, stored.total = tuple(Token(one) for one in texts), len(texts)
    model = opened.value.get("model")
    stored.model = model if isinstance(model, str) else None
    return [stored]


def number(name: str) -> int:
    """Returns the number in `token_12` or `layer_3`. Raises CaptureError if there is none."""
    match = NUMBER.search(name)
    if match is None:
        raise no_routing("router_data", "token_N and layer_N", repr(name[:40]), "check what wrote the file")
    return int(match[1])
