"""A placement with replicas: the expert in each slot of each layer, and the traffic of one step.

The slots of a layer are divided evenly over the devices, in order. A second slot with the same expert is a
replica; assignments to an expert alternate between its replicas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..trace import Bools, Counts, Doubles, Ints
from .coactivation import pair_counts
from .counts import expert_counts, flat_cells
from .eplb import rebalance
from .placement import Traffic, traffic_at

STRATEGIES = ("linear", "eplb", "coactivation")
SLACK = 1.1  # load over mean up to which a device accepts co-activated experts


@dataclass(frozen=True)
class Plan:
    """The expert of each slot [L, S]. Raises ValueError if slots do not divide, or an expert has none."""

    slots: Ints
    devices: int
    experts: int

    def __post_init__(self) -> None:
        slots = self.slots.shape[1]
        if self.devices < 1 or slots % self.devices:
            raise ValueError(f"plan.devices: expected a divisor of {slots} slots, got {self.devices}")
        for layer, row in enumerate(self.slots):
            if row.min(initial=0) < 0 or row.max(initial=0) >= self.experts:
                raise ValueError(
                    f"plan.layer {layer}: expected experts from 0 to {self.experts - 1}, "
                    f"got {row.min()} to {row.max()}"
                )
            missing = np.setdiff1d(np.arange(self.experts), row)
            if len(missing):
                raise ValueError(
                    f"plan.layer {layer}: expected each expert, got none of {missing[:8].tolist()}"
                )

    @property
    def device_of_slot(self) -> Ints:
        """Returns the device of each slot: [S]."""
        slots = self.slots.shape[1]
        return np.repeat(np.arange(self.devices, dtype=np.int32), slots // self.devices)


def linear_plan(layers: int, experts: int, devices: int) -> Plan:
    """Places neighbours together, one slot per expert. Raises ValueError if devices do not divide experts."""
    return Plan(np.tile(np.arange(experts, dtype=np.int32), (layers, 1)), devices, experts)


def eplb_plan(loads: Counts, slots: int, devices: int, groups: int = 1, nodes: int = 1) -> Plan:
    """Places with EPLB's greedy algorithm: loads [L, N] -> `slots` slots per layer, replicas included."""
    return Plan(rebalance(loads, slots, groups, nodes, devices), devices, loads.shape[-1])


def coactivation_plan(experts: Ints, n: int, devices: int) -> Plan:
    """Places co-activated experts on one device while loads stay even: [T, L, K] -> plan.

    Greedy, in order of falling load: each expert goes to the device with room with whose experts it is
    chosen most often, among devices under `SLACK` times the mean load.
    """
    layers = range(experts.shape[1])
    rows = [
        cluster(pair_counts(experts[:, at], n), expert_counts(experts[:, at], n), devices) for at in layers
    ]
    return Plan(np.stack(rows), devices, n)


def cluster(pairs: Counts, loads: Counts, devices: int) -> Ints:
    """Returns the slots of one layer: pairs [N, N], loads [N] -> [N]."""
    n = len(loads)
    if n % devices:
        raise ValueError(f"devices: expected a divisor of {n} experts, got {devices}")
    room, limit = n // devices, SLACK * loads.sum() / devices
    held: list[list[int]] = [[] for _ in range(devices)]
    load = np.zeros(devices)
    for expert in np.argsort(-loads, kind="stable").tolist():
        free = [device for device in range(devices) if len(held[device]) < room]
        even = [device for device in free if load[device] + loads[expert] <= limit]
        lightest = min(free, key=lambda device: load[device])
        best = max(
            even, key=lambda device: (pairs[expert, held[device]].sum(), -load[device]), default=lightest
        )
        held[best].append(expert)
        load[best] += loads[expert]
    return np.concatenate([sorted(each) for each in held]).astype(np.int32)


def plan_traffic(experts: Ints, plan: Plan, dropped: Bools | None = None) -> Traffic:
    """Counts the traffic of one step under a plan: experts [T, L, K]."""
    kept = experts >= 0 if dropped is None else (experts >= 0) & ~dropped
    at = np.nonzero(kept)
    cells = flat_cells(experts, plan.experts)[kept]  # (layer, expert) of each assignment
    to = plan.device_of_slot[slots_in_turn(cells, plan)]
    return traffic_at(experts.shape, at, to, plan.devices, plan.slots)


def slots_in_turn(cells: Counts, plan: Plan) -> Counts:
    """Returns the slot of each assignment, alternating between replicas: [A] -> [A]."""
    held = flat_cells(plan.slots.T[..., None], plan.experts)[..., 0].T.reshape(-1)  # (layer, expert) by slot
    by_cell = np.argsort(held, kind="stable") % plan.slots.shape[1]
    replicas = np.bincount(held, minlength=len(plan.slots) * plan.experts)
    first = np.cumsum(replicas) - replicas
    order = np.argsort(cells, kind="stable")
    counts = np.bincount(cells, minlength=len(replicas))
    turn = np.empty(len(cells), np.int64)
    turn[order] = np.arange(len(cells)) - np.repeat(np.cumsum(counts) - counts, counts)
    result: Counts = by_cell[first[cells] + turn % replicas[cells]]
    return result


def imbalance(load: Counts) -> Doubles:
    """Returns maximum over mean of the devices' loads: [L, G] -> [L]; 1 in an empty layer."""
    mean = load.mean(axis=-1)
    result: Doubles = np.where(mean > 0, load.max(axis=-1) / np.where(mean > 0, mean, 1), 1.0)
    return result


def plan_figures(experts: Ints, plan: Plan, d_model: int, dropped: Bools | None = None) -> dict[str, Any]:
    """Returns imbalance and traffic of one step under a plan, as JSON, for 16-bit numbers both ways."""
    traffic = plan_traffic(experts, plan, dropped)
    return {
        "devices": plan.devices,
        "slots": plan.slots.shape[1],
        "imbalance": imbalance(traffic.load).round(4).tolist(),
        "reach": float(traffic.reach.mean()) if traffic.reach.size else 0.0,
        "copies": int(traffic.sent.sum()),
        "bytes": int(traffic.all_to_all_bytes(d_model).sum()),
        "load": traffic.load.tolist(),
    }
