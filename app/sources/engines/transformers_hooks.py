"""Hooks that record the routing of a transformers model in each forward pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...trace import Floats, Ints
from .recorder import LayerRecord
from .routing_calls import (
    FUNCTIONS,
    PROBABILITIES,
    WHOLE,
    Call,
    kind_of,
    logits_of,
    pair_among,
    score_function,
    skips,
)

ROUTER = re.compile(r"(Router|Gate|Gating)$")
EXPERTS = re.compile(r"Experts$")


@dataclass
class Pass:
    """One call of a decoder or an encoder: its tokens, and the record of each MoE layer."""

    root: str  # "" for a single stack, else "encoder" or "decoder"
    ids: Ints | None  # [B, S]; None: the caller gave embeddings
    rows: int  # B * S, 0 if unknown
    real: Any = None  # [B, S] bool, False for padding; None: no padding
    continues: bool = False  # its tokens continue the previous pass
    records: dict[str, LayerRecord] = field(default_factory=dict)


class RoutingHooks:
    """Hooks on every router and experts module of a model. `passes` grows with each call of the model."""

    def __init__(self, model: nn.Module, scores: bool = True) -> None:
        """Prepares the hooks. `scores`: record logits and scores, [T, N] per layer, not only choices."""
        self.model = model
        self.scores = scores
        self.passes: list[Pass] = []
        self.computed = 0  # experts with weights, in a model whose router has zero experts too
        self.zeros = 0
        self._names = {module: name for name, module in model.named_modules()}
        self._open: list[Pass] = []
        self._logits: dict[
            str, tuple[nn.Module, Tensor]
        ] = {}  # parent -> output of a router, until its experts run
        self._functions: dict[str, str] = {}
        self._handles: list[Any] = []
        whole = (module for module in self._names if type(module).__name__ in WHOLE)
        self._complete = {self._parent(module) for module in whole}

    def attach(self) -> RoutingHooks:
        """Attaches the hooks. Raises ValueError if the model has no MoE layer."""
        registered = registered_routers(self.model)
        found = False
        for module in self._names:
            name = type(module).__name__
            if name in WHOLE:
                found = True
                self._add(module.register_forward_hook(self._whole))
            elif name in registered or ROUTER.search(name):
                self._add(module.register_forward_hook(self._router(registered.get(name))))
            elif EXPERTS.search(name):
                found = True
                self._add(module.register_forward_pre_hook(self._experts, with_kwargs=True))
        if not found:
            raise ValueError(
                f"model: expected one with MoE layers, got {type(self.model).__name__}; "
                "its class has no experts module"
            )
        for root, module in roots(self.model):
            self._add(module.register_forward_pre_hook(self._begin(root), with_kwargs=True))
            self._add(module.register_forward_hook(self._end, always_call=True))
        return self

    def detach(self) -> None:
        """Removes the hooks."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def take(self) -> list[Pass]:
        """Returns the recorded passes and clears them."""
        taken, self.passes = self.passes, []
        return taken

    def _add(self, handle: Any) -> None:
        self._handles.append(handle)

    def _begin(self, root: str) -> Any:
        def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            self._open.append(begin(root, args, kwargs))
            self._logits.clear()

        return hook

    def _end(self, module: nn.Module, args: Any, output: Any) -> None:
        if self._open:
            self.passes.append(self._open.pop())

    def _router(self, index: int | None) -> Any:
        def hook(module: nn.Module, args: Any, output: Any) -> None:
            logits = logits_of(output, index)
            if logits is not None and self._open:
                self._logits[self._parent(module)] = (module, logits)

        return hook

    def _whole(self, module: nn.Module, args: Any, output: Any) -> None:
        """Records a router whose output is complete."""
        if self._open:
            name = self._names[module] if type(module).__name__ == "DogeCDMoE" else self._parent(module)
            self._record(name, module, WHOLE[type(module).__name__](output, module))

    def _experts(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Records the ids and weights that an experts module receives."""
        parent = self._parent(module)
        if not self._open or parent in self._complete:
            return
        pair = pair_among([*args, *kwargs.values()])
        if pair is None:
            return
        router, logits = self._logits.pop(parent, (module, None))
        call = Call(*pair, logits, probabilities=type(router).__name__ in PROBABILITIES)
        if type(module).__name__ == "ZayaExperts":
            call = skips(call)
        self._count_zeros(module, logits)
        self._record(parent, router, call)

    def _count_zeros(self, module: nn.Module, logits: Tensor | None) -> None:
        """Counts the experts that the router knows but the module does not compute: identity, skip."""
        if logits is None or self.zeros:
            return
        real = getattr(module, "num_routed_experts", getattr(module, "num_experts", logits.shape[-1]))
        if isinstance(real, int) and real < logits.shape[-1]:
            self.computed, self.zeros = real, logits.shape[-1] - real

    def _record(self, name: str, router: nn.Module, call: Call) -> None:
        records = self._open[-1].records
        layer, again = name, 2
        while layer in records:  # a model may run its layers more than once
            layer, again = f"{name} #{again}", again + 1
        label = type(router).__name__
        parent = self.model.get_submodule(name)
        function = self._function(layer, call)
        scores = None
        if self.scores and call.logits is not None:
            scores = (
                call.logits
                if call.probabilities
                else FUNCTIONS[function or "softmax"](call.logits.detach().float())
            )
        records[layer] = LayerRecord(
            name=layer,
            experts=numbers(call.ids, np.int32),
            weights=numbers(call.weights, np.float32),
            scores=None if scores is None else numbers(scores, np.float32),
            logits=logits_column(call) if self.scores else None,
            dropped=None if call.dropped is None else numbers(call.dropped, np.bool_),
            kind=kind_of(label, parent, name),
            rule=f"{label} ({function})" if function else label,
        )

    def _function(self, layer: str, call: Call) -> str:
        """Returns the score function of a layer, determined once from its weights."""
        if call.function or call.logits is None:
            return call.function
        if call.probabilities:
            return "softmax"
        if layer not in self._functions:
            found = score_function(call.logits.detach(), call.ids, call.weights.detach())
            self._functions[layer] = found
        return self._functions[layer]

    def _parent(self, module: nn.Module) -> str:
        name: str = self._names[module]
        return name.rpartition(".")[0]


def registered_routers(model: nn.Module) -> dict[str, int]:
    """Returns class name -> index of the logits in its output, as registered by the model's classes.

    Some families register a whole block. The routers inside are hooked instead, to avoid duplicate rows.
    """
    found = {}
    for module in model.modules():
        recorders = (getattr(module, "_can_record_outputs", None) or {}).get("router_logits", ())
        for recorder in recorders if isinstance(recorders, list | tuple) else (recorders,):
            target, index = getattr(recorder, "target_class", recorder), getattr(recorder, "index", 0)
            if target is not None and ROUTER.search(target.__name__):
                found[target.__name__] = index
    return found


def roots(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yields the modules that receive token ids: the model, or encoder and decoder separately."""
    if getattr(getattr(model, "config", None), "is_encoder_decoder", False):
        for root in ("encoder", "decoder"):
            stack: Any = getattr(model, f"get_{root}")()
            yield root, stack
    elif "Diffusion" in type(model).__name__:  # the decoder fills a canvas in passes
        for root in ("encoder", "decoder"):
            yield root, model.get_submodule(f"model.{root}")
    else:
        yield "", model


def begin(root: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Pass:
    """Returns the pass that a call with these arguments starts."""
    given = args[0] if args else kwargs.get("decoder_input_ids")
    ids = kwargs.get("input_ids", given)
    if isinstance(ids, Tensor) and not ids.is_floating_point():
        embedded = ids
    else:
        ids, embedded = None, kwargs.get("inputs_embeds")
    shape = tuple(embedded.shape[:2]) if isinstance(embedded, Tensor) else (0, 0)
    cache = kwargs.get("past_key_values", kwargs.get("cache"))
    return Pass(
        root=root,
        ids=None if ids is None else numbers(ids, np.int32),
        rows=shape[0] * shape[1],
        real=real_tokens(kwargs.get("attention_mask"), shape),
        continues=is_filled(cache),
    )


def is_filled(cache: Any) -> bool:
    """Returns whether a cache contains tokens."""
    if cache is None:
        return False
    try:
        if int(cache.get_seq_length()) > 0:
            return True
    except (AttributeError, TypeError, ValueError, IndexError):
        pass
    # A cache of recurrent layers counts no tokens, only whether it has a state.
    return any(getattr(layer, "has_previous_state", False) is True for layer in getattr(cache, "layers", ()))


def real_tokens(mask: Any, shape: tuple[int, ...]) -> Any:
    """Returns a mask [B, S] of tokens that are not padding; None if all are real."""
    if not isinstance(mask, Tensor) or mask.dim() != 2 or bool(mask.all()):
        return None
    return numbers(mask[:, mask.shape[1] - shape[1] :], np.bool_)


def logits_column(call: Call) -> Floats | None:
    """Returns the logits [T, N]; for probabilities, their logarithm."""
    if call.logits is None:
        return None
    logits = call.logits.detach().float()
    found: Floats = numbers(logits.clamp(min=1e-30).log() if call.probabilities else logits, np.float32)
    return found


def numbers(values: Tensor, dtype: Any) -> Any:
    """Returns a copy as an array, independent of later writes by the model."""
    kept = values.detach()
    if kept.is_floating_point():
        kept = kept.to(torch.float32)
    return kept.cpu().numpy().astype(dtype, copy=True)
