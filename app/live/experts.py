"""The experts of one layer: each token goes through those chosen for it, their outputs summed by weight."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from app.live.checkpoint import ExpertWeights
from app.trace import Floats, Ints

Fetch = Callable[[int], ExpertWeights]


def mix(x: Floats, experts: Ints, weights: Floats, fetch: Fetch) -> Floats:
    """Normed x [T, D], chosen experts [T, K] (-1: none), combine weights [T, K] -> weighted sums [T, D]."""
    return mix_one(x, experts, weights, fetch) if len(x) == 1 else mix_many(x, experts, weights, fetch)


def mix_one(x: Floats, experts: Ints, weights: Floats, fetch: Fetch) -> Floats:
    """`mix` for a single token: nothing to sort."""
    networks = [
        (fetch(e), w) for e, w in zip(experts[0].tolist(), weights[0].tolist(), strict=True) if e >= 0
    ]
    out = np.zeros_like(x)
    for network, weight in networks:
        inner = swiglu(np.dot(x, network.gate_up))
        inner *= np.float32(weight)
        out += np.dot(inner, network.down)
    return out


def mix_many(x: Floats, experts: Ints, weights: Floats, fetch: Fetch) -> Floats:
    """`mix` for several tokens: the assignments sorted by expert, so that each expert has one product."""
    flat = experts.T.reshape(-1).astype(np.uint16)  # [K T]; -1 becomes 65535 and is sorted last
    order = np.argsort(flat, kind="stable")
    counts = np.bincount(flat)[:65535]
    used = np.flatnonzero(counts)
    ends = np.cumsum(counts[used]).tolist()
    spans = list(zip(map(fetch, used.tolist()), [0, *ends], ends, strict=False))
    order = order[: ends[-1] if ends else 0]
    inputs = x.take(order % len(x), axis=0)  # [A, D], A assignments
    inner = np.empty((len(order), spans[0][0].gate_up.shape[1] if spans else 0), np.float32)
    for network, start, end in spans:
        np.dot(inputs[start:end], network.gate_up, out=inner[start:end])
    activated = swiglu(inner)  # [A, 2 I] -> [A, I]
    activated *= weights.T.reshape(-1)[order][:, None]
    for network, start, end in spans:
        np.dot(activated[start:end], network.down, out=inputs[start:end])  # the inputs are no longer needed
    return gather(inputs, order, experts.T.shape)


def gather(outputs: Floats, order: NDArray[np.intp], shape: tuple[int, ...]) -> Floats:
    """Sum the outputs [A, D] of each token; `order` [A] says which of the [K, T] assignments each one is."""
    choices, count = shape
    if len(order) < choices * count:  # some choices stay empty
        whole = np.zeros((choices * count, outputs.shape[1]), np.float32)
        whole[order] = outputs
        summed: Floats = whole.reshape(choices, count, -1).sum(axis=0)
        return summed
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    summed = outputs.take(places[:count], axis=0)
    for choice in range(1, choices):
        summed += outputs.take(places[choice * count : (choice + 1) * count], axis=0)
    return summed


def run(x: Floats, network: ExpertWeights) -> Floats:
    """One network for all tokens, as in a layer without experts: [T, D] -> [T, D]."""
    out: Floats = np.dot(swiglu(np.dot(x, network.gate_up)), network.down)
    return out


def swiglu(gate_up: Floats) -> Floats:
    """silu(gate) * up (Shazeer 2020, "GLU Variants Improve Transformer"): [A, 2 I] -> [A, I].

    The caller silences overflow: exp of a large number is infinite, and its reciprocal the 0 that is meant.
    """
    half = gate_up.shape[1] // 2
    gate, up = gate_up[:, :half], gate_up[:, half:]
    powers: Floats = np.negative(gate)
    np.exp(powers, out=powers)
    powers += np.float32(1)
    np.divide(gate, powers, out=powers)
    powers *= up
    return powers
