"""Computes the logits of a scenario for each token, layer and expert. Seeded; no clock, no files."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from ...shape import ModelShape
from ...trace import Floats
from .scenario import Group, Scenario, ScenarioToken

# Logit of the experts next to a place, relative to the expert at the place. It must stay well below 1: at N =
# 512 the neighbours are close, and the noise would otherwise decide between them.
SHOULDER = 0.5

WAVES = 12  # waves of the noise around the circle; the same function at every N

FAVOURED = Group(places=[0.0], width=0.004)  # very narrow, so that neighbours get almost nothing

Doubles = NDArray[np.float64]


def logits_of(scenario: Scenario, shape: ModelShape, skew: float = 0.0) -> Floats:
    """Returns the logits of a scenario: [T, L, N].

    `skew` is added to the logits of two experts per layer for every token. From about the scenario's
    sharpness on, these experts win everything, as in a collapsed layer.
    """
    waves = np.stack([waves_of(scenario, i, shape.layers) for i in range(len(scenario.tokens))])
    noise = waves @ wave_basis(shape.experts)  # [T, L, 2 * WAVES] -> [T, L, N], variance 1
    depth = np.linspace(0, 1, shape.layers)[:, None]  # [L, 1]
    rows = []
    for token, ripple in zip(scenario.tokens, noise, strict=True):
        late = group_logits(scenario.groups[token.group], token, shape, ripple)  # [L, N]
        early = late
        if token.early is not None:
            early = group_logits(scenario.groups[token.early], token, shape, ripple)
        rows.append((1 - depth) * early + depth * late)
    return (np.stack(rows) + skew * favour(scenario, shape)).astype(np.float32)


def favour(scenario: Scenario, shape: ModelShape) -> Doubles:
    """Returns the favoured experts of a skewed layer: two seeded places of the circle per layer -> [L, N]."""
    layers = []
    for layer in range(shape.layers):
        first, apart = np.random.Generator(np.random.PCG64([scenario.seed, 2, layer])).random(2)
        places = [float(first), float((first + 0.25 + apart / 2) % 1)]
        layers.append(affinity(FAVOURED, places, np.zeros(1), shape.experts)[0])
    return np.stack(layers)


def group_logits(group: Group, token: ScenarioToken, shape: ModelShape, ripple: Doubles) -> Doubles:
    """Returns the logits of a token in one group: its affinities and its share of the noise -> [L, N]."""
    drifts = group.drift * np.arange(shape.layers, dtype=np.float64)  # [L], turns
    return group.sharpness * affinity(group, token.places, drifts, shape.experts) + group.noise * ripple


def affinity(group: Group, own: list[float] | None, drifts: Doubles, experts: int) -> Doubles:
    """Returns the affinity of each expert to a place: 1 on it, at most SHOULDER beside it, else 0 -> [L, N].

    A place belongs to its nearest expert, so fractions of the circle mean the same at any N.
    """
    places = np.array(group.places if own is None else own)  # [P]
    strengths = np.ones(len(places))
    if own is None and group.strengths:
        strengths = np.array(group.strengths)
    homes = np.floor((places + drifts[:, None]) * experts + 0.5)  # [L, P], the expert at each place
    gaps = np.abs(np.arange(experts) - homes[..., None]) % experts  # [L, P, N]
    turns = np.minimum(gaps, experts - gaps) / experts
    near = np.where(turns == 0, 1.0, SHOULDER * np.exp(-turns / group.width))
    result: Doubles = (strengths[:, None] * near).max(axis=1)
    return result


def waves_of(scenario: Scenario, index: int, layers: int) -> Doubles:
    """Returns seeded coefficients of one token's noise: [L, 2 * WAVES].

    In the first layer they depend only on the token's text and group, because a real router there sees
    little beyond the word. Towards the last layer they also depend on the token's position, as a stand-in
    for context.
    """
    token = scenario.tokens[index]
    word = zlib.crc32(f"{token.group}\0{token.text}".encode())
    size = (layers, 2 * WAVES)
    of_word = np.random.Generator(np.random.PCG64([scenario.seed, 0, word])).standard_normal(size)
    of_context = np.random.Generator(np.random.PCG64([scenario.seed, 1, index])).standard_normal(size)
    context = 0.5 * np.linspace(0, 1, layers)[:, None]  # share of the variance
    return np.sqrt(1 - context) * of_word + np.sqrt(context) * of_context


def wave_basis(experts: int) -> Doubles:
    """Returns waves around the circle at the places of N experts, with unit variance: [2 * WAVES, N]."""
    angles = 2 * np.pi * np.arange(1, WAVES + 1)[:, None] * np.arange(experts) / experts  # [WAVES, N]
    basis: Doubles = np.concatenate([np.cos(angles), np.sin(angles)]) / np.sqrt(WAVES)
    return basis
