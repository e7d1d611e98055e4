"""Calls inside a transformers model that carry routing: one rule and five exceptions.

The rule: a module whose class is called `...Experts` receives expert ids (integers) and weights (floats)
of one shape [T, K]. They are recognised by value, because argument names differ between families. Based on
the modeling files of transformers 5.24.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

PROBABILITIES = ("Gemma4TextRouter", "DiffusionGemmaTextRouter")  # their logits are a softmax already


@dataclass(frozen=True)
class Call:
    """The tensors of one layer's call, with T rows."""

    ids: Tensor  # [T, K]; -1 for no expert
    weights: Tensor  # [T, K]
    logits: Tensor | None = None  # [T, N]
    dropped: Tensor | None = None  # [T, K]
    probabilities: bool = False  # `logits` are probabilities
    function: str = ""  # score function, if the router's class states it


def pair_among(values: Iterable[Any]) -> tuple[Tensor, Tensor] | None:
    """Returns ids and weights among the arguments of an experts module, or None."""
    tensors = [value for value in values if isinstance(value, Tensor)]
    for ids in tensors:
        if not ids.is_floating_point() and ids.dtype != torch.bool and ids.dim() >= 2:
            for weights in tensors:
                if weights.is_floating_point() and weights.shape == ids.shape:
                    return flat(ids), flat(weights)
    return None


def flat(values: Tensor) -> Tensor:
    """Flattens [..., X] to [T, X]."""
    return values.reshape(-1, values.shape[-1])


def logits_of(output: Any, index: int | None) -> Tensor | None:
    """Returns the logits [T, N] in a router's output; None if the module is not a router.

    `index`: their position as registered in transformers; None for an unregistered class.
    """
    parts = output if isinstance(output, tuple | list) else (output,)
    if index is None:
        chooses = any(isinstance(part, Tensor) and not part.is_floating_point() for part in parts)
        index = 0 if chooses else len(parts)
    found = parts[index] if index < len(parts) else None
    return flat(found) if isinstance(found, Tensor) and found.is_floating_point() else None


def skips(call: Call) -> Call:
    """Zaya: a token that skips the layer is passed as expert 0 with weight 0."""
    return Call(call.ids.masked_fill(call.weights == 0, -1), call.weights, call.logits)


def from_llama4(output: Any, module: Any) -> Call:
    """Llama-4: all tokens pass all experts; a sigmoid of 0 marks those not chosen."""
    scores, logits = flat(output[0]), flat(output[1])
    weights, ids = scores.topk(int(module.top_k), dim=-1)
    return Call(ids, weights, logits, function="sigmoid")


def from_jetmoe(output: Any, module: Any) -> Call:
    """JetMoE: choices sorted by expert, each with its original position."""
    order, _, gates, sizes, logits = output
    sorted_ids = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes)).to(order.device)
    ids, weights = torch.empty_like(order), torch.empty_like(gates)
    ids[order], weights[order] = sorted_ids, gates
    k = int(module.top_k)
    return Call(ids.reshape(-1, k), weights.reshape(-1, k), flat(logits), function="softmax")


def from_switch(output: Any, module: Any) -> Call:
    """Switch: the mask after capacity; a row without an expert was dropped. The choice is the argmax."""
    mask, probability, logits = (flat(part) for part in output)
    dropped = mask.sum(dim=-1, keepdim=True) == 0
    ids = logits.softmax(dim=-1).argmax(dim=-1, keepdim=True)
    return Call(ids, probability.masked_fill(dropped, 0), logits, dropped, function="softmax")


def from_nllb(output: Any, module: Any) -> Call:
    """NLLB-MoE: the router's choice. Its experts module treats the mask as ids (transformers 5.24)."""
    _, weights, logits = (flat(part) for part in output)
    chosen, ids = weights.topk(2, dim=-1)
    return Call(ids.masked_fill(chosen == 0, -1), chosen, logits, function="softmax")


def from_doge(output: Any, module: Any) -> Call:
    """Doge: product keys [2, T, sqrt N]; an expert's score is the sum over its row and column."""
    rows, columns = output[1]
    logits = (rows.unsqueeze(-1) + columns.unsqueeze(-2)).flatten(-2)  # [T, sqrt N] twice -> [T, N]
    scores, ids = logits.topk(int(module.top_k), dim=-1)
    weights = scores.softmax(dim=-1)
    return Call(ids, weights, logits, function="softmax")


UNLIKE = 0.05  # mean relative error above which a function is rejected: bfloat16 rounds to 0.004

# Routers whose output is a complete record: their experts module receives no ids.
WHOLE: dict[str, Callable[[Any, Any], Call]] = {
    "Llama4Router": from_llama4,
    "JetMoeTopKGating": from_jetmoe,
    "SwitchTransformersTop1Router": from_switch,
    "NllbMoeTop2Router": from_nllb,
    "DogeCDMoE": from_doge,
}


def kind_of(router: str, parent: Any, name: str) -> str:
    """Returns the label of an unusual layer; "" for an ordinary one."""
    if router.endswith("HashRouter"):
        return "hash"
    if type(parent).__name__ == "JetMoeMoA":
        return "attention experts"
    return "vision experts" if "vision" in name else ""


def score_function(logits: Tensor, ids: Tensor, weights: Tensor) -> str:
    """Returns the score function of the logits to which the weights are proportional, by trial.

    "softmax" if undecidable: one choice whose weight is always 1. "" if no function fits.
    """
    kept = ids.clamp(min=0).long()
    best, least = "softmax", math.inf
    for name, function in FUNCTIONS.items():
        shares = function(logits.float()).gather(-1, kept)
        ratio = weights.float() / shares.clamp(min=1e-30)
        middle = ratio.mean(dim=-1, keepdim=True) if ids.shape[-1] > 1 else ratio.mean()
        error = float((ratio / middle.clamp(min=1e-30) - 1).abs().mean())
        if error < least - 1e-6:
            best, least = name, error
    return best if least < UNLIKE else ""


def sqrt_softplus(values: Tensor) -> Tensor:
    """Returns DeepSeek-V4's score."""
    return torch.nn.functional.softplus(values).sqrt()


FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "softmax": lambda values: values.softmax(dim=-1),
    "sigmoid": torch.sigmoid,
    "sqrt_softplus": sqrt_softplus,
}
