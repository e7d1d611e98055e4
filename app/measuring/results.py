"""Reads and writes models/measured.json, and explains its fields."""

from __future__ import annotations

import json
import os
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from ..trace import dump
from .heldout import HeldOut
from .heldout_pass import rounded, standard_error

FILE = "measured.json"
FORMAT = "moescope.measured/1"
VERSION = 1  # of the measurements; entries of other versions are measured again
STRIDE = 4  # routers are compared on every fourth window: their costs exceed the differences between sizes
ABOUT = {
    "loss": "nats a token on held-out text, by language and as the mean of all; float32, shipped weights",
    "windows": "loss of each window of the held-out text, languages in the order of their names",
    "by_k": "with the router of the training and k experts a token; the models were trained with top_k",
    "routers": "by router and k, other settings as `settings` says; a window is one batch; on every window "
    "whose number divides by `heldout.stride`",
    "cost": "mean loss minus that with the router and k of the training",
    "cost_se": "standard error of cost over windows",
    "max_violation": "MaxVio over all held-out tokens: (max - mean) / mean of the assignments to experts",
    "dropped_share": "share of assignments that were over capacity",
    "whole_batch": "routers that look at later tokens (expert_choice, base; gshard and st_moe in part) know "
    "more than a model that writes text can: their loss is not that of a language model",
    "learned.js_bits": "Jensen-Shannon divergence of the languages' loads by layer, bits; js_bits_most: the "
    "most",
    "learned.js_bits_untrained": "the same for routers of random weights that read the same vectors",
    "learned.js_bits_chance": "the same for experts drawn at random for each token: what chance alone gives",
    "learned.entropy": "of the load of each layer, over ln N",
    "learned.language_loads": "share of each language's assignments that each expert receives, [L][N]",
    "learned.likes": "[L][N] lists of [token, times that the expert received it, times that it occurs], by "
    "count * ln(count / expected): frequent here and rarer elsewhere",
    "compared": "mean loss of the second model minus that of the first on the same windows; se: its standard "
    "error",
    "finished": "whether the training had come to its end",
}


def read(folder: Path) -> dict[str, Any]:
    """Returns the measurements of each model by name."""
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    models: dict[str, Any] = found.get("models", {})
    return models


def is_right(entry: dict[str, Any] | None, checkpoint: str, heldout: HeldOut) -> bool:
    """Returns whether an entry is up to date."""
    expected = (checkpoint, heldout.digest, VERSION)
    return (
        entry is not None
        and tuple(entry.get(key) for key in ("checkpoint", "heldout", "version")) == expected
    )


def write(folder: Path, heldout: HeldOut, models: dict[str, Any]) -> None:
    """Writes all measurements atomically, one line per model."""
    sizes = {name: ids.shape[0] * (ids.shape[1] - 1) for name, ids in heldout.windows.items()}
    length = heldout.ids.shape[1] - 1
    head = {
        "format": FORMAT,
        "about": ABOUT,
        "heldout": {
            "tokens": sizes,
            "window": length,
            "stride": STRIDE,
            "digest": heldout.digest,
            "note": heldout.note,
        },
        "compared": compared(models),
    }
    lines = [f"{dump(name)}:{dump(entry)}" for name, entry in models.items()]
    text = dump(head)[:-1] + ',"models":{\n' + ",\n".join(lines) + "\n}}\n"
    part = folder / f"{FILE}.part"
    part.write_text(text, encoding="utf-8")
    os.replace(part, folder / FILE)


def compared(models: dict[str, Any]) -> list[dict[str, Any]]:
    """Compares every two models, window by window."""
    rows = []
    for (first, one), (second, other) in combinations(models.items(), 2):
        change = np.array(other["windows"]) - np.array(one["windows"])
        row = {"models": [first, second], "change": rounded(change.mean())}
        rows.append({**row, "se": rounded(standard_error(change))})
    return rows
