"""The most likely next tokens after each token, and the loss on a text.

Letters: T tokens, V entries of the vocabulary, M reported tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...trace import Floats, Ints

NAMED = 5  # reported tokens
ROWS = 32  # rows of logits per step: a row of a large vocabulary takes a megabyte


@dataclass(frozen=True)
class NextTokens:
    """The most likely next tokens after each token of a text, most likely first."""

    ids: Ints  # [T, M]
    probabilities: Floats  # [T, M]
    loss: Floats  # [T - 1] -log probability of the actual next token

    @property
    def mean_loss(self) -> float | None:
        """The mean over the text, nats per token; None for a single token."""
        return float(self.loss.mean()) if self.loss.size else None

    def to_json(self, text: Any) -> dict[str, Any]:
        """Returns the web's answer; `text` gives a token's text from its id."""
        named = [
            [{"id": id, "text": text(id), "probability": share} for id, share in zip(*row, strict=True)]
            for row in zip(self.ids.tolist(), self.probabilities.tolist(), strict=True)
        ]
        return {"next": named, "loss": self.loss.tolist(), "mean_loss": self.mean_loss}


@dataclass(frozen=True)
class Prediction:
    """Next tokens and chosen experts for a whole text."""

    next: NextTokens
    experts: Ints  # [T, L, K]; -1 if a choice is empty


def next_tokens_by_rows(logits_of: Callable[[slice], Floats], ids: Ints) -> NextTokens:
    """Returns `next_tokens` without all logits in memory. `logits_of`: the logits of some tokens."""
    starts = range(0, len(ids), ROWS)
    parts = [next_tokens(logits_of(slice(at, at + ROWS)), ids[at : at + ROWS + 1]) for at in starts]
    return NextTokens(*(np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])))


def next_tokens(logits: Floats, ids: Ints, count: int = NAMED) -> NextTokens:
    """Returns the `count` most likely next tokens from logits [T, V] after each of the tokens [T].

    The lower id precedes in a tie. One more id than logits: the token that follows the last.
    """
    largest = logits.max(axis=-1, keepdims=True)
    total = np.log(np.exp((logits - largest).astype(np.float64)).sum(axis=-1)) + largest[:, 0]  # [T]
    count = min(count, logits.shape[-1])
    chosen = np.argpartition(-logits, count - 1, axis=-1)[:, :count]
    chosen.sort(axis=-1)  # the stable sort below then puts the lower of equal ids first
    values = np.take_along_axis(logits, chosen, axis=-1)
    order = np.argsort(-values, axis=-1, kind="stable")
    best = np.take_along_axis(values, order, axis=-1)
    after = ids[1 : len(logits) + 1]
    followed = logits[np.arange(len(after)), after]
    return NextTokens(
        np.take_along_axis(chosen, order, axis=-1).astype(np.int32),
        np.exp(best - total[:, None]).astype(np.float32),
        (total[: len(followed)] - followed).astype(np.float32),
    )
