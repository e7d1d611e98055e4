"""The forward pass: token ids -> the routing of each token in each MoE layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...routing import LayerRouting
from ...trace import Floats, Ints, Step
from .attention import KeyValueCache, inverse_rms
from .checkpoint import Checkpoint
from .fair_lock import FairLock
from .process import prepare
from .streamed import StreamedWeights

SMALL_MODELS = FairLock()  # shared by all small models of the process
Route = Callable[
    [Floats, int, int, int], LayerRouting
]  # logits [T, N], k, MoE layer, index of the first token


@dataclass(frozen=True)
class Routing:
    """The routing of some tokens in every MoE layer, and the residual stream of the last ones."""

    hidden: Floats  # [., D] residual stream after the last layer, for the requested number of last tokens
    layers: list[LayerRouting]  # L of them, over T tokens
    logits: list[Floats]  # L times [T, N]

    def steps(self) -> list[Step]:
        """Returns one step per token. All layers are padded to the most choices."""
        width = max(layer.experts.shape[-1] for layer in self.layers)
        layers = [layer.widened(width) for layer in self.layers]
        scores = np.stack([layer.scores for layer in layers], axis=1)  # L x [T, N] -> [T, L, N]
        experts = np.stack([layer.experts for layer in layers], axis=1)
        weights = np.stack([layer.weights for layer in layers], axis=1)
        drops = [layer.dropped for layer in layers if layer.dropped is not None]
        dropped = np.stack(drops, axis=1) if drops else [None] * len(scores)
        return list(map(Step, scores, experts, weights, np.stack(self.logits, axis=1), dropped))


NOBODY = LayerRouting(np.empty((0, 0), np.float32), np.empty((0, 0), np.int32), np.empty((0, 0), np.float32))


class Forward:
    """A checkpoint that can be run. It holds no state of a prompt, so all clients share it."""

    def __init__(self, checkpoint: Checkpoint, room: int = 512) -> None:
        self.checkpoint = checkpoint
        self.config = checkpoint.config
        prepare(streamed=checkpoint.kept is None)
        self._sparse = self.config.moe_layers
        self._turn = FairLock() if checkpoint.kept is None else SMALL_MODELS
        self._turns = checkpoint.family.rotations(self.config, room)

    def cache(self, room: int) -> KeyValueCache:
        """Returns an empty cache for `room` tokens. Raises ValueError if the model has fewer positions."""
        cache = KeyValueCache.empty(self.config, room)
        if room > len(self._turns):
            self._turns = self.checkpoint.family.rotations(self.config, room)
        return cache

    def extend(self, ids: Ints, cache: KeyValueCache, k: int, route: Route, keep: int = 0) -> Routing:
        """Runs tokens [T] that follow those in the cache; k experts per token, chosen by `route`.

        The experts of the last layer do not affect routing. They run only for the last `keep` tokens,
        whose `hidden` is returned. Raises ValueError naming layer and token of a logit that is not finite.
        """
        if cache.length + len(ids) > cache.room:
            free = cache.room - cache.length
            raise ValueError(f"cache: expected at most {free} more tokens, got {len(ids)}")
        with self._turn:
            routing = self._extend(ids, cache, k, route, keep)
            if isinstance(self.checkpoint.weights, StreamedWeights):  # not before: they load during a pass
                self.checkpoint.weights.processes = self.checkpoint.processes
            return routing

    def _extend(self, ids: Ints, cache: KeyValueCache, k: int, route: Route, keep: int) -> Routing:
        weights = self.checkpoint.weights
        x = weights.embed(ids)  # [T] -> [T, D]
        routing = Routing(x, [], [])
        with np.errstate(over="ignore", invalid="ignore"):
            for layer, sparse in enumerate(self._sparse):
                x += weights.attend(self._norm(x), cache, layer, self._turns)
                normed = self._norm(x)
                if sparse:
                    logits = weights.logits(normed, layer)  # [T, D] -> [T, N]
                    routing.logits.append(logits)
                    routing.layers.append(route(logits, k, len(routing.layers), cache.length))
                kept = len(x) - keep if layer == len(self._sparse) - 1 else 0
                x = x[kept:]
                if len(x):
                    x += self._feed(normed[kept:], layer, routing.layers[-1] if sparse else NOBODY)
        cache.length += len(ids)
        return replace(routing, hidden=x)

    def head(self, hidden: Floats) -> Floats:
        """Returns logits over the vocabulary [T, V] from the residual stream [T, D]."""
        return self.checkpoint.weights.head(self._norm(hidden) * self.checkpoint.final_norm)

    def _feed(self, x: Floats, layer: int, routed: LayerRouting) -> Floats:
        """Returns the output of a layer's experts, or of its dense network, for the last routed tokens."""
        experts, weights = routed.experts[-len(x) :], routed.weights[-len(x) :]
        return self.checkpoint.weights.feed(x, layer, experts, weights, routed.weighs_input)

    def _norm(self, x: Floats) -> Floats:
        """Returns x after RMSNorm (Zhang and Sennrich 2019) without the gain, which the next matrix has."""
        normed: Floats = x * inverse_rms(x, self.config.epsilon)[:, None]
        return normed
