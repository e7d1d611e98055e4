"""The forward pass: token ids -> the routing of each token in each MoE layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.live.attention import Cache, attend, inverse_rms, rotations
from app.live.checkpoint import Checkpoint
from app.live.experts import mix, run
from app.live.process import prepare
from app.routing import Routed
from app.trace import Floats, Ints, Step

Route = Callable[[Floats, int, int, int], Routed]  # logits [T, N], k, MoE layer, index of the first token


@dataclass(frozen=True)
class Routing:
    """The routing of some tokens in every MoE layer, and the residual stream after the last layer."""

    hidden: Floats  # [T, D]
    layers: list[Routed]  # L of them, over T tokens
    logits: list[Floats]  # L times [T, N]

    def steps(self) -> list[Step]:
        """One step a token."""
        scores = np.stack([layer.scores for layer in self.layers], axis=1)  # L x [T, N] -> [T, L, N]
        experts = np.stack([layer.experts for layer in self.layers], axis=1)
        weights = np.stack([layer.weights for layer in self.layers], axis=1)
        drops = [layer.dropped for layer in self.layers if layer.dropped is not None]
        dropped = np.stack(drops, axis=1) if drops else [None] * len(scores)
        return list(map(Step, scores, experts, weights, np.stack(self.logits, axis=1), dropped))


class Forward:
    """A checkpoint that runs. Holds nothing of a prompt, so that all viewers share one."""

    def __init__(self, checkpoint: Checkpoint, room: int = 512) -> None:
        self.checkpoint = checkpoint
        self.config = checkpoint.config
        prepare(self.config.d_model)
        self._turns = rotations(self.config, room)

    def cache(self, room: int) -> Cache:
        """An empty cache for `room` tokens."""
        if room > len(self._turns):
            self._turns = rotations(self.config, room)
        return Cache.empty(self.config, room)

    def extend(self, ids: Ints, cache: Cache, k: int, route: Route) -> Routing:
        """Run tokens [T] that follow those in the cache; k experts a token, chosen by `route`."""
        if cache.length + len(ids) > cache.room:
            raise ValueError(
                f"cache: expected at most {cache.room - cache.length} more tokens, got {len(ids)}"
            )
        x = self.checkpoint.embed(ids)  # [T] -> [T, D]
        layers: list[Routed] = []
        logits: list[Floats] = []
        with np.errstate(over="ignore"):
            for layer, sparse in enumerate(self.config.moe_layers):
                x += attend(
                    self._norm(x), self.checkpoint.attention(layer), self.config, cache, layer, self._turns
                )
                normed = self._norm(x)
                if sparse:
                    logits.append(np.dot(normed, self.checkpoint.router(layer)))  # [T, D] -> [T, N]
                    layers.append(route(logits[-1], k, len(layers), cache.length))
                    x += self._mix(normed, layers[-1], layer)
                else:
                    x += run(normed, self.checkpoint.dense(layer))
        cache.length += len(ids)
        return Routing(x, layers, logits)

    def head(self, hidden: Floats) -> Floats:
        """Residual stream [T, D] -> logits over the vocabulary [T, V]."""
        normed = self._norm(hidden) * self.checkpoint.final_norm()
        out: Floats = np.dot(normed, self.checkpoint.head().T)
        return out

    def _mix(self, normed: Floats, routed: Routed, layer: int) -> Floats:
        checkpoint = self.checkpoint
        return mix(normed, routed.experts, routed.weights, lambda expert: checkpoint.expert(layer, expert))

    def _norm(self, x: Floats) -> Floats:
        """RMSNorm (Zhang and Sennrich 2019) without its gain, which is in the matrices that follow."""
        normed: Floats = x * inverse_rms(x, self.config.epsilon)[:, None]
        return normed
