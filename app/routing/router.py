"""A router as its callers see it: a name, what it asks for, and `route`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..trace import Bools, Floats
from .capacity import capacity_of
from .router_settings import LIMITS, BadSetting, RouterSettings, check_groups, check_k, default_groups
from .topk import Routed, among_best


@dataclass(frozen=True)
class Call:
    """What a router may use beside logits and k: settings, all filled in, bias, and seeded numbers."""

    settings: dict[str, float]
    bias: Floats  # [N]
    layer: int
    start: int  # index of the first token

    def normals(self, tokens: int, experts: int) -> Floats:
        """Standard normal numbers [T, N]; those of a token do not depend on the chunk that it comes in."""
        one, other = self._uniforms(tokens, 2 * experts).reshape(tokens, 2, experts).swapaxes(0, 1)
        radius = np.sqrt(-2 * np.log(1 - one))  # Box and Muller 1958
        result: Floats = (radius * np.cos(2 * np.pi * other)).astype(np.float32)
        return result

    def uniforms(self, tokens: int) -> Floats:
        """Numbers [T] in 0..1, one a token."""
        return self._uniforms(tokens, 1)[:, 0].astype(np.float32)

    def _uniforms(self, tokens: int, each: int) -> NDArray[np.float64]:
        """Philox counts in blocks of four numbers; a token gets whole ones, so that it can be reached."""
        blocks = -(-each // 4)
        bits = np.random.Philox(key=[int(self.settings["seed"]), self.layer])
        bits.advance(self.start * blocks)
        drawn = np.random.Generator(bits).random(tokens * blocks * 4)
        return drawn.reshape(tokens, -1)[:, :each]


Kernel = Callable[[Floats, int, Call], Routed]  # logits [T, N], k


@dataclass(frozen=True)
class Selection:
    """What a bias is added to, and what is left of the sums to take the k best of."""

    scores: Callable[[Floats], Floats]  # logits [..., N] -> [..., N]
    left: Callable[[Floats, Call], Floats] = lambda values, call: values  # [T, N] -> [T, N]


NO_SETTINGS = RouterSettings()


@dataclass(frozen=True)
class Router:
    """A router, with settings and bias once they are chosen. `ROUTERS` has them all, with defaults."""

    name: str
    source: str  # who described it
    kernel: Kernel
    selection: Selection | None = None  # of one that selects with a bias, the same as in its kernel
    uses: tuple[str, ...] = ()  # settings that it reads, and "bias"
    defaults: RouterSettings = NO_SETTINGS
    fixed_k: int | None = None  # the k that it forces
    largest_k: int | None = None  # beyond which it takes too long to be waited for
    whole_batch: bool = False  # needs all tokens of the prompt at once; others take any chunks
    varies: bool = False  # a token may have fewer experts than k, or more: then there are more than k columns
    settings: RouterSettings = NO_SETTINGS
    bias: Floats | None = field(default=None, compare=False)  # [L, N] added for selection alone

    def with_settings(self, settings: RouterSettings, experts: int, k: int) -> Router:
        """This router with these settings. Raises BadSetting where they do not fit N and k.

        Settings that it does not read are left out, so that two routers that do the same are equal.
        """
        unread = {name: None for name in settings.given() if name not in self.uses}
        chosen = replace(self, settings=replace(settings, **unread))
        chosen.filled(experts, k)
        return chosen

    def to_json(self) -> dict[str, Any]:
        """What a page needs to offer it, as `GET /api/routers` answers."""
        return {
            "name": self.name,
            "source": self.source,
            "settings": [name for name in self.uses if name in LIMITS],
            "defaults": self.defaults.given(),
            "biased": "bias" in self.uses,
            "fixed_k": self.fixed_k,
            "largest_k": self.largest_k,
            "whole_batch": self.whole_batch,
            "varies": self.varies,
        }

    def with_bias(self, bias: Floats) -> Router:
        """This router with a selection bias [L, N]. Raises ValueError where it has no use for one."""
        if "bias" not in self.uses:
            raise ValueError(f"bias: expected a router that selects with a bias, got {self.name}")
        return replace(self, bias=bias)

    def check_k(self, k: int, experts: int) -> None:
        """Raises BadSetting where k does not fit N, or the router takes no such k."""
        check_k(k, experts)
        if self.largest_k is not None and k > self.largest_k:
            expected = f"1 to {min(experts, self.largest_k)} with router {self.name}"
            raise BadSetting("k", expected, k, "choose fewer experts a token or another router")
        if self.fixed_k is not None and k != self.fixed_k:
            advice = f"choose k={self.fixed_k} or another router"
            raise BadSetting("k", f"{self.fixed_k} with router {self.name}", k, advice)

    def filled(self, experts: int, k: int) -> dict[str, float]:
        """The settings that it reads, with defaults where none are given. Raises BadSetting as above."""
        self.check_k(k, experts)
        filled = {**self.defaults.given(), **self.settings.given()}
        if "groups" in self.uses:
            groups = int(filled.setdefault("groups", default_groups(experts)))
            fewest = -(-k * groups // experts) if experts % groups == 0 else 1
            filled.setdefault("topk_groups", max(-(-groups // 2), fewest))
            check_groups(groups, int(filled["topk_groups"]), experts, k)
        return filled

    def capacity(self, tokens: int, experts: int, k: int) -> int | None:
        """How many tokens an expert takes of a prompt of so many; None: as many as come."""
        factor = self.filled(experts, k).get("capacity", k if self.varies else None)
        return None if factor is None else capacity_of(tokens, experts, factor)

    def chosen(self, values: Floats, k: int) -> Bools:
        """Which experts `route` chooses by these sums of scores and bias, [T, N] -> [T, N]."""
        assert self.selection is not None, "a router that selects with a bias"
        experts = values.shape[-1]
        call = Call(self.filled(experts, k), np.zeros(experts, np.float32), layer=0, start=0)
        return among_best(self.selection.left(values, call), k)

    def facts(self, tokens: int, experts: int, k: int) -> dict[str, Any]:
        """What a trace of so many tokens says of its router; `capacity` where there is one."""
        capacity = self.capacity(tokens, experts, k)
        facts = {"router": self.name, "settings": self.filled(experts, k)}
        return facts if capacity is None else {**facts, "capacity": capacity}

    def route(self, logits: Floats, k: int, layer: int = 0, start: int = 0) -> Routed:
        """Logits [T, N] of one layer -> Routed. Raises BadSetting naming the field, expected and found.

        `layer` and `start`, the index of the first token, matter to routers that draw numbers or have a bias.
        """
        experts = logits.shape[-1]
        bias = np.zeros(experts, np.float32) if self.bias is None else self.bias[layer]
        return self.kernel(logits, k, Call(self.filled(experts, k), bias, layer, start))
