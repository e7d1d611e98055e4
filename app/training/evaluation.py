"""Held-out loss and load balance of a model, in float32 and without a capacity limit."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..metrics.balance import entropy, max_violation
from .batches import held_out_rows
from .model import Mixtral

NO_LIMIT = 1e9


@dataclass(frozen=True, slots=True)
class Measured:
    """`loss`: nats per token by language; `max_vio`, `entropy`: by layer, languages in equal shares."""

    loss: dict[str, float]
    max_vio: list[float]
    entropy: list[float]
    tokens: int

    def as_json(self) -> dict[str, object]:
        """Returns the figures, rounded to the precision of the sample."""
        mean = sum(self.loss.values()) / len(self.loss)
        return {
            "loss": {name: round(value, 4) for name, value in self.loss.items()} | {"mean": round(mean, 4)},
            "max_vio": [round(value, 3) for value in self.max_vio],
            "load_entropy": [round(value, 4) for value in self.entropy],
        }


def max_vio(counts: Tensor) -> list[float]:
    """Returns the MaxVio of each layer from choices per expert [L, N]."""
    found: list[float] = max_violation(counts.numpy()).tolist()
    return found


def load_entropy(counts: Tensor) -> list[float]:
    """Returns the load entropy of each layer over its maximum ln N, from choices per expert [L, N]."""
    found: list[float] = entropy(counts.numpy()).tolist()
    return found


@torch.no_grad()
def position_losses(model: Mixtral, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Returns cross entropy per position, float32 [B, S], and choices [L, N], for ids [B, S + 1]."""
    before = model.compute
    model.compute_in(torch.float32)
    losses = []
    counts: Tensor | int = 0
    for part in rows.split(max(1, 4096 // rows.shape[1])):
        h, routing = model.hidden(part[:, :-1], NO_LIMIT)
        logits = h @ model.embed_tokens.t()
        losses.append(
            F.cross_entropy(logits, part[:, 1:].reshape(-1), reduction="none").view(part.shape[0], -1)
        )
        counts = counts + torch.stack([layer.counts for layer in routing])
    model.compute_in(before)
    assert isinstance(counts, Tensor)
    return torch.cat(losses), counts


def measure(model: Mixtral, held_out: dict[str, np.ndarray], rows: int, length: int) -> Measured:
    """Measures loss and balance over `rows` windows of `length` tokens of each language's held-out text."""
    loss: dict[str, float] = {}
    total: Tensor | int = 0
    for language, ids in held_out.items():
        losses, counts = position_losses(model, torch.from_numpy(held_out_rows(ids, rows, length)))
        loss[language] = float(losses.mean())
        total = total + counts
    assert isinstance(total, Tensor)
    return Measured(loss, max_vio(total), load_entropy(total), len(held_out) * rows * length)


def loss_by_position(
    model: Mixtral, held_out: dict[str, np.ndarray], rows: int, edges: tuple[int, ...]
) -> dict[str, float]:
    """Returns the mean loss between neighbouring `edges` of position, over languages in equal shares."""
    kept = [
        position_losses(model, torch.from_numpy(held_out_rows(ids, rows, edges[-1])))[0]
        for ids in held_out.values()
    ]
    means = torch.stack([losses.mean(0) for losses in kept]).mean(0)
    return {f"{start}-{end}": round(float(means[start:end].mean()), 4) for start, end in pairwise(edges)}


def loss_when_repeated(
    model: Mixtral, held_out: dict[str, np.ndarray], rows: int = 16, length: int = 64
) -> dict[str, float]:
    """Returns the mean loss of a piece of held-out text, and of its repetition, which tests copying.

    Copying appears suddenly, when induction heads form (Olsson et al. 2022); a short run may miss it.
    """
    firsts, seconds = [], []
    for ids in held_out.values():
        piece = torch.from_numpy(held_out_rows(ids, rows, length))[:, :length]
        losses, _ = position_losses(model, torch.cat((piece, piece), 1))  # [B, 2 * length - 1]
        start = length // 8  # the first tokens of either copy lack context
        firsts.append(losses[:, start : length - 1].mean())
        seconds.append(losses[:, length + start :].mean())
    return {
        "first": round(float(torch.stack(firsts).mean()), 4),
        "again": round(float(torch.stack(seconds).mean()), 4),
    }
