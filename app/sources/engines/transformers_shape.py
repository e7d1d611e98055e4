"""The shape of a model loaded by transformers, counted from its weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import nn

from ...shape import ModelShape
from .transformers_hooks import EXPERTS


def shape_of(model: Any, layers: int, experts: int, top_k: int) -> ModelShape:
    """Returns sizes whose sum is the model's number of parameters.

    The size of an expert is the mean over all, because layers may differ in width.
    """
    config = model.config.get_text_config(decoder=True)
    d_model = first(config, ("hidden_size", "d_model")) or 1
    modules = {name: module for name, module in model.named_modules()}
    routed = [module for name, module in modules.items() if is_routed(name, module)]
    size = sum(count_routed(module, experts) for module in routed) // max(1, layers * experts)
    d_expert = first(config, ("moe_intermediate_size", "expert_ffn_hidden_size", "intermediate_size", "d_ff"))
    d_expert = min(d_expert or d_model, max(1, size // (2 * d_model)))
    matrices = max(1, size // (d_model * d_expert))
    total = sum(parameter.numel() for parameter in model.parameters())
    embeddings = count_embeddings(model)
    attention = sum(
        count(module)
        for name, module in modules.items()
        if name.rpartition(".")[2] in ("self_attn", "attention")
    )
    shape = ModelShape(
        layers=layers,
        experts=experts,
        top_k=top_k,
        d_model=d_model,
        d_expert=d_expert,
        matrices=matrices,
        expert_bias=max(0, size - matrices * d_model * d_expert),
        attention=attention,
        embeddings=embeddings,
    )
    rest = total - shape.total_p - shape.rest
    return ModelShape(**{**vars(shape), "dense": max(0, rest)})


def is_routed(name: str, module: nn.Module) -> bool:
    """Returns whether a module holds routed experts, not shared ones."""
    kind = type(module).__name__
    return bool(EXPERTS.search(kind)) and "shared" not in name.rpartition(".")[2]


def count(module: nn.Module) -> int:
    """Returns the number of parameters of a module."""
    return sum(parameter.numel() for parameter in module.parameters())


def count_routed(module: nn.Module, experts: int) -> int:
    """Returns the parameters of a layer's N experts. LongCat-Flash allocates rows for zero experts too."""
    stacked = (p[:experts] if p.dim() == 3 else p for p in module.parameters())
    return sum(parameter.numel() for parameter in stacked)


def count_embeddings(model: Any) -> int:
    """Returns the parameters of input embedding and output head; a tied matrix counts once."""
    tables: Iterable[Any] = (model.get_input_embeddings(), model.get_output_embeddings())
    weights = {
        id(each.weight): each.weight.numel() for each in tables if getattr(each, "weight", None) is not None
    }
    return sum(weights.values())


def first(config: Any, names: Iterable[str]) -> int | None:
    """Returns the first of some fields that is a whole number."""
    found = (getattr(config, name, None) for name in names)
    return next((value for value in found if isinstance(value, int) and not isinstance(value, bool)), None)
