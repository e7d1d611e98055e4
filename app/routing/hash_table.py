"""Routing by token id: a fixed table gives a token's experts, independent of context."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..references.references import cite
from ..trace import Floats, Ints
from .router import Router, RouterInputs
from .router_settings import RouterSettings
from .sqrt_softplus import sqrt_softplus, weighted
from .topk import LayerRouting, top_k


def hash_routing(logits: Floats, experts: Ints, scale: float = 1.0) -> LayerRouting:
    """Weights the experts [T, K] of the table by sqrt(softplus(l)), divided by their sum, times `scale`.

    Roller et al. 2021, "Hash Layers", arXiv 2106.04426, choose by a hash of the token and use no weights.
    DeepSeek-V4 has such tables in its first three layers, with weights from a learned gate, as here.
    """
    return weighted(sqrt_softplus(logits), experts, scale)


def random_table(ids: Ints, count: int, k: int, seed: int, layer: int) -> Ints:
    """Returns k distinct experts of `count` for each id: [T] -> [T, K].

    Each id draws uniformly and independently, the random hash of Roller et al. 2021, section 3.1. This
    replaces the table in a model's checkpoint.
    """
    unique, places = np.unique(ids, return_inverse=True)
    with np.errstate(over="ignore"):
        start = mixed(mixed(np.array([layer + 1], np.uint64)) ^ np.uint64(seed))
        rows = mixed(unique.astype(np.uint64) ^ start)[:, None]  # [U, 1]
        draws = mixed(rows + np.arange(count).astype(np.uint64))  # [U, N]
    table = top_k((draws >> np.uint64(40)).astype(np.float32), k)
    return table[places]


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Returns 64 well-mixed bits per number: the finaliser of SplitMix64 (Steele et al. 2014)."""
    bits = numbers + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    result: NDArray[np.uint64] = bits ^ (bits >> np.uint64(31))
    return result


def route(logits: Floats, k: int, inputs: RouterInputs) -> LayerRouting:
    """Routes a batch by the ids of its tokens."""
    seed = int(inputs.settings["seed"])
    experts = random_table(inputs.token_ids(len(logits)), logits.shape[-1], k, seed, inputs.layer)
    return hash_routing(logits, experts, inputs.settings["scale"])


ROUTERS = (
    Router(
        "hash",
        cite("hash"),
        route,
        uses=("scale", "seed"),
        defaults=RouterSettings(scale=1.0, seed=0),
        whole_batch=True,  # ids are fixed before the batch runs; those of generated tokens are unknown then
    ),
)
