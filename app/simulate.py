"""Authored routing: a scenario and a shape -> logits -> the steps of a trace. Seeded; no clock, no files.

A scenario says what a router's logits look like; a real router does the rest, so any N, k and router works.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.routing import Routed, Router
from app.scenario import Group, Scenario, ScenarioToken
from app.shape import ModelShape
from app.trace import Floats, RoutingTrace, Step, Token, TraceHeader

NOTE = "Hand-authored logits through a real router: an illustration, not a measurement."

# Logit of the experts next to a place, against the one that stands there. It must not come near 1: at N = 512
# the neighbours are close by, and which expert is chosen would then hang on the noise.
SHOULDER = 0.5

WAVES = 12  # the noise has that many waves around the circle, so that it is the same function at every N

Doubles = NDArray[np.float64]


def header(scenario: Scenario, shape: ModelShape, router: Router) -> TraceHeader:
    """What is known of the trace before the first token is routed."""
    return TraceHeader(
        tokens=tuple(Token(token.text, token.group) for token in scenario.tokens),
        shape=shape,
        model=model_of(scenario, shape, router),
        origin={
            "source": "authored",
            "badge": "AUTHORED",
            "note": NOTE,
            "scenario": scenario.name,
            "title": scenario.title,
            "seed": scenario.seed,
        },
        bias=router.bias,
    )


def steps(scenario: Scenario, shape: ModelShape, router: Router) -> Iterator[Step]:
    """The routing of each token, in order. Raises BadSetting where k or a setting does not fit N."""
    logits = logits_of(scenario, shape)  # [T, L, N]
    layers = layers_of(logits, shape, router)
    for token in range(len(logits)):
        dropped = [layer.dropped[token] for layer in layers if layer.dropped is not None]
        yield Step(
            scores=np.stack([layer.scores[token] for layer in layers]),
            experts=np.stack([layer.experts[token] for layer in layers]),
            weights=np.stack([layer.weights[token] for layer in layers]),
            logits=logits[token],
            dropped=np.stack(dropped) if dropped else None,
        )


def trace(scenario: Scenario, shape: ModelShape, router: Router) -> RoutingTrace:
    """The whole trace at once."""
    return RoutingTrace.from_steps(header(scenario, shape, router), steps(scenario, shape, router))


def model_of(scenario: Scenario, shape: ModelShape, router: Router) -> dict[str, Any]:
    """Name, router, its settings, and how many columns of choices there are where that is not k."""
    settings = router.filled(shape.experts, shape.top_k)
    model: dict[str, Any] = {"name": "authored", "router": router.name, "settings": settings}
    if router.varies:
        model["choices"] = layers_of(logits_of(scenario, shape), shape, router)[0].experts.shape[-1]
    return model


def layers_of(logits: Floats, shape: ModelShape, router: Router) -> list[Routed]:
    """Route every layer of [T, L, N]; all with as many columns as the widest."""
    layers = [router.route(logits[:, layer], shape.top_k, layer) for layer in range(shape.layers)]
    width = max(layer.experts.shape[-1] for layer in layers)
    return [widened(layer, width) for layer in layers]


def widened(routed: Routed, width: int) -> Routed:
    """The same with empty choices appended: [T, K] -> [T, width]."""
    extra = ((0, 0), (0, width - routed.experts.shape[-1]))
    return replace(
        routed,
        experts=np.pad(routed.experts, extra, constant_values=-1),
        weights=np.pad(routed.weights, extra),
        dropped=None if routed.dropped is None else np.pad(routed.dropped, extra),
    )


def logits_of(scenario: Scenario, shape: ModelShape) -> Floats:
    """What the scenario says of every token, layer and expert: [T, L, N]."""
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
    return np.stack(rows).astype(np.float32)


def group_logits(group: Group, token: ScenarioToken, shape: ModelShape, ripple: Doubles) -> Doubles:
    """What one group says of a token: its affinities and its share of the noise -> [L, N]."""
    drifts = group.drift * np.arange(shape.layers, dtype=np.float64)  # [L], turns
    return group.sharpness * affinity(group, token.places, drifts, shape.experts) + group.noise * ripple


def affinity(group: Group, own: list[float] | None, drifts: Doubles, experts: int) -> Doubles:
    """How near each expert stands to a place: 1 on it, at most SHOULDER beside it, falling to 0 -> [L, N].

    A place belongs to the expert nearest to it, so that fractions of the circle tell one story at any N.
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
    """Seeded coefficients of one token's noise: [L, 2 * WAVES].

    In the first layer they follow from the token's text and group alone, as a router there sees little but
    the word; towards the last, from its place in the prompt as well, which stands for context.
    """
    token = scenario.tokens[index]
    word = zlib.crc32(f"{token.group}\0{token.text}".encode())
    size = (layers, 2 * WAVES)
    of_word = np.random.Generator(np.random.PCG64([scenario.seed, 0, word])).standard_normal(size)
    of_context = np.random.Generator(np.random.PCG64([scenario.seed, 1, index])).standard_normal(size)
    context = 0.5 * np.linspace(0, 1, layers)[:, None]  # share of the variance
    return np.sqrt(1 - context) * of_word + np.sqrt(context) * of_context


def wave_basis(experts: int) -> Doubles:
    """Waves around the circle at the places of N experts, scaled to unit variance: [2 * WAVES, N]."""
    angles = 2 * np.pi * np.arange(1, WAVES + 1)[:, None] * np.arange(experts) / experts  # [WAVES, N]
    basis: Doubles = np.concatenate([np.cos(angles), np.sin(angles)]) / np.sqrt(WAVES)
    return basis
