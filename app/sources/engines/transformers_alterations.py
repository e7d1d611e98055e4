"""Alters routing inside a transformers model as `alterations.altered` alters a numpy router.

Logits are altered when the router computes them, the selection bias where the router stores it, and k when
the router takes its top-k. A family with another kind of router is detected in the record and refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ...routing.alterations import FORCED, MARGIN, OFF, Alteration
from .engine_error import EngineRefusal
from .recorder import LayerMap, LayerRecord

BIASES = ("e_score_correction_bias", "balancing_biases", "expert_bias")
TOPK = (torch.topk, torch.Tensor.topk)
LINEAR = (torch.nn.functional.linear,)


class AlteredRouter(TorchFunctionMode):  # type: ignore[misc]
    """A context in which logits and k of a router are altered."""

    def __init__(self, width: int, alterations: Sequence[Alteration]) -> None:
        super().__init__()
        self.width = width  # of the logits, which identifies them: N, and zero experts
        self.alterations = alterations
        self.k = next((int(each.value) for each in reversed(alterations) if each.kind == "k"), None)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Replaces each torch function while the mode is active."""
        options = dict(kwargs or {})
        if func in TOPK and self.k is not None and args[0].shape[-1] == self.width:
            args = (args[0], self.k, *args[2:])
            options.pop("k", None)
        found = func(*args, **options)
        if func in LINEAR and found.shape[-1] == self.width:
            return alter(found, self.alterations)
        return found


def alter(logits: Tensor, alterations: Sequence[Alteration]) -> Tensor:
    """Returns the logits [..., N] after these alterations, in order."""
    logits = logits.clone()
    for each in alterations:
        if each.expert is None:
            continue
        if each.kind == "off":
            logits[..., each.expert] = float(OFF)
        elif each.kind == "add":
            logits[..., each.expert] += each.value
        else:
            others = logits.clone()
            others[..., each.expert] = float(OFF)
            most = others.amax(dim=-1)
            step = max(float(MARGIN), 2 * torch.finfo(logits.dtype).eps)
            logits[..., each.expert] = torch.maximum(logits[..., each.expert], most + step * (1 + most.abs()))
    return logits


@contextmanager
def altered(model: nn.Module, layers: LayerMap, alterations: Sequence[Alteration]) -> Iterator[None]:
    """A context in which the model's routers are altered. Raises EngineRefusal.

    It also raises if a layer or an expert of an alteration does not exist.
    """
    with ExitStack() as stack:
        for layer in sorted({each.layer for each in alterations}):
            here = [each for each in alterations if each.layer == layer]
            check(here, layer, layers)
            router = router_of(model, layers.names[layer])
            mode = AlteredRouter(layers.experts + layers.zeros, here)
            before = router.register_forward_pre_hook(enter_mode(mode))
            after = router.register_forward_hook(exit_mode(mode), always_call=True)
            stack.callback(before.remove)
            stack.callback(after.remove)
            stack.enter_context(biased(router, here))
        yield


def enter_mode(mode: AlteredRouter) -> Any:
    """Returns a hook that enters the mode before the router runs."""

    def hook(module: Any, args: Any) -> None:
        mode.__enter__()

    return hook


def exit_mode(mode: AlteredRouter) -> Any:
    """Returns a hook that exits the mode after the router ran."""

    def hook(module: Any, args: Any, output: Any) -> None:
        mode.__exit__(None, None, None)

    return hook


def router_of(model: nn.Module, layer: str) -> Any:
    """Returns the router of a layer, found by the name of its parent module. Raises EngineRefusal."""
    block = model.get_submodule(layer.partition(" #")[0])
    for name in ("gate", "router", "wg", "gating"):
        found = getattr(block, name, None)
        if isinstance(found, nn.Module):
            return found
    raise EngineRefusal(
        f"alter: expected a layer with a router of its own, got {layer}; choose another model"
    )


@contextmanager
def biased(router: nn.Module, alterations: Sequence[Alteration]) -> Iterator[None]:
    """A context in which a router's selection bias, if any, is altered for experts that are off or forced."""
    found = [
        tensor
        for name, tensor in [*router.named_buffers(), *router.named_parameters()]
        if name.endswith(BIASES)
    ]
    kept = [tensor.detach().clone() for tensor in found]
    try:
        with torch.no_grad():
            for tensor in found:
                for each in alterations:
                    if each.expert is not None and each.kind in ("off", "force"):
                        tensor[..., each.expert] = float(OFF if each.kind == "off" else FORCED)
        yield
    finally:
        with torch.no_grad():
            for tensor, before in zip(found, kept, strict=True):
                tensor.copy_(before)


def check(alterations: Sequence[Alteration], layer: int, layers: LayerMap) -> None:
    """Raises EngineRefusal if an alteration does not fit the model."""
    if layer >= len(layers.names):
        raise EngineRefusal(f"alter: expected layers from 1 to {len(layers.names)}, got {alterations[0]}")
    for each in alterations:
        if each.expert is not None and each.expert >= layers.experts:
            raise EngineRefusal(f"alter: expected experts from 0 to {layers.experts - 1}, got {each}")
        if each.kind == "k" and not 1 <= each.value <= layers.choices:
            raise EngineRefusal(
                f"alter: expected k from 1 to {layers.choices}, got {each}; it may become smaller"
            )
    off = {each.expert for each in alterations if each.kind == "off"}
    if len(off) > layers.experts - layers.choices:
        raise EngineRefusal(
            f"alter: expected {layers.choices} experts of layer {layer + 1} left, got fewer; leave more on"
        )


def check_done(
    records: Mapping[str, LayerRecord], layers: LayerMap, alterations: Sequence[Alteration]
) -> None:
    """Raises EngineRefusal if a router ignored an alteration: a hash table, or a rule of its own."""
    for each in alterations:
        record = records.get(layers.names[each.layer])
        if record is None:
            continue
        chosen = (record.experts == each.expert).any(axis=-1)
        many = int((record.experts >= 0).sum(axis=-1).max(initial=0))
        failed = (
            (each.kind == "off" and chosen.any())
            or (each.kind == "force" and not chosen.all())
            or (each.kind == "k" and many > each.value)
            or (each.kind == "add" and record.kind == "hash")
        )
        if failed:
            raise EngineRefusal(
                f"alter: {each} has no effect on {record.name}, whose rule is {record.rule}; leave it out"
            )
