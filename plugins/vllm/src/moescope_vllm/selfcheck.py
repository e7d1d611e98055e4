"""The check at start-up that recorded rows follow the model's own rule.

A prompt runs alone, then again beside another with its prefix cached. Every row must be present, follow the
rule, and be equal both times. This detects a vLLM with changed internals.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .engine import End, Recording, Rows
from .rule import agreement

Columns = dict[str, NDArray[Any]]
LENGTHS, WRITTEN = (24, 17), 3
HOLDS = 0.98  # share of rows and layers that must follow the rule; ties and rounding are the rest
SAME = 0.9  # share of sets that must be equal alone and in company: bfloat16 rounds by the batch's size


class Unsound(Exception):
    """The recorded routing is not sound."""


async def self_check(
    recording: Recording, rule: Mapping[str, Any], biases: list[Any], vocabulary: int
) -> dict[str, Any]:
    """Returns what was found: experts, top_k, and shares. Raises Unsound with one sentence."""
    longer, shorter = (
        [(7919 * index + 31 * length) % vocabulary for index in range(length)] for length in LENGTHS
    )
    alone = await rows_of(recording, longer)
    again, _ = await asyncio.gather(rows_of(recording, longer), rows_of(recording, shorter))
    return judge(alone, again, rule, biases)


async def rows_of(recording: Recording, prompt: list[int]) -> Columns:
    """Returns all rows of a prompt and of a few tokens after it. Raises Unsound if one is missing."""
    parts, missing = [], len(prompt)
    sampling = {"max_tokens": WRITTEN, "temperature": 0.0, "ignore_eos": True}
    async for each in recording.run(prompt, **sampling):
        if isinstance(each, Rows):
            parts.append(each.columns)
        elif isinstance(each, End):
            missing = each.missing
    if missing:
        raise Unsound(f"expected {len(prompt) + WRITTEN - 1} rows of routing, and {missing} are missing")
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def judge(alone: Columns, again: Columns, rule: Mapping[str, Any], biases: list[Any]) -> dict[str, Any]:
    """Holds the rows of one prompt, taken twice, against the rule and each other."""
    experts, k = alone["logits"].shape[-1], alone["ids"].shape[-1]
    for columns in (alone, again):
        check_sound(columns, experts)
    same = float(np.mean(np.sort(alone["ids"]) == np.sort(again["ids"])))
    if same < SAME:
        raise Unsound(f"the same prompt was routed otherwise beside another: {same:.0%} of its choices agree")
    found: dict[str, Any] = {"experts": experts, "top_k": k, "same": same, "follows_rule": None}
    if not rule["custom"]:
        tables = [None if bias is None else np.asarray(bias, np.float32) for bias in biases]
        share = agreement(alone, rule, tables, tolerance_of(alone["logits"]))
        if share < HOLDS:
            raise Unsound(f"the choices follow the model's rule in {share:.0%} of rows and layers")
        found["follows_rule"] = share
    return found


def check_sound(columns: Columns, experts: int) -> None:
    """Raises Unsound for numbers that cannot be routing."""
    ids = columns["ids"]
    if ids.min() < 0 or ids.max() >= experts:
        raise Unsound(f"expected ids from 0 to {experts - 1}, got {ids.min()} to {ids.max()}")
    ordered = np.sort(ids)
    if (ordered[..., 1:] == ordered[..., :-1]).any():
        raise Unsound("a token has one expert twice in a layer")
    for name in ("logits", "weights"):
        if not np.isfinite(columns[name]).all():
            raise Unsound(f"{name} are not finite")


def tolerance_of(logits: NDArray[Any]) -> float:
    """Returns how far a score may be off: much less if the logits have more digits than bfloat16 has."""
    bits = np.ascontiguousarray(logits, np.float32).view(np.uint32)
    return 0.02 if not (bits & 0xFFFF).any() else 1e-4
