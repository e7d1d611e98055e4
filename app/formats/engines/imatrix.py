"""Expert counts in llama-imatrix files (GGUF). Source: tools/imatrix/imatrix.cpp."""

from __future__ import annotations

import re

import numpy as np

from ..bounds import no_routing
from ..containers.opened import Opened
from ..hints import Hints
from ..stored import Array, Stored

COUNTS = re.compile(r"blk\.(\d+)\.ffn_(gate_up|gate|up|down)_exps\.weight\.counts$")
ATTENTION = re.compile(r"blk\.\d+\.(?:attn|ffn_gate_inp).*\.weight\.counts$")


def matches(opened: Opened) -> bool:
    """Recognises GGUF files. `read` refuses one without counts."""
    return opened.container == "gguf"


def read(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads the uses of each expert. Gate, up and down hold the same counts, so one is read."""
    counts: dict[str, dict[int, Array]] = {}
    for name, tensor in opened.value.tensors.items():
        match = COUNTS.search(name)
        if match and tensor.size > 1:
            counts.setdefault(match[2], {})[int(match[1])] = tensor.reshape(-1)
    if not counts:
        model = (
            "a model's own weights"
            if any("_exps.weight" in one for one in opened.value.names)
            else "no experts"
        )
        advice = "run llama-imatrix on the model with --output-format gguf"
        raise no_routing(opened.name, "counts of experts (llama-imatrix)", model, advice)
    best = max(("gate", "gate_up", "up", "down"), key=lambda kind: len(counts.get(kind, {})))
    held = counts[best]
    layers = tuple(sorted(held))
    experts = max(len(one) for one in held.values())
    stacked = np.stack([np.pad(held[layer], (0, experts - len(held[layer]))) for layer in layers])
    stored = Stored("llama.cpp", counts=stacked[None], layers=layers, experts=experts)
    stored.k = used_experts(opened.value.tensors, float(stacked.sum(axis=1).max()))
    return [stored]


def used_experts(tensors: dict[str, Array], choices: float) -> int | None:
    """Returns k: the choices of a layer divided by the tokens that its dense tensors counted."""
    rows = [
        float(one.reshape(-1)[0]) for name, one in tensors.items() if ATTENTION.search(name) and one.size == 1
    ]
    return round(choices / max(rows)) if rows and max(rows) > 0 else None
