"""The selection bias that a model would have after balancing its load on one prompt."""

from __future__ import annotations

import numpy as np

from ...routing import Routed, Router
from ...routing.bias_updates import settle
from ...trace import Floats, Ints
from .forward import Forward


def settled(forward: Forward, ids: Ints, k: int, router: Router) -> Router:
    """The router with the bias that its `updates` on this prompt, ids [T], leave in each layer.

    From the first layer up: what a layer sees follows from how those below it are routed by then.
    """
    settings = router.filled(forward.config.experts, k)
    updates, rate = int(settings.get("updates", 0)), settings.get("rate", 0.0)
    if not updates:
        return router
    layers: list[Floats] = []

    def route(logits: Floats, k: int, layer: int, start: int) -> Routed:
        layers.append(settle(router, logits[None], k, updates, rate)[0])
        return router.with_bias(np.stack(layers)).route(logits, k, layer, start)

    forward.extend(ids, forward.cache(len(ids)), k, route)
    return router.with_bias(np.stack(layers))
