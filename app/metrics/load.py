"""Load over several texts: counts of each text, their sum, and its measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..trace import Counts, Doubles, RoutingTrace
from . import balance
from .counts import counts, first_choices, score_sums, z_sums


@dataclass(frozen=True)
class Load:
    """Counts over the tokens of texts. Each text is one batch, for capacity and for bias."""

    texts: int
    tokens: int
    assigned: Counts  # [L, N] assignments, those over capacity included
    kept: Counts  # [L, N] assignments within capacity
    first: Counts  # [L, N] tokens that choose the expert first
    scores: Doubles | None  # [L, N] sums of normalised gate scores; None without scores
    squares: Doubles | None = None  # [L] sums for the z-loss; None without logits

    @classmethod
    def of(cls, trace: RoutingTrace) -> Load:
        """Returns the counts of one trace."""
        return cls(
            texts=1,
            tokens=len(trace.experts),
            assigned=counts(trace),
            kept=counts(trace, kept=True),
            first=first_choices(trace),
            scores=None if getattr(trace, "scores", None) is None else score_sums(trace),
            squares=None if trace.logits is None else z_sums(trace.logits),
        )

    def __add__(self, other: Load) -> Load:
        """Returns the sums of both."""
        sums: dict[str, Any] = {}
        for name, value in vars(self).items():
            more = getattr(other, name)
            sums[name] = None if value is None or more is None else value + more
        return Load(**sums)

    @property
    def measures(self) -> dict[str, Doubles]:
        """Returns `balance.MEASURES` by name, each [L], and `z_loss` if logits are known.

        Without scores there is no `switch_loss`.
        """
        assigned = self.assigned.sum(axis=-1)
        return {
            "max_over_mean": balance.max_over_mean(self.assigned),
            "max_violation": balance.max_violation(self.assigned),
            "entropy": balance.entropy(self.assigned),
            "dropped_share": (assigned - self.kept.sum(axis=-1)) / np.maximum(assigned, 1),
            **self.score_measures,
        }

    @property
    def score_measures(self) -> dict[str, Doubles]:
        """Returns the measures of scores or logits, as far as these are known."""
        found = {}
        if self.scores is not None:
            found["switch_loss"] = balance.balance_loss(self.first, self.scores, self.tokens)
        if self.squares is not None:
            found["z_loss"] = self.squares / max(self.tokens, 1)
        return found

    def to_json(self) -> dict[str, Any]:
        """Returns the answer of `GET /api/load`."""
        return {
            "texts": self.texts,
            "tokens": self.tokens,
            "assigned": self.assigned.tolist(),
            "kept": self.kept.tolist(),
            "measures": {name: values.round(6).tolist() for name, values in self.measures.items()},
        }
