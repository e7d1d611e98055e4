"""The interface of a router: name, settings, and `route`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..trace import Bools, Floats, Ints
from .router_settings import (
    LIMITS,
    BadSetting,
    RouterSettings,
    capacity_of,
    check_groups,
    check_k,
    default_groups,
)
from .topk import LayerRouting, top_k_mask


@dataclass(frozen=True)
class RouterInputs:
    """A router's inputs besides logits and k: settings with defaults, bias, and seeded random numbers."""

    settings: dict[str, float]
    bias: Floats  # [N]
    layer: int
    start: int  # index of the first token
    ids: Ints | None = None  # token ids of the whole prompt, if the source has any

    @property
    def groups(self) -> tuple[int, int, float]:
        """Returns the number of groups, of groups per token, and the scale."""
        settings = self.settings
        return int(settings["groups"]), int(settings["topk_groups"]), settings["scale"]

    def token_ids(self, tokens: int) -> Ints:
        """Returns the ids [T] of this batch. A token without an id uses its position."""
        positions = np.arange(self.start, self.start + tokens, dtype=np.int32)
        if self.ids is None:
            return positions
        given = self.ids[self.start : self.start + tokens]
        return np.concatenate([given, positions[len(given) :]])

    def of_layer(self, count: int) -> Floats:
        """Returns standard normal numbers of the layer, independent of tokens: [count]."""
        bits = np.random.Philox(key=[int(self.settings["seed"]), self.layer])
        return np.random.Generator(bits).standard_normal(count, dtype=np.float32)

    def normals(self, tokens: int, experts: int) -> Floats:
        """Returns standard normal numbers [T, N]; a token has the same ones in any chunk."""
        one, other = self._uniforms(tokens, 2 * experts).reshape(tokens, 2, experts).swapaxes(0, 1)
        radius = np.sqrt(-2 * np.log(1 - one))  # Box and Muller 1958
        result: Floats = (radius * np.cos(2 * np.pi * other)).astype(np.float32)
        return result

    def uniforms(self, tokens: int) -> Floats:
        """Returns uniform numbers [T] in 0..1, one per token."""
        return self._uniforms(tokens, 1)[:, 0].astype(np.float32)

    def _uniforms(self, tokens: int, each: int) -> NDArray[np.float64]:
        """Returns numbers [T, each] in 0..1 from Philox, whose counter advances in blocks of four."""
        blocks = -(-each // 4)
        bits = np.random.Philox(key=[int(self.settings["seed"]), self.layer])
        bits.advance(self.start * blocks)
        drawn = np.random.Generator(bits).random(tokens * blocks * 4)
        return drawn.reshape(tokens, -1)[:, :each]


Kernel = Callable[[Floats, int, RouterInputs], LayerRouting]  # logits [T, N], k


@dataclass(frozen=True)
class Selection:
    """The values to which a bias is added, and the restriction of the sums before top-k."""

    scores: Callable[[Floats], Floats]  # logits [..., N] -> [..., N]
    left: Callable[[Floats, RouterInputs], Floats] = lambda values, inputs: values  # [T, N] -> [T, N]


class NonFinite(ValueError):
    """Logits that are NaN or infinite, so that no choice is defined."""

    def __init__(self, logits: Floats, layer: int, start: int) -> None:
        """Names layer (index among MoE layers) and token. `start`: index of the first token of [T, N]."""
        token, expert = np.argwhere(~np.isfinite(logits))[0].tolist()
        self.layer, self.token, self.expert = layer, start + token, expert
        super().__init__(
            f"logits: expected finite numbers, got {logits[token, expert]} for expert {expert} in layer "
            f"{layer} at token {self.token}; the weights of the model are damaged or overflow"
        )


def no_zeros(experts: int) -> int:
    """Returns the number of zero experts of most routers."""
    return 0


NO_SETTINGS = RouterSettings()
BIAS = ("bias", "updates", "rate")  # the paper's rate is 0.001, over many thousands of batches


@dataclass(frozen=True)
class Router:
    """A router; with settings and bias once these are chosen. `ROUTERS` lists all, with defaults."""

    name: str
    source: str  # its reference
    kernel: Kernel
    selection: Selection | None = None  # for a router with a selection bias; the same as in its kernel
    uses: tuple[str, ...] = ()  # settings that it reads, and "bias"
    defaults: RouterSettings = NO_SETTINGS
    fixed_k: int | None = None  # the only k that it supports
    largest_k: int | None = None  # a larger k would take too long
    whole_batch: bool = False  # needs all tokens of the prompt at once; others accept any chunks
    varies: bool = False  # the number of experts per token varies; there may be more than k columns
    zeros: Callable[[int], int] = no_zeros  # of zero experts beside N: an empty choice is one
    settings: RouterSettings = NO_SETTINGS
    bias: Floats | None = field(default=None, compare=False)  # [L, N] added for selection only
    ids: Ints | None = field(default=None, compare=False)  # [T] ids of the prompt's tokens

    def with_settings(self, settings: RouterSettings, experts: int, k: int) -> Router:
        """Returns this router with these settings. Raises BadSetting if they do not fit N and k.

        Settings that it does not read are dropped, so that equivalent routers are equal.
        """
        unread = {name: None for name in settings.given() if name not in self.uses}
        chosen = replace(self, settings=replace(settings, **unread))
        chosen.filled(experts, k)
        return chosen

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of `GET /api/routers`."""
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
        """Returns this router with a selection bias [L, N]. Raises ValueError if it supports none."""
        if "bias" not in self.uses:
            raise ValueError(f"bias: expected a router that selects with a bias, got {self.name}")
        return replace(self, bias=bias)

    def with_token_ids(self, ids: Ints) -> Router:
        """Returns this router with the token ids [T] of the prompt."""
        return replace(self, ids=ids)

    def check_k(self, k: int, experts: int) -> None:
        """Raises BadSetting if k does not fit N, or the router does not support it."""
        check_k(k, experts)
        if self.largest_k is not None and k > self.largest_k:
            expected = f"1 to {min(experts, self.largest_k)} with router {self.name}"
            raise BadSetting("k", expected, k, "choose fewer experts a token or another router")
        if self.fixed_k is not None and k != self.fixed_k:
            advice = f"choose k={self.fixed_k} or another router"
            raise BadSetting("k", f"{self.fixed_k} with router {self.name}", k, advice)

    def filled(self, experts: int, k: int) -> dict[str, float]:
        """Returns the settings that it reads, with defaults. Raises BadSetting as above."""
        self.check_k(k, experts)
        filled = {**self.defaults.given(), **self.settings.given()}
        if "groups" in self.uses:
            groups = int(filled.setdefault("groups", default_groups(experts)))
            fewest = -(-k * groups // experts) if experts % groups == 0 else 1
            filled.setdefault("topk_groups", max(-(-groups // 2), fewest))
            check_groups(groups, int(filled["topk_groups"]), experts, k)
        return filled

    def capacity(self, tokens: int, experts: int, k: int) -> int | None:
        """Returns the capacity of an expert for this number of tokens; None: unlimited."""
        factor = self.filled(experts, k).get("capacity", k if self.varies else None)
        return None if factor is None else capacity_of(tokens, experts, factor)

    def chosen(self, values: Floats, k: int) -> Bools:
        """Returns a mask of the experts that `route` chooses by sums of scores and bias, [T, N] -> [T, N]."""
        assert self.selection is not None, "a router that selects with a bias"
        experts = values.shape[-1]
        inputs = RouterInputs(self.filled(experts, k), np.zeros(experts, np.float32), layer=0, start=0)
        return top_k_mask(self.selection.left(values, inputs), k)

    def facts(self, tokens: int, experts: int, k: int) -> dict[str, Any]:
        """Returns the router's entry in a trace of this many tokens; `capacity` and `zero_experts` if any."""
        more = {"capacity": self.capacity(tokens, experts, k), "zero_experts": self.zeros(experts) or None}
        facts = {"router": self.name, "settings": self.filled(experts, k)}
        return facts | {name: value for name, value in more.items() if value is not None}

    def route(self, logits: Floats, k: int, layer: int = 0, start: int = 0) -> LayerRouting:
        """Routes the logits [T, N] of one layer.

        `layer` and `start`, the index of the first token, affect routers with random numbers or a bias.
        Raises BadSetting with the field, expected and found, and NonFinite with layer and token.
        """
        experts = logits.shape[-1]
        if not np.isfinite(logits).all():
            raise NonFinite(logits, layer, start)
        bias = np.zeros(experts, np.float32) if self.bias is None else self.bias[layer]
        return self.kernel(logits, k, RouterInputs(self.filled(experts, k), bias, layer, start, self.ids))
