"""Alterations of a model's routing, their text in a link, and a router that applies them.

`alter=2.5-off_3.1-force_1.7-add2_4-k1`: expert 5 of the second layer is off, expert 1 of the third receives
every token, expert 7 of the first gets 2 added to its logit, and the fourth layer has k = 1. Only MoE layers
count. As in every address, layers count from 1 and experts keep their id, from 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ..trace import Floats
from .router import Router, RouterInputs
from .router_settings import BadSetting
from .topk import LayerRouting

CHARS = 400  # limit on the text
MOST = 64  # limit on alterations
MOST_LAYERS = 9999
LARGEST_ADDED = 1000.0
OFF = np.float32(-1e9)  # exp and sigmoid of it are 0, and unlike -inf it gives no NaN in differences
FORCED = np.float32(1e9)
MARGIN = np.float32(1e-4)  # lead of a forced logit over the others, relative and absolute
FORM = re.compile(
    r"0*([1-9][0-9]{0,3})(?:\.([0-9]{1,5}))?-(off|force|k([0-9]{1,5})|add(-?[0-9]{1,4}(?:\.[0-9]{1,6})?))"
)
BETWEEN = re.compile(r"[_,]")
EXPECTED = (
    "LAYER.EXPERT-off, LAYER.EXPERT-force, LAYER.EXPERT-addNUMBER or LAYER-kNUMBER, with _ between them"
)

Kind = Literal["off", "force", "add", "k"]


@dataclass(frozen=True)
class Alteration:
    """One change to one layer. `value`: added to the logit, or the number of experts per token."""

    layer: int  # index among the MoE layers, from 0
    kind: Kind
    expert: int | None = None  # None for kind "k"
    value: float = 0.0

    def __str__(self) -> str:
        """Returns the text in a link."""
        if self.kind == "k":
            return f"{self.layer + 1}-k{self.value:g}"
        value = f"{self.value:.6f}".rstrip("0").rstrip(".") if self.kind == "add" else ""
        return f"{self.layer + 1}.{self.expert}-{self.kind}{value}"


def parse_alterations(text: str) -> tuple[Alteration, ...]:
    """Returns the alterations in a text. Raises BadSetting with the part that is not one."""
    parts = BETWEEN.split(text) if text else []
    if len(text) > CHARS or len(parts) > MOST:
        found = f"{len(text)} characters, {len(parts)} alterations"
        raise BadSetting(
            "alter", f"at most {CHARS} characters and {MOST} alterations", found, "leave some out"
        )
    return tuple(map(parse_one, parts))


def parse_one(part: str) -> Alteration:
    """Returns one alteration. Raises BadSetting."""
    found = FORM.fullmatch(part.strip())
    if found is None or (found[2] is None) != (found[4] is not None):
        raise BadSetting("alter", EXPECTED, repr(part[:40]), "write it so")
    layer = int(found[1]) - 1
    if found[4] is not None:
        return Alteration(layer, "k", value=int(found[4]))
    if found[3] in ("off", "force"):
        return Alteration(layer, "off" if found[3] == "off" else "force", int(found[2]))
    return Alteration(layer, "add", int(found[2]), float(found[5]))


def most_chosen(alterations: tuple[Alteration, ...]) -> int:
    """Returns the largest changed k over all layers; 0 if none. The last change of a layer counts."""
    return max({each.layer: int(each.value) for each in alterations if each.kind == "k"}.values(), default=0)


def spell(alterations: tuple[Alteration, ...]) -> str:
    """Returns the text of alterations, which `parse_alterations` reads."""
    return "_".join(map(str, alterations))


def altered(router: Router, alterations: tuple[Alteration, ...], layers: int, experts: int) -> Router:
    """Returns the router applied to altered logits. Raises BadSetting if an alteration does not fit.

    Off: the expert's logit is so low that its score is 0, and its selection bias so low that others are
    chosen. Force: its logit exceeds all others of the token slightly, and its selection bias all others.
    Alterations apply in list order, before the router computes scores.
    """
    if not alterations:
        return router
    check_all(alterations, router, layers, experts)

    def kernel(logits: Floats, k: int, call: RouterInputs) -> LayerRouting:
        here = [each for each in alterations if each.layer == call.layer]
        if not here:
            return router.kernel(logits, k, call)
        logits, bias = alter(logits, call.bias, here)
        chosen = next((int(each.value) for each in reversed(here) if each.kind == "k"), k)
        routed = router.kernel(logits, chosen, replace(call, bias=bias))
        return without(routed, off_in(here)).widened(k)

    return replace(router, kernel=kernel)


def alter(logits: Floats, bias: Floats, alterations: list[Alteration]) -> tuple[Floats, Floats]:
    """Returns the logits [T, N] and the selection bias [N] of one layer after these alterations."""
    logits, bias = logits.copy(), bias.copy()
    for each in alterations:
        if each.expert is None:
            continue
        column = logits[:, each.expert]
        if each.kind == "off":
            column[:], bias[each.expert] = OFF, OFF
        elif each.kind == "force":
            others = np.delete(logits, each.expert, axis=-1).max(axis=-1, initial=OFF)
            np.maximum(column, others + MARGIN * (1 + np.abs(others)), out=column)
            bias[each.expert] = FORCED
        else:
            column += np.float32(each.value)
    return logits, bias


def off_in(alterations: list[Alteration]) -> list[int]:
    """Returns the experts that are switched off."""
    return [each.expert for each in alterations if each.kind == "off" and each.expert is not None]


def without(routed: LayerRouting, off: list[int]) -> LayerRouting:
    """Returns the routing with empty choices for experts that are off, if fewer than k were left."""
    gone = np.isin(routed.experts, np.array(off, np.int32))
    if not gone.any():
        return routed
    experts, weights = np.where(gone, -1, routed.experts), np.where(gone, 0, routed.weights)
    dropped = None if routed.dropped is None else routed.dropped & ~gone
    return replace(
        routed, experts=experts.astype(np.int32), weights=weights.astype(np.float32), dropped=dropped
    )


def check_all(alterations: tuple[Alteration, ...], router: Router, layers: int, experts: int) -> None:
    """Raises BadSetting if the alterations do not fit the model or the router."""
    for each in alterations:
        check(each, router, layers, experts)
        check_left(each.layer, alterations, experts)


def check(each: Alteration, router: Router, layers: int, experts: int) -> None:
    """Raises BadSetting if an alteration does not fit the model or the router."""
    if each.layer >= layers:
        raise BadSetting("alter", f"layers from 1 to {layers}", f"{each}", "choose one of them")
    if each.expert is not None and each.expert >= experts:
        raise BadSetting("alter", f"experts from 0 to {experts - 1}", f"{each}", "choose one of them")
    if each.kind == "add" and abs(each.value) > LARGEST_ADDED:
        raise BadSetting("alter", f"at most {LARGEST_ADDED:g} added", f"{each}", "switch it off, or force it")
    if each.kind == "k":
        try:
            router.filled(experts, int(each.value))
        except BadSetting as error:
            raise BadSetting("alter", f"k from {error.expected}", f"{each}", error.advice) from error


def check_left(layer: int, alterations: tuple[Alteration, ...], experts: int) -> None:
    """Raises BadSetting if a layer has no expert left."""
    off = {each.expert for each in alterations if each.layer == layer and each.kind == "off"}
    if len(off) >= experts:
        found = f"all {experts} of layer {layer + 1} off"
        raise BadSetting("alter", "at least one expert per layer left", found, "leave one on")
