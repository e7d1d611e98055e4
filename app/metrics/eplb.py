"""EPLB's placement: replicas for the busiest experts, then greedy packing onto devices.

The algorithm is that of deepseek-ai/EPLB, `rebalance_experts` (DeepSeek-V3, arXiv 2412.19437, section 3.4.1).
Its published example is a test.
"""

from __future__ import annotations

import numpy as np

from ..trace import Counts, Doubles, Ints


def rebalance(loads: Counts, slots: int, groups: int, nodes: int, devices: int) -> Ints:
    """Returns the expert of each slot: loads [L, N] -> [L, slots].

    Groups of experts stay within a node if nodes divide groups; otherwise all devices are one node.
    Raises ValueError naming the number that does not divide.
    """
    if groups % nodes:
        groups = nodes = 1
    check(loads.shape[-1], slots, groups, nodes, devices)
    return np.stack([rebalance_layer(row.astype(np.float64), slots, groups, nodes, devices) for row in loads])


def check(experts: int, slots: int, groups: int, nodes: int, devices: int) -> None:
    """Raises ValueError if a size does not divide."""
    if slots < experts:
        raise ValueError(f"slots: expected at least {experts}, one per expert, got {slots}")
    for name, whole, part in (
        ("groups", experts, groups),
        ("nodes", devices, nodes),
        ("devices", slots, devices),
    ):
        if part < 1 or whole % part:
            raise ValueError(f"{name}: expected a divisor of {whole}, got {part}")


def rebalance_layer(load: Doubles, slots: int, groups: int, nodes: int, devices: int) -> Ints:
    """Returns the slots of one layer: load [N] -> [slots]. Three steps: node, replicas, device."""
    members = np.arange(len(load)).reshape(groups, -1)  # [groups, experts of each]
    by_node = pack(load[members].sum(axis=1), nodes)
    rows: list[Ints] = []
    for node in by_node:
        experts = members[node].reshape(-1)
        copies = replicate(load[experts], slots // nodes)
        count = np.bincount(copies, minlength=len(experts))
        each = (load[experts] / count)[copies]  # load of one replica
        rows.extend(experts[copies[held]].astype(np.int32) for held in pack(each, devices // nodes))
    return np.concatenate(rows)


def replicate(load: Doubles, slots: int) -> Ints:
    """Returns the item of each slot: each once, then repeatedly the one with the most per replica."""
    found, count = list(range(len(load))), np.ones(len(load))
    for _ in range(slots - len(load)):
        busiest = int((load / count).argmax())
        found.append(busiest)
        count[busiest] += 1
    return np.array(found, np.int32)


def pack(load: Doubles, packs: int) -> list[Ints]:
    """Packs items, heaviest first, into the lightest pack with room: [n] -> `packs` equally long lists."""
    room = len(load) // packs
    if room == 1:
        return [np.array([item], np.int32) for item in range(packs)]
    held: list[list[int]] = [[] for _ in range(packs)]
    sums = [0.0] * packs
    for item in np.argsort(-load, kind="stable").tolist():
        lightest = min((p for p in range(packs) if len(held[p]) < room), key=sums.__getitem__)
        held[lightest].append(item)
        sums[lightest] += load[item]
    return [np.array(each, np.int32) for each in held]
