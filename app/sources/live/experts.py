"""The experts of one layer: runs each token through its chosen experts and sums their outputs by weight.

Letters: T tokens, K chosen experts, A assignments (at most T K), D width, I width of an expert.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...trace import Floats, Ints

ONE = np.float32(1)
NOBODY = 65535  # sort key of an empty choice, -1


@dataclass(frozen=True)
class ExpertWeights:
    """One SwiGLU network in float32. `gate` and `up` include the gain of the preceding norm."""

    gate: Floats  # [D, I]
    up: Floats  # [D, I]
    down: Floats  # [I, D]


Fetch = Callable[[int], ExpertWeights]


def combine_experts(x: Floats, experts: Ints, weights: Floats, fetch: Fetch) -> Floats:
    """Computes the weighted sums [T, D] from x [T, D], experts [T, K] (-1: none) and weights [T, K]."""
    combine = combine_for_one if len(x) == 1 else combine_for_many
    return combine(x, experts, weights, fetch)


def combine_for_one(x: Floats, experts: Ints, weights: Floats, fetch: Fetch) -> Floats:
    """`combine_experts` for a single token, without sorting."""
    networks = [fetch(expert) for expert in experts[0].tolist() if expert >= 0]
    if not networks:
        return np.zeros_like(x)
    gate = np.concatenate([np.dot(x, network.gate) for network in networks])  # [K, I]
    inner = swiglu(gate, np.concatenate([np.dot(x, network.up) for network in networks]))
    inner *= weights[experts >= 0][:, None]
    out: Floats = np.dot(inner[:1], networks[0].down)
    for row, network in enumerate(networks[1:], 1):
        out += np.dot(inner[row : row + 1], network.down)
    return out


def combine_for_many(x: Floats, experts: Ints, weights: Floats, fetch: Fetch) -> Floats:
    """`combine_experts` for several tokens, sorted by expert: one product per expert."""
    order, used, ends = by_expert(experts)
    spans = list(zip(map(fetch, used), [0, *ends], ends, strict=False))
    inputs = x.take(order % len(x), axis=0)  # [A, D]
    gate, up = np.empty((2, len(order), spans[0][0].up.shape[1] if spans else 0), np.float32)
    for network, start, end in spans:
        rows = inputs[start:end]
        np.dot(rows, network.gate, gate[start:end])
        np.dot(rows, network.up, up[start:end])
    activated = swiglu(gate, up)  # [A, I]
    activated *= weights.T.reshape(-1)[order][:, None]
    for network, start, end in spans:
        np.dot(activated[start:end], network.down, inputs[start:end])  # overwrites the inputs
    return gather(inputs, order, experts.T.shape)


def by_expert(experts: Ints) -> tuple[NDArray[np.intp], list[int], list[int]]:
    """Sorts assignments [T, K] by expert.

    Returns the indices of the A assignments in [K, T], the experts in use, and the end of each expert's span.
    """
    flat = experts.T.reshape(-1).astype(np.uint16)  # [K T]; -1 becomes 65535 and sorts last
    order = np.argsort(flat, kind="stable")
    counts = np.bincount(flat)[:NOBODY]
    used = np.flatnonzero(counts)
    ends = np.cumsum(counts[used]).tolist()
    return order[: ends[-1] if ends else 0], used.tolist(), ends


def gather(outputs: Floats, order: NDArray[np.intp], shape: tuple[int, ...]) -> Floats:
    """Sums the outputs [A, D] per token; `order` [A] are their indices in [K, T]."""
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
    """Runs one network for all tokens, as in a dense layer: [T, D] -> [T, D]."""
    out: Floats = np.dot(swiglu(np.dot(x, network.gate), np.dot(x, network.up)), network.down)
    return out


def swiglu(gate: Floats, up: Floats) -> Floats:
    """Computes silu(gate) * up (Shazeer 2020, "GLU Variants Improve Transformer") in place of `up`: [A, I].

    The caller suppresses overflow warnings: exp of a large number is infinite, and its reciprocal
    correctly 0.
    """
    up *= gate
    np.negative(gate, out=gate)
    np.exp(gate, out=gate)
    gate += ONE
    up /= gate
    return up
