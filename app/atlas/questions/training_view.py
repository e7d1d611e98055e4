"""A training run over its steps: load, balance and saturation, from routings of checkpoints or from counts.

Reads two kinds of folder: trace files `step-NNNNNN.safetensors` that route one text (each step a trace of the
same tokens), and Megatron-LM's `tokens_per_expert/rank*.jsonl` (`--save-tokens-per-expert-interval`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...metrics import balance
from ...metrics.counts import counts
from ...metrics.saturation import SATURATION, saturation
from ...trace import Counts, RoutingTrace
from ..dataset.manifest import AtlasError
from .expert_maps import listed
from .megatron_counts import MOST_BYTES, MOST_STEPS, RANK, Parallelism, joined

STEP = re.compile(r"step-(\d{1,9})\.safetensors")


@dataclass(frozen=True)
class Steps:
    """Loads over training: steps [S], loads [S, L, N]; and saturation, if traces are given."""

    steps: list[int]
    loads: Counts
    saturation: list[list[float]] | None = None
    saturation_first: list[list[float]] | None = None
    devices: int = 0  # devices that divide the experts of a layer evenly, in order; 0: unknown

    def to_json(self) -> dict[str, Any]:
        """Returns the Training view: series per step and layer, and the step at which a layer collapsed."""
        return {
            "steps": self.steps,
            "loads": self.loads.tolist(),
            "assigned": self.loads.sum(axis=-1).tolist(),
            "max_violation": listed(balance.max_violation(self.loads)),
            "entropy": listed(balance.entropy(self.loads)),
            "dead_experts": balance.dead_experts(self.loads).tolist(),
            "collapse": collapses(self.steps, self.loads),
            "saturation": self.saturation,
            "saturation_first": self.saturation_first,
            "saturation_about": SATURATION.to_json(),
            "placement": placement(self.loads, self.devices) if self.devices else None,
        }


def placement(loads: Counts, devices: int) -> dict[str, Any]:
    """Returns the experts of each device and the imbalance between devices: loads [S, L, N].

    `experts`: first and last of each device. `imbalance`: maximum over mean of device loads, [S][L].
    """
    each = loads.shape[-1] // devices
    of_device = loads.reshape(*loads.shape[:2], devices, each).sum(axis=-1)
    return {
        "experts": [[device * each, (device + 1) * each - 1] for device in range(devices)],
        "imbalance": listed(balance.max_over_mean(of_device)),
    }


def collapses(steps: list[int], loads: Counts) -> list[int | None]:
    """Returns the first step from which half of a layer's experts stay dead; null if none."""
    dead = balance.dead_experts(loads) * 2 >= loads.shape[-1]  # [S, L]
    found: list[int | None] = []
    for layer in dead.T:
        since = len(layer) - int(np.argmin(layer[::-1])) if not layer.all() else 0
        found.append(steps[since] if since < len(steps) else None)
    return found


def read_training(folder: Path, parallelism: Parallelism | None = None) -> Steps:
    """Reads a folder of either kind. `parallelism` assigns Megatron's ranks to experts and layers.

    Raises AtlasError naming the file that is wrong.
    """
    if not folder.is_dir():
        raise AtlasError(f"{folder}: expected a folder of checkpoints' routings or counts")
    traces = {int(m[1]): path for path in folder.glob("*.safetensors") if (m := STEP.fullmatch(path.name))}
    if traces:
        return of_traces(traces)
    ranks = {int(m[1]): p for p in folder.rglob("rank*.jsonl") if (m := RANK.fullmatch(p.name))}
    if ranks:
        sizes = parallelism or Parallelism(len(ranks))
        return Steps(*joined(ranks, sizes), devices=sizes.expert)
    raise AtlasError(f"{folder}: expected step-*.safetensors or tokens_per_expert/rank*.jsonl, got neither")


def of_traces(paths: dict[int, Path]) -> Steps:
    """Returns the steps of trace files. Saturation compares each step with the last."""
    steps = sorted(paths)
    if len(steps) > MOST_STEPS:
        raise AtlasError(f"steps: expected at most {MOST_STEPS}, got {len(steps)}")
    last = read_trace(paths[steps[-1]])
    loads, whole, first = [], [], []
    for step in steps:
        trace = read_trace(paths[step])
        if trace.experts.shape[:2] != last.experts.shape[:2]:
            raise AtlasError(
                f"{paths[step]}: expected {last.experts.shape[:2]} tokens and layers, as the last step has, "
                f"got {trace.experts.shape[:2]}"
            )
        loads.append(counts(trace))
        whole.append(listed(saturation(trace.experts, last.experts)))
        first.append(listed(saturation(trace.experts, last.experts, first_alone=True)))
    return Steps(steps, np.stack(loads), whole, first)


def read_trace(path: Path) -> RoutingTrace:
    """Reads one trace file. Raises AtlasError."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise AtlasError(f"{path}: expected at most {MOST_BYTES} bytes")
        return RoutingTrace.from_bytes(path.read_bytes())
    except (OSError, ValueError) as error:
        raise AtlasError(f"{path}: expected a trace file, got {error}") from error
