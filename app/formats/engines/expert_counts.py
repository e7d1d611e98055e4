"""Expert counts without tokens: the input of load balancers, the output of placement tools."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..bounds import no_routing, too_large
from ..containers.opened import Opened
from ..containers.tables import Table
from ..hints import Hints
from ..stored import Array, Stored

NAMES = (
    *("logical_count", "weight", "weights", "counts", "count", "expert_counts", "tokens_per_expert"),
    *("expert_load", "load", "loads", "expert_load_window"),
)
PLANS = ("physical_to_logical_map", "initial_global_assignments", "logical_to_all_physical_map")


def counts_in(value: Any) -> Array | None:
    """Returns counts [layers, N] or [steps, layers, N] of a dictionary; None if there are none."""
    for name in NAMES:
        held = value.get(name)
        if isinstance(held, list):
            try:
                held = np.array(held)
            except ValueError:
                continue
        if isinstance(held, np.ndarray) and held.dtype.kind in "iuf" and held.ndim in (2, 3):
            return held
    return None


def matches_json(opened: Opened) -> bool:
    """Recognises `logical_count` and similar keys, and placement plans, which `read` refuses."""
    value = opened.value
    if opened.container != "json" or not isinstance(value, dict):
        return False
    return any(name in value for name in ("logical_count", *PLANS)) or counts_in(value) is not None


def matches_arrays(opened: Opened) -> bool:
    """Recognises a dictionary of arrays with counts under a known key."""
    return (
        opened.container in ("npz", "pt", "safetensors")
        and isinstance(opened.value, dict)
        and (counts_in(opened.value) is not None or any(name in opened.value for name in PLANS))
    )


def matches_tensor(opened: Opened) -> bool:
    """Recognises a bare tensor [layers, N]."""
    return opened.container == "pt" and isinstance(opened.value, np.ndarray) and opened.value.ndim == 2


def read(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads counts. Raises CaptureError `no-routing` if the file is only a placement plan."""
    if isinstance(opened.value, np.ndarray):
        counts: Array | None = opened.value
    else:
        counts = counts_in(opened.value)
        if counts is None:
            plan = next((name for name in PLANS if name in opened.value), None)
            got = f"a placement plan ({plan})" if plan else "no numbers [layers, experts]"
            raise no_routing(opened.name, "logical_count [layers, experts]", got, "give recorded counts")
    assert counts is not None
    whole = counts[None] if counts.ndim == 2 else counts
    return [Stored("counts", counts=whole, experts=whole.shape[-1])]


def columns_of(table: Table) -> tuple[str, str, str] | None:
    """Returns the names of the columns layer, expert and count; None if one is missing."""
    layer = table.name_of("layer_id", "layer", "layer_idx")
    expert = table.name_of("expert_id", "expert", "expert_idx")
    count = table.name_of("count", "counts", "tokens", "load", "num_tokens")
    return (layer, expert, count) if layer and expert and count else None


def matches_table(opened: Opened) -> bool:
    """Recognises one line per expert with its count."""
    return (
        opened.container in ("table", "parquet")
        and columns_of(opened.value) is not None
        and opened.value.name_of("token", "token_idx", "position") is None
    )


def read_table(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads one line per expert; experts without a line were not used, so N is a lower bound."""
    names = columns_of(opened.value)
    assert names is not None
    layer, expert = opened.value.integers(names[0]), opened.value.integers(names[1])
    count = opened.value.numbers(names[2])
    if not len(layer) or expert.min() < 0 or expert.max() >= 2**20:
        raise no_routing(opened.name, "experts from 0 up", "none, or wrong numbers", "check the column")
    layers, rows = np.unique(layer, return_inverse=True)
    width = max(int(expert.max()) + 1, hints.any_experts or 0)
    if len(layers) * width > 64 * len(expert) + 2**22:
        raise too_large(opened.name, "about as many lines as experts", f"{len(layers)} layers of {width}")
    counts = np.zeros((1, len(layers), width))
    np.add.at(counts[0], (rows, expert), count)
    stored = Stored("counts", counts=counts, layers=tuple(int(one) for one in layers))
    stored.notes.append("experts that were never used have no line; their number is a lower bound")
    return [stored]
