"""Token choice with capacity: an expert takes a limited number of tokens, first come first served."""

from __future__ import annotations

import numpy as np

from ..references.references import cite
from ..trace import Bools, Floats, Ints
from .router import Router, RouterInputs
from .router_settings import RouterSettings, capacity_of
from .topk import LayerRouting, gather, softmax, top_k


def over_capacity(experts: Ints, count: int, capacity: int) -> Bools:
    """Returns a mask [T, K] of choices whose expert is full. All first choices queue before second ones.

    A choice counts in the queue whether it is kept or not; -1 does not.
    """
    order = experts.T.ravel()  # [T, K] -> [K * T], by choice, then by token
    queues = np.argsort(order, kind="stable")  # choices of one expert adjacent, in order
    lengths = np.bincount(order + 1, minlength=count + 1)
    starts = np.concatenate([[0], lengths.cumsum()[:-1]])  # start of each expert's queue
    places = np.empty(len(order), np.int64)
    places[queues] = np.arange(len(order)) - np.repeat(starts, lengths)
    full = (places >= capacity) & (order >= 0)
    return full.reshape(experts.shape[::-1]).T


def switch(logits: Floats, capacity: int) -> LayerRouting:
    """Returns the best expert, weighted by its probability; the token is dropped if the expert is full.

    Fedus et al. 2022, "Switch Transformers", arXiv 2101.03961. A dropped token skips the layer.
    """
    return dropping(logits, 1, capacity)


def st_moe(logits: Floats, capacity: int) -> LayerRouting:
    """Returns the two best experts, weighted by their probabilities; dropped where full.

    Zoph et al. 2022, "ST-MoE", arXiv 2202.08906; `metrics.counts.z_sums` sums its router z-loss.
    """
    return dropping(logits, 2, capacity)


def dropping(logits: Floats, k: int, capacity: int) -> LayerRouting:
    """Returns the k best experts, weighted by their probabilities, 0 if full."""
    scores = softmax(logits)  # [T, N]
    experts = top_k(scores, k)  # [T, N] -> [T, K]
    full = over_capacity(experts, scores.shape[-1], capacity)
    return LayerRouting(scores, experts, np.where(full, np.float32(0), gather(scores, experts)), full)


def gshard(logits: Floats, capacity: int, draws: Floats) -> LayerRouting:
    """Selects two experts, p1 / (p1 + p2) and p2 / (p1 + p2), the second with probability twice its weight.

    Lepikhin et al. 2021, "GShard", arXiv 2006.16668, algorithm 1; draws [T] are uniform in 0..1. A second
    choice that is not drawn leaves its place empty (-1), yet takes one in the queue, as in the algorithm.
    """
    scores = softmax(logits)  # [T, N]
    experts = top_k(scores, 2)  # [T, N] -> [T, 2]
    gates = gather(scores, experts)
    gates /= gates.sum(axis=-1, keepdims=True)
    full = over_capacity(experts, scores.shape[-1], capacity)
    drawn = np.ones(experts.shape, np.bool_)
    drawn[:, 1] = 2 * gates[:, 1] > draws
    kept = drawn & ~full
    return LayerRouting(
        scores, np.where(drawn, experts, -1), np.where(kept, gates, np.float32(0)), full & drawn
    )


def capacity(logits: Floats, inputs: RouterInputs) -> int:
    """Returns the capacity of an expert for this batch."""
    tokens, experts = logits.shape
    return capacity_of(tokens, experts, inputs.settings["capacity"])


ROUTERS = (
    Router(
        "gshard",
        cite("gshard"),
        lambda logits, k, inputs: gshard(logits, capacity(logits, inputs), inputs.uniforms(len(logits))),
        uses=("capacity", "seed"),
        defaults=RouterSettings(capacity=2.0, seed=0),
        fixed_k=2,
        whole_batch=True,
    ),
    Router(
        "switch",
        cite("switch"),
        lambda logits, k, inputs: switch(logits, capacity(logits, inputs)),
        uses=("capacity",),
        defaults=RouterSettings(capacity=1.25),
        fixed_k=1,
        whole_batch=True,
    ),
    Router(
        "st_moe",
        cite("stmoe"),
        lambda logits, k, inputs: st_moe(logits, capacity(logits, inputs)),
        uses=("capacity",),
        defaults=RouterSettings(capacity=1.25),
        fixed_k=2,
        whole_batch=True,
    ),
)
