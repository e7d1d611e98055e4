"""The facts about a model's parameters, as JSON: for the command line, the catalogue and the page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .architectures.model_config import Routing
from .parameters import Parameters

GIGABYTE = 10**9
BITS = (16, 8, 4)
PLAIN_CONVENTIONS = ("all", "no_in", "no_emb")
DEVICE_BYTES = 80 * GIGABYTE


def report(parameters: Parameters, device: int = DEVICE_BYTES) -> dict[str, Any]:
    """Returns all counts of a model as JSON. `device`: bytes of one device's memory for weights."""
    config = parameters.config
    return {
        "architecture": config.family,
        "total": parameters.total,
        "active": parameters.active,
        "parts": parameters.parts,
        "active_parts": parameters.active_parts,
        "expert_each": parameters.expert_each,
        "mixers": parameters.mixers,
        "uncounted": parameters.uncounted,
        "conventions": {name: asdict(parameters.under(name)) for name in PLAIN_CONVENTIONS},
        "shape": parameters.shape.to_json(),
        "moe_layers": list(config.experts.layers),
        "dense_layers": list(config.dense_layers),
        "router": router_json(config.routing),
        "device_bytes": device,
        "memory": memory_table(parameters.total, device),
        "assumed": config.assumed,
    }


def router_json(routing: Routing) -> dict[str, Any]:
    """Returns the router with the names of request keys."""
    return {"router": routing.name, "settings": routing.settings, "note": routing.note}


def weight_bytes(parameters: int, bits: int) -> int:
    """Returns the bytes of the parameters at `bits` each, without scales of quantised formats."""
    return -(-parameters * bits // 8)


def devices_needed(size: int, device: int) -> int:
    """Returns the number of devices of `device` bytes that hold `size` bytes of weights, without caches."""
    if device < 1:
        raise ValueError(f"device memory: expected at least 1 byte, got {device}")
    return -(-size // device)


def memory_table(parameters: int, device: int) -> list[dict[str, int]]:
    """Returns bytes and number of devices for 16, 8 and 4 bits."""
    rows = [(bits, weight_bytes(parameters, bits)) for bits in BITS]
    return [{"bits": bits, "bytes": size, "devices": devices_needed(size, device)} for bits, size in rows]
