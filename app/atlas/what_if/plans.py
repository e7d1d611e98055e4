"""Placements in the formats of engines: SGLang's JSON and TensorRT-LLM's YAML, written and read.

SGLang, `--init-expert-location FILE`: an object whose keys become arguments of `init_by_mapping`. The file
has `physical_to_logical_map` and nothing else, with one row per layer of the model, dense ones included.
TensorRT-LLM, `moe_config.load_balancer`: `num_slots`; `initial_global_assignments` by the layer's number
in the model, for MoE layers only; and `layer_updates_per_iter`, 0 for a static placement.
"""

from __future__ import annotations

import json
from reprlib import repr as short  # of what a stranger nested
from typing import Any

import numpy as np
import yaml

from ...metrics.plan import Plan

MOST_LAYERS, MOST_SLOTS = 1024, 4096  # of a file that is read
FORMATS = ("sglang", "trtllm")
KEY = "physical_to_logical_map"


def moe_layers(layers: int, dense: tuple[int, ...]) -> list[int]:
    """Returns the model's number of each MoE layer: all layers except the dense ones."""
    return [layer for layer in range(layers + len(dense)) if layer not in set(dense)]


def to_sglang(plan: Plan, dense: tuple[int, ...] = ()) -> str:
    """Returns the JSON of a plan. Rows of dense layers are sorted; the engine ignores them."""
    layers, slots = plan.slots.shape
    idle = (np.arange(slots) % plan.experts).tolist()
    rows = dict(zip(moe_layers(layers, dense), plan.slots.tolist(), strict=True))
    return json.dumps({KEY: [rows.get(layer, idle) for layer in range(layers + len(dense))]})


def from_sglang(text: str, experts: int, devices: int, dense: tuple[int, ...] = ()) -> Plan:
    """Reads SGLang's JSON. Raises ValueError naming the field."""
    found = parsed(text, json.loads, "JSON")
    if KEY not in found:
        raise ValueError(f"plan: expected the key {KEY}, got {short(list(found))[:80]}")
    rows = rows_of(found[KEY], KEY)
    if max(dense, default=-1) >= len(rows):
        raise ValueError(f"plan.{KEY}: expected a row for layer {max(dense)}, got {len(rows)} rows")
    kept = [row for layer, row in enumerate(rows) if layer not in set(dense)]
    return Plan(np.array(kept, np.int32), devices, experts)


def to_trtllm(plan: Plan, dense: tuple[int, ...] = ()) -> str:
    """Returns the YAML of a plan, one line per layer."""
    layers, slots = plan.slots.shape
    rows = zip(moe_layers(layers, dense), plan.slots.tolist(), strict=True)
    lines = [f"  {layer}: {json.dumps(row)}" for layer, row in rows]
    head = [f"num_slots: {slots}", "initial_global_assignments:"]
    return "\n".join([*head, *lines, "layer_updates_per_iter: 0", ""])


def from_trtllm(text: str, experts: int, devices: int) -> Plan:
    """Reads TensorRT-LLM's YAML. Raises ValueError naming the field."""
    if "&" in text:  # nested aliases of a few hundred bytes expand to gigabytes
        raise ValueError("plan: expected YAML without anchors, got &")
    found = parsed(text, read_yaml, "YAML")
    named = found.get("initial_global_assignments")
    if not isinstance(named, dict) or not all(isinstance(layer, int) for layer in named):
        raise ValueError("plan.initial_global_assignments: expected lists by the number of the layer")
    rows = rows_of([named[layer] for layer in sorted(named)], "initial_global_assignments")
    if found.get("num_slots") != len(rows[0]):
        raise ValueError(
            f"plan.num_slots: expected {len(rows[0])}, as the lists have, got {short(found.get('num_slots'))}"
        )
    return Plan(np.array(rows, np.int32), devices, experts)


def read_yaml(text: str) -> Any:
    """Reads YAML with libyaml where PyYAML has it: ten times as fast."""
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def parsed(text: str, read: Any, kind: str) -> dict[Any, Any]:
    """Returns the object in a text. Raises ValueError."""
    try:
        found = read(text)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"plan: expected {kind}, got {str(error)[:120]}") from error
    if not isinstance(found, dict):
        raise ValueError(f"plan: expected an object, got {type(found).__name__}")
    return found


def rows_of(found: Any, field: str) -> list[list[int]]:
    """Returns rows of expert ids of equal length. Raises ValueError."""
    if not isinstance(found, list) or not found or not all(isinstance(row, list) and row for row in found):
        raise ValueError(f"plan.{field}: expected lists of expert ids, got {short(found)[:60]}")
    if len(found) > MOST_LAYERS or max(map(len, found)) > MOST_SLOTS:
        raise ValueError(f"plan.{field}: expected at most {MOST_LAYERS} layers of {MOST_SLOTS} slots")
    if len({len(row) for row in found}) > 1:
        raise ValueError(
            f"plan.{field}: expected rows of one length, got {sorted({len(row) for row in found})}"
        )
    if not all(
        isinstance(id, int) and not isinstance(id, bool) and 0 <= id < 2**16 for row in found for id in row
    ):
        raise ValueError(f"plan.{field}: expected whole numbers from 0")
    return found


def write_plan(plan: Plan, format: str, dense: tuple[int, ...] = ()) -> tuple[str, str]:
    """Returns file name and content. Raises ValueError for an unknown format."""
    if format not in FORMATS:
        raise ValueError(f"format: expected one of {', '.join(FORMATS)}, got {format[:40]!r}")
    if format == "sglang":
        return "expert-location.json", to_sglang(plan, dense)
    return "moe-load-balancer.yaml", to_trtllm(plan, dense)


def read_plan(text: str, format: str, experts: int, devices: int, dense: tuple[int, ...] = ()) -> Plan:
    """Reads a placement in either format. Raises ValueError naming the field."""
    if format not in FORMATS:
        raise ValueError(f"format: expected one of {', '.join(FORMATS)}, got {format[:40]!r}")
    return (
        from_sglang(text, experts, devices, dense)
        if format == "sglang"
        else from_trtllm(text, experts, devices)
    )
