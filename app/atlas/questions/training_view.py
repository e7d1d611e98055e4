"""Somebody's training over its steps: load, balance and saturation from checkpoints' routings or counts.

Two kinds of folder are read: trace files `step-NNNNNN.safetensors` that route one text (each step a trace of
the same tokens), and Megatron-LM's `tokens_per_expert/rank*.jsonl` (`--save-tokens-per-expert-interval`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
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

MOST_STEPS = 2000
MOST_BYTES = 256 * 2**20  # of one file
STEP = re.compile(r"step-(\d{1,9})\.safetensors")
RANK = re.compile(r"rank(\d{1,6})\.jsonl")


@dataclass(frozen=True)
class Steps:
    """Loads over training: steps [S], loads [S, L, N]; the saturation where traces are known."""

    steps: list[int]
    loads: Counts
    saturation: list[list[float]] | None = None
    saturation_first: list[list[float]] | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the Training view: series per step and layer, and when a layer collapsed."""
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
        }


def collapses(steps: list[int], loads: Counts) -> list[int | None]:
    """Returns the first step from which a layer stays collapsed: half of its experts dead; null if never."""
    dead = balance.dead_experts(loads) * 2 >= loads.shape[-1]  # [S, L]
    found: list[int | None] = []
    for layer in dead.T:
        since = len(layer) - int(np.argmin(layer[::-1])) if not layer.all() else 0
        found.append(steps[since] if since < len(steps) else None)
    return found


def read_training(folder: Path) -> Steps:
    """Reads a folder of either kind. Raises AtlasError naming the file that is wrong."""
    if not folder.is_dir():
        raise AtlasError(f"{folder}: expected a folder of checkpoints' routings or counts")
    traces = {int(m[1]): path for path in folder.glob("*.safetensors") if (m := STEP.fullmatch(path.name))}
    if traces:
        return of_traces(traces)
    ranks = {int(m[1]): p for p in folder.rglob("rank*.jsonl") if (m := RANK.fullmatch(p.name))}
    if ranks:
        return of_megatron(ranks)
    raise AtlasError(f"{folder}: expected step-*.safetensors or tokens_per_expert/rank*.jsonl, got neither")


def of_traces(paths: dict[int, Path]) -> Steps:
    """Returns the steps of trace files; the last one is what saturation compares with."""
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


def of_megatron(ranks: dict[int, Path]) -> Steps:
    """Returns the steps of Megatron's counts; several ranks hold the experts in order of their numbers.

    Each line is one iteration and layer; `tpe` lists the microbatches. Layers of MTP blocks are left out.
    """
    by_rank = [dict(read_counts(ranks[rank])) for rank in sorted(ranks)]
    cells = set(by_rank[0])
    for rank, found in zip(sorted(ranks), by_rank, strict=True):
        if set(found) != cells:
            raise AtlasError(
                f"{ranks[rank]}: expected the iterations and layers of rank {min(ranks)}, got others"
            )
    if not cells:
        raise AtlasError(f"{ranks[min(ranks)]}: expected at least one line of a decoder layer, got none")
    steps, layers = sorted({step for step, _ in cells}), sorted({layer for _, layer in cells})
    if len(cells) != len(steps) * len(layers) or len(steps) > MOST_STEPS:
        raise AtlasError(
            f"{ranks[min(ranks)]}: expected every layer at each of at most {MOST_STEPS} iterations"
        )
    rows = [[np.concatenate([each[step, layer] for each in by_rank]) for layer in layers] for step in steps]
    if len({len(row) for step in rows for row in step}) > 1:
        raise AtlasError(
            f"{ranks[min(ranks)]}: tpe: expected as many experts in every layer, got several sizes"
        )
    return Steps(steps, np.array(rows, np.int64))


def read_counts(path: Path) -> Iterator[tuple[tuple[int, int], Counts]]:
    """Reads (iteration, layer) and counts [N] of each line, microbatches summed. Raises AtlasError."""
    if path.stat().st_size > MOST_BYTES:
        raise AtlasError(f"{path}: expected at most {MOST_BYTES} bytes")
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                found = json.loads(line)
                if found.get("block", "decoder") != "decoder":
                    continue
                counted = np.array(found["tpe"], np.int64)
                key = int(found["iter"]), int(found["layer"])
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise AtlasError(
                    f"{path}: line {number}: expected iter, layer and tpe, got {error}"
                ) from error
            if counted.ndim != 2 or counted.min(initial=0) < 0:
                raise AtlasError(f"{path}: line {number}: tpe: expected lists of counts, got {counted.shape}")
            yield key, counted.sum(axis=0)
