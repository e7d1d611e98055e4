"""What the router of a model learned: how far it parts languages, how even it is, what its experts like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..metrics.balance import Counts, entropy, max_violation
from ..metrics.divergence import by_chance, by_random_weights, divergence, group_loads
from ..routing import ROUTERS
from ..sources.live.models import Model
from ..trace import Floats, Ints
from .heldout import HeldOut
from .heldout_pass import Watched, passes
from .likes import likes
from .rounding import DIGITS, listed, rounded

UNTRAINED = 4  # routers of random weights a layer
SEED = 4


@dataclass(frozen=True)
class Layer:
    """One layer over all held-out tokens: what its router read and chose."""

    inputs: Floats  # [T, D]
    experts: Ints  # [T, K]


def learned(model: Model, forward: Watched, heldout: HeldOut) -> dict[str, Any]:
    """The figures of each layer, under the router and k of the training."""
    size, k = model.listing.experts, model.listing.top_k
    layers = list(layers_of(model, forward, heldout))
    ids, groups = heldout.ids[:, :-1].ravel(), language_of(heldout)
    random = np.random.default_rng(SEED)

    def loads(choices: Iterator[Ints]) -> Counts:
        """[G, layers, N]"""
        count = len(heldout.languages)
        return np.stack([group_loads(experts, groups, count, size) for experts in choices], axis=1)

    own = loads(layer.experts for layer in layers)
    chance = loads(by_chance(len(ids), size, k, random) for _ in layers)
    tried = [
        loads(by_random_weights(layer.inputs, size, k, random) for layer in layers) for _ in range(UNTRAINED)
    ]
    return {
        "js_bits": listed(divergence(own)),
        "js_bits_untrained": listed(np.mean([divergence(each) for each in tried], axis=0)),
        "js_bits_chance": listed(divergence(chance)),
        "js_bits_most": rounded(np.log2(len(heldout.languages))),
        "max_violation": listed(max_violation(own.sum(axis=0))),
        "max_violation_untrained": listed(
            np.mean([max_violation(each.sum(axis=0)) for each in tried], axis=0)
        ),
        "entropy": listed(entropy(own.sum(axis=0))),
        "language_loads": dict(zip(heldout.languages, shares_json(own), strict=True)),
        "likes": [likes_json(model, layer.experts, ids) for layer in layers],
    }


def layers_of(model: Model, forward: Watched, heldout: HeldOut) -> Iterator[Layer]:
    """Each layer of one pass."""
    ran = list(passes(forward, heldout.ids, model.listing.top_k, ROUTERS[model.listing.router]))
    for layer in range(model.listing.shape.layers):
        yield Layer(
            np.concatenate([each.inputs[layer] for each in ran]),
            np.concatenate([each.layers[layer].experts for each in ran]),
        )


def language_of(heldout: HeldOut) -> Ints:
    """The number of the language of each token that is read: [T]."""
    read = heldout.ids.shape[1] - 1
    return np.repeat(
        np.arange(len(heldout.languages)), [len(heldout.windows[n]) * read for n in heldout.languages]
    )


def shares_json(loads: Counts) -> list[list[list[float]]]:
    """The share of each expert in its layer, by language: [G, L, N]."""
    shares: list[list[list[float]]] = (loads / loads.sum(axis=-1, keepdims=True)).round(DIGITS).tolist()
    return shares


def likes_json(model: Model, experts: Ints, ids: Ints) -> list[list[list[str | int]]]:
    """Of each expert of a layer: [token, times that it received it, times that it occurs]."""
    text, vocabulary = model.checkpoint.tokenizer.text, model.checkpoint.config.vocabulary
    found = likes(experts, ids, model.listing.experts, vocabulary)
    return [[[text(id), times, of] for id, times, of in liked] for liked in found]
