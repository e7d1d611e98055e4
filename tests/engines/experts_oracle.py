"""What the experts modules of a transformers model received, by hooks that share nothing with the recorder.

The recorder finds ids by value. These hooks read them by the names of arguments, or off the inputs.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import torch
import transformers

Sets = list[frozenset[int]]  # one a row
ID_NAMES = ("top_k_index", "selected_experts", "router_indices", "topk_indices", "top_k_indices")


def received(folder: Path, ids: list[int], by_one: bool = False) -> dict[str, Sets]:
    """Returns layer -> the experts that each row was sent to. `by_one`: token by token with a cache."""
    config = transformers.AutoConfig.from_pretrained(folder)
    auto = (
        transformers.AutoModelForSeq2SeqLM if config.is_encoder_decoder else transformers.AutoModelForCausalLM
    )
    model = auto.from_pretrained(folder).eval()
    found: dict[str, Sets] = {}
    for name, module in model.named_modules():
        if type(module).__name__.endswith("Experts") and "shared" not in name:
            parent = name.rpartition(".")[0]
            hook = watch(parent, module, found)
            module.register_forward_pre_hook(hook, with_kwargs=True)
    with torch.no_grad():
        run(model, ids, by_one)
    return found


def run(model: Any, ids: list[int], by_one: bool) -> None:
    """The tokens in one go, or one after the other."""
    if model.config.is_encoder_decoder:
        start = 0  # as tiny_families has it
        model(input_ids=torch.tensor([ids]), decoder_input_ids=torch.tensor([[start]]))
    elif not by_one:
        model(input_ids=torch.tensor([ids]))
    else:
        cache = None
        for id in ids:
            cache = model(
                input_ids=torch.tensor([[id]]), past_key_values=cache, use_cache=True
            ).past_key_values


def watch(layer: str, module: Any, found: dict[str, Sets]) -> Any:
    """Returns a hook that appends the rows of each call."""
    names = list(inspect.signature(module.forward).parameters)
    kind = type(module).__name__

    def hook(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        values = {**dict(zip(names, args, strict=False)), **kwargs}
        rows = found.setdefault(layer, [])
        if kind == "Llama4TextExperts":  # all tokens for every expert; those not chosen are zeros
            inputs = values["hidden_states"].reshape(module.num_experts, -1, module.hidden_size)
            chosen = inputs.abs().sum(-1).T > 0
            rows += [frozenset(row.nonzero().flatten().tolist()) for row in chosen]
        elif kind == "SwitchTransformersExperts":  # a mask; a dropped token has none
            mask = values["selected_experts"].reshape(-1, module.num_experts)
            rows += [frozenset(row.nonzero().flatten().tolist()) for row in mask]
        elif kind == "ZayaExperts":  # a skipped token comes as expert 0 with weight 0
            ids, weights = values["top_k_index"], values["top_k_weights"]
            for row, weight in zip(ids.tolist(), weights.tolist(), strict=True):
                rows.append(frozenset(id for id, w in zip(row, weight, strict=True) if w))
        else:
            (name,) = set(names) & set(ID_NAMES)
            rows += [frozenset(row) for row in values[name].tolist()]

    return hook
