"""Measures the loss of pruned experts: REAP scores, and the held-out loss without the experts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..metrics.pruning import reap
from ..routing import ROUTERS, LayerRouting, Router
from ..sources.live.checkpoint import Checkpoint
from ..sources.live.experts import run
from ..sources.live.forward import NOBODY
from ..sources.live.kept_weights import KeptWeights
from ..sources.live.models import Model
from ..trace import Bools, Counts, Doubles, Floats
from .evaluation import cost
from .heldout import HeldOut
from .heldout_pass import RecordingForward, run_windows
from .results import STRIDE

REMOVED = np.float32(-1e4)  # a logit; routers refuse infinity


@dataclass(frozen=True)
class PrunedRouter:
    """A router without some experts: kept [L, N]. Removed ones get logits that are never chosen."""

    router: Router
    kept: Bools

    def route(self, logits: Floats, k: int, layer: int = 0, start: int = 0) -> LayerRouting:
        """Routes one layer among the kept experts."""
        router = self.router
        if router.bias is not None:
            router = router.with_bias(np.where(self.kept, router.bias, np.float32(-1e9)).astype(np.float32))
        masked = np.where(self.kept[layer], logits, REMOVED)
        return router.route(masked, k, layer, start)


class NormRecordingForward(RecordingForward):
    """A forward pass that sums weight * norm of each expert's output. For one thread."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__(checkpoint)
        if not isinstance(checkpoint.weights, KeptWeights):
            raise ValueError("model: expected one whose weights are kept in memory, got a streamed one")
        self.kept_weights = checkpoint.weights
        config = checkpoint.config
        self.layer_of = {at: number for number, at in enumerate(np.flatnonzero(config.moe_layers).tolist())}
        self.sums = np.zeros((len(self.layer_of), config.experts))
        self.counts = np.zeros(self.sums.shape, np.int64)

    def _feed(self, x: Floats, layer: int, routed: LayerRouting) -> Floats:
        if routed is not NOBODY:
            self._add(x, layer, routed)
        return super()._feed(x, layer, routed)

    def _add(self, x: Floats, layer: int, routed: LayerRouting) -> None:
        experts, weights = routed.experts[-len(x) :], routed.weights[-len(x) :]
        at = self.layer_of[layer]
        for expert in np.unique(experts[experts >= 0]).tolist():
            tokens, choices = np.nonzero(experts == expert)
            own = weights[tokens, choices]
            inputs = x[tokens] * own[:, None] if routed.weighs_input else x[tokens]
            norms = np.linalg.norm(run(inputs, self.kept_weights.expert(layer, expert)), axis=-1)
            gates = np.ones_like(own) if routed.weighs_input else own
            self.sums[at, expert] += float((gates * norms).sum())
            self.counts[at, expert] += len(tokens)


def reap_scores(model: Model, heldout: HeldOut) -> tuple[Doubles, Counts]:
    """Returns REAP's score of every expert over held-out text, and its tokens: [L, N] twice."""
    forward = NormRecordingForward(model.checkpoint)
    router = ROUTERS[model.listing.router]
    for _ in run_windows(forward, heldout.every(STRIDE).ids, model.listing.top_k, router):
        pass
    return reap(forward.sums, forward.counts), forward.counts


def pruned_loss(model: Model, heldout: HeldOut, keep: list[list[int]]) -> dict[str, Any]:
    """Returns the held-out loss with only the kept experts, and its increase over the whole model.

    Measured on every `STRIDE`-th window. Raises ValueError if a layer keeps fewer experts than k.
    """
    listing, text = model.listing, heldout.every(STRIDE)
    kept = np.zeros((listing.shape.layers, listing.experts), np.bool_)
    for layer, ids in enumerate(keep):
        kept[layer, ids] = True
    fewest = int(kept.sum(axis=1).min())
    if fewest < listing.top_k:
        raise ValueError(f"keep: expected at least {listing.top_k} experts in each layer, got {fewest}")
    forward, router = RecordingForward(model.checkpoint), ROUTERS[listing.router]
    whole = cost(forward, text.ids, listing.top_k, router)
    without = cost(forward, text.ids, listing.top_k, PrunedRouter(router, kept))
    return {
        **without.to_json(text, whole),
        "whole": whole.to_json(text, whole)["loss"]["mean"],
        "windows": len(text.ids),
        "tokens": int(text.ids[:, 1:].size),
        "unit": "nats per token",
    }
