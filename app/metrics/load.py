"""How evenly experts are loaded over texts: what is counted of each, their sum, and its measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..trace import RoutingTrace
from . import balance as metrics
from .balance import Counts, Doubles


@dataclass(frozen=True)
class Load:
    """Counts over the tokens of some texts. Each is a batch of its own, for capacity and for bias."""

    texts: int
    tokens: int
    assigned: Counts  # [L, N] assignments, those over capacity too
    kept: Counts  # [L, N] without them
    first: Counts  # [L, N] tokens whose first choice an expert is
    scores: Doubles  # [L, N] sums of normalised gate scores
    squares: Doubles | None = None  # [L] sums for the z-loss; None where the logits are not known

    @classmethod
    def of(cls, trace: RoutingTrace) -> Load:
        """What one trace loads."""
        return cls(
            texts=1,
            tokens=len(trace.experts),
            assigned=metrics.counts(trace),
            kept=metrics.counts(trace, kept=True),
            first=metrics.first_choices(trace),
            scores=metrics.score_sums(trace),
            squares=None if trace.logits is None else metrics.z_sums(trace.logits),
        )

    def __add__(self, other: Load) -> Load:
        """Both together."""
        sums: dict[str, Any] = {}
        for name, value in vars(self).items():
            more = getattr(other, name)
            sums[name] = None if value is None or more is None else value + more
        return Load(**sums)

    @property
    def measures(self) -> dict[str, Doubles]:
        """The measures of `metrics.MEASURES` by name, each [L], and `z_loss` where the logits are known."""
        z_loss = {} if self.squares is None else {"z_loss": self.squares / max(self.tokens, 1)}
        assigned = self.assigned.sum(axis=-1)
        return {
            "max_over_mean": metrics.max_over_mean(self.assigned),
            "max_violation": metrics.max_violation(self.assigned),
            "entropy": metrics.entropy(self.assigned),
            "dropped_share": (assigned - self.kept.sum(axis=-1)) / np.maximum(assigned, 1),
            "switch_loss": metrics.balance_loss(self.first, self.scores, self.tokens),
            **z_loss,
        }

    def to_json(self) -> dict[str, Any]:
        """As `GET /api/load` answers."""
        return {
            "texts": self.texts,
            "tokens": self.tokens,
            "assigned": self.assigned.tolist(),
            "kept": self.kept.tolist(),
            "measures": {name: values.round(6).tolist() for name, values in self.measures.items()},
        }
