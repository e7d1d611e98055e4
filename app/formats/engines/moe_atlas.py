"""MoE Atlas: traces with one activation per chosen expert. Source: DJLougen/moe-routing-atlas, schema.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..bounds import no_routing
from ..containers.opened import Opened
from ..hints import Hints
from ..stored import Stored, tokens_of
from .cells import Choices


def traces_of(opened: Opened) -> list[dict[str, Any]]:
    """Returns the traces of a file: JSON lines, or a list under `traces`."""
    if opened.container not in ("json", "jsonl"):
        return []
    value = opened.value
    held = value.get("traces") if isinstance(value, dict) and "traces" in value else opened.records
    return [one for one in held or () if isinstance(one, dict) and isinstance(one.get("activations"), list)]


def matches(opened: Opened) -> bool:
    """Recognises traces with activations."""
    return bool(traces_of(opened))


def read(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads each trace."""
    return [of_trace(opened.name, one) for one in traces_of(opened)]


def of_trace(name: str, trace: dict[str, Any]) -> Stored:
    """Reads one trace: choices sorted by weight."""
    made = trace["activations"]
    if not made:
        raise no_routing(f"{name}: activations", "a choice a token, layer and place", "none", "trace again")
    columns = {key: np.array([int(one[key]) for one in made], np.int64) for key in COLUMNS}
    weight = [one.get("gate_weight") for one in made]
    weights = None if None in weight else np.array(weight, np.float64)
    stored = Choices(columns["token_idx"], columns["layer"], columns["expert_idx"], None, weights).stored(
        "moe-atlas"
    )
    ids = trace.get("token_ids") or []
    texts = trace.get("token_strs")
    stored.tokens = tokens_of(ids, texts) or None
    stored.total = len(ids) or (len(texts) if texts else None)
    stored.text = trace.get("text")
    stored.model = trace.get("model_id")
    stored.experts = trace.get("num_experts")
    return stored


COLUMNS = ("layer", "token_idx", "expert_idx")
