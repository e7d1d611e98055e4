"""Decisiveness of a router: the margin of the last choice, near ties, and the entropy of the scores."""

from __future__ import annotations

import numpy as np

from ..trace import Doubles, Floats, Ints
from .balance import nats
from .metric import Metric

MARGIN = Metric(
    "margin",
    "score of the last chosen expert less that of the best one left out, selection bias included; "
    "below 0 where a limit on groups keeps a better one out",
    "Moescope",
    needs="scores",
    per="token",
)
NEAR_TIES = Metric(
    "near_ties",
    "share of tokens whose margin lies in 0..0.05 / N, a twentieth of an even score: another engine's "
    "rounding may flip them",
    "arXiv 2510.11370 and 2606.00395",
    needs="scores",
)
SCORE_ENTROPY = Metric(
    "score_entropy",
    "-sum(p ln p) / ln N of the scores p of a token, divided by their sum: 1 undecided, 0 certain",
    "Shannon 1948",
    needs="scores",
    per="token",
)
NEAR = 0.05  # times an even score, 1 / N


def margins(selection: Floats, experts: Ints) -> Floats:
    """Returns the margin of each row: selection scores [..., N], experts [..., K] -> [...].

    A row in which all experts, or none, are chosen has the margin infinity.
    """
    n = selection.shape[-1]
    chosen = np.zeros((*experts.shape[:-1], n + 1), np.bool_)
    np.put_along_axis(chosen, np.where(experts >= 0, experts, n), True, axis=-1)
    chosen = chosen[..., :n]
    least = np.where(chosen, selection, np.inf).min(axis=-1)
    best = np.where(chosen, -np.inf, selection).max(axis=-1)
    result: Floats = np.where(chosen.any(axis=-1), least - best, np.inf).astype(np.float32)
    return result


def near_ties(margin: Floats, near: float) -> Doubles:
    """Returns the share of margins in 0..near: [T, ...] -> [...]."""
    result: Doubles = ((margin >= 0) & (margin <= near)).mean(axis=0)
    return result


def score_entropy(scores: Floats) -> Floats:
    """Returns the entropy of each row's scores over ln N: [..., N] -> [...], in 0..1."""
    n = scores.shape[-1]
    wide = scores.astype(np.float64)
    share = wide / np.maximum(wide.sum(axis=-1, keepdims=True), np.finfo(float).tiny)
    result: Floats = (nats(share) / np.log(max(n, 2))).astype(np.float32)
    return result
