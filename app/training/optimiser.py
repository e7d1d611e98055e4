"""Muon for matrices, Adam for the rest.

Muon (Jordan 2024): momentum, then the nearest orthogonal matrix by Newton-Schulz. Matrices of one shape are
one batch, so that 64 experts cost a few products and no Python loop.
"""

from collections import defaultdict
from typing import Any

import torch
from torch import Tensor

from .model import Mixtral
from .recipe import Recipe

_NEWTON_SCHULZ = (
    3.4445,
    -4.7750,
    2.0315,
)  # the quintic of Muon: fast, with singular values within about 0.7 to 1.2
_MOMENTUM = 0.95
_BETAS = (0.9, 0.98)


def orthogonalised(matrices: Tensor, rounds: int = 5) -> Tensor:
    """Returns [M, rows, cols] with all singular values near 1, bfloat16."""
    a, b, c = _NEWTON_SCHULZ
    x = matrices.bfloat16()
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.transpose(1, 2)
    x = x / (x.float().norm(dim=(1, 2), keepdim=True) + 1e-7).bfloat16()
    for _ in range(rounds):
        gram = x @ x.transpose(1, 2)
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.transpose(1, 2) if tall else x


class Optimiser:
    """Updates all parameters; `state()` is its whole state."""

    def __init__(self, model: Mixtral, recipe: Recipe) -> None:
        self._recipe = recipe
        named = dict(model.named_parameters())
        self._matrices = {
            name: p
            for name, p in named.items()
            if p.ndim >= 2 and not name.endswith((".gate", "embed_tokens"))
        }
        routers = [p for name, p in named.items() if name.endswith(".gate")]
        others = [p for name, p in named.items() if name not in self._matrices and not name.endswith(".gate")]
        self._adam = torch.optim.Adam(
            [{"params": others, "rate": recipe.adam_rate}, {"params": routers, "rate": recipe.router_rate}],
            lr=0.0,
            betas=_BETAS,
            eps=1e-10,
            fused=True,
        )
        self._momentum = {name: torch.zeros_like(p) for name, p in self._matrices.items()}
        self._all = list(named.values())

    def step(self, factor: float) -> float:
        """Applies the gradients with `factor` times the rates and clears them. Returns their norm."""
        norm = torch.nn.utils.clip_grad_norm_(self._all, self._recipe.clip, foreach=True)
        for group in self._adam.param_groups:
            group["lr"] = group["rate"] * factor
        self._adam.step()
        self._muon(self._recipe.matrix_rate * factor)
        for parameter in self._all:
            parameter.grad = None
        return float(norm)

    @torch.no_grad()
    def _muon(self, rate: float) -> None:
        alike: dict[tuple[int, int], list[tuple[Tensor, Tensor]]] = defaultdict(list)
        for name, parameter in self._matrices.items():
            momentum = self._momentum[name]
            assert parameter.grad is not None
            momentum.lerp_(parameter.grad, 1 - _MOMENTUM)
            update = parameter.grad.lerp(momentum, _MOMENTUM)  # Nesterov
            rows, cols = parameter.shape[-2:]
            alike[rows, cols].append((parameter, update.view(-1, rows, cols)))
        for (rows, cols), pairs in alike.items():
            updates = orthogonalised(torch.cat([update.bfloat16() for _, update in pairs]))
            step = rate * max(1.0, rows / cols) ** 0.5
            for (parameter, _), update in zip(
                pairs, updates.split([u.shape[0] for _, u in pairs]), strict=True
            ):
                parameter.mul_(1 - step * self._recipe.matrix_decay)
                parameter.add_(update.view_as(parameter).float(), alpha=-step)

    def state(self) -> dict[str, Any]:
        """Returns everything that the next step depends on."""
        return {"adam": self._adam.state_dict(), "momentum": self._momentum}

    def load(self, state: dict[str, Any]) -> None:
        """Resumes from a `state()`."""
        self._adam.load_state_dict(state["adam"])
        for name, momentum in state["momentum"].items():
            self._momentum[name].copy_(momentum)


def rate_factor(recipe: Recipe, step: int) -> float:
    """Returns the rate factor: warm-up, plateau, then linear decay to 0."""
    warm = min(1.0, (step + 1) / recipe.warmup_steps)
    start = recipe.cooldown_from * recipe.steps
    return warm * min(1.0, (recipe.steps - step) / (recipe.steps - start))
