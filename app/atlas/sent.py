"""Reads what clients send about an atlas: jobs for a process, because JSON and YAML hold the interpreter."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from ..trace import Ints

if TYPE_CHECKING:
    from ..metrics.plan import Plan


def plan_of_body(
    sources: object, body: bytes, format: str, experts: int, devices: int, dense: tuple[int, ...]
) -> Plan:
    """Reads a placement. Raises ValueError naming the field."""
    from .what_if.plans import read_plan

    return read_plan(body.decode(errors="replace"), format, experts, devices, dense)


def routing_of_body(sources: object, body: bytes) -> tuple[Ints, Ints]:
    """Reads {"ids": [T], "experts": [T][L][K]}. Raises ValueError naming the field."""
    try:
        found = json.loads(body.decode(errors="replace"))
        ids, experts = (np.array(found[name], dtype=np.int32) for name in ("ids", "experts"))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise ValueError(
            f"body: expected ids [T] and experts [T][L][K] as JSON, got {str(error)[:80]}"
        ) from error
    if ids.ndim != 1:
        raise ValueError(f"ids: expected a list of numbers, got {ids.ndim} dimensions")
    return ids, experts
