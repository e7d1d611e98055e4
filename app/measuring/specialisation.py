"""Measures a router's specialisation: language separation, load balance, preferred tokens of experts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..metrics.balance import entropy, max_violation
from ..metrics.counts import expert_counts
from ..metrics.divergence import divergence
from ..metrics.specialisation import group_counts
from ..metrics.token_preference import preference, preferred
from ..routing import ROUTERS
from ..sources.live.models import Model
from ..trace import Counts, Floats, Ints
from .heldout import HeldOut
from .heldout_pass import DIGITS, RecordingForward, listed, rounded, run_windows

UNTRAINED = 4  # routers of random weights per layer
SEED = 4
MOST = 5  # preferred tokens of an expert


@dataclass(frozen=True)
class Layer:
    """One layer over all held-out tokens: the inputs and choices of its router."""

    inputs: Floats  # [T, D]
    experts: Ints  # [T, K]


def learned(model: Model, forward: RecordingForward, heldout: HeldOut) -> dict[str, Any]:
    """Returns the figures of each layer, under the router and k of the training."""
    size, k = model.listing.experts, model.listing.top_k
    layers = list(layers_of(model, forward, heldout))
    ids, groups = heldout.ids[:, :-1].ravel(), language_of(heldout)
    random = np.random.default_rng(SEED)

    def loads(choices: Iterator[Ints]) -> Counts:
        """[G, layers, N]"""
        count = len(heldout.languages)
        return np.stack([group_counts(experts, groups, count, size) for experts in choices], axis=1)

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
        "likes": [preferred_tokens_json(model, layer.experts, ids) for layer in layers],
    }


def layers_of(model: Model, forward: RecordingForward, heldout: HeldOut) -> Iterator[Layer]:
    """Yields each layer of one pass."""
    ran = list(run_windows(forward, heldout.ids, model.listing.top_k, ROUTERS[model.listing.router]))
    for layer in range(model.listing.shape.layers):
        yield Layer(
            np.concatenate([each.inputs[layer] for each in ran]),
            np.concatenate([each.layers[layer].experts for each in ran]),
        )


def language_of(heldout: HeldOut) -> Ints:
    """Returns the language index of each input token: [T]."""
    read = heldout.ids.shape[1] - 1
    return np.repeat(
        np.arange(len(heldout.languages)), [len(heldout.windows[n]) * read for n in heldout.languages]
    )


def shares_json(loads: Counts) -> list[list[list[float]]]:
    """Returns the share of each expert in its layer, by language: [G, L, N]."""
    shares: list[list[list[float]]] = (loads / loads.sum(axis=-1, keepdims=True)).round(DIGITS).tolist()
    return shares


def preferred_tokens_json(model: Model, experts: Ints, ids: Ints) -> list[list[list[str | int]]]:
    """Returns per expert of a layer: [token, times received, occurrences]."""
    text, vocabulary = model.checkpoint.tokenizer.text, model.checkpoint.config.vocabulary
    found = preferred_tokens(experts, ids, model.listing.experts, vocabulary)
    return [[[text(id), times, of] for id, times, of in liked] for liked in found]


def preferred_tokens(
    experts: Ints, ids: Ints, size: int, vocabulary: int
) -> list[list[tuple[int, int, int]]]:
    """Returns the preferred tokens per expert of a layer: (id, times received, occurrences).

    Experts [T, K], ids [T]. `metrics.token_preference` defines the order.
    """
    pairs = np.where(experts >= 0, experts * vocabulary + ids[:, None], -1)
    counts = expert_counts(pairs, size * vocabulary).reshape(size, vocabulary)
    occurs = np.bincount(ids, minlength=vocabulary)
    found = preferred(preference(counts, occurs, counts.sum(axis=1), len(ids)), MOST)
    return [
        [(id, int(counts[expert, id]), int(occurs[id])) for id in row] for expert, row in enumerate(found)
    ]


def by_chance(tokens: int, experts: int, k: int, random: np.random.Generator) -> Ints:
    """Returns k different experts per token, uniformly random: [T, k]."""
    return random.random((tokens, experts)).argsort(axis=-1)[:, :k].astype(np.int32)


def by_random_weights(inputs: Floats, experts: int, k: int, random: np.random.Generator) -> Ints:
    """Returns the top k of an untrained router: inputs [T, D] -> [T, k]."""
    matrix = random.standard_normal((inputs.shape[-1], experts)).astype(np.float32)
    return np.argsort(-np.dot(inputs, matrix), axis=-1)[:, :k].astype(np.int32)
