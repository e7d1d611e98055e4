"""Simulates a cache, a placement or pruning on the routing of an atlas."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...metrics.caching import CACHE, simulate
from ...metrics.counts import expert_counts
from ...metrics.plan import STRATEGIES, Plan, coactivation_plan, eplb_plan, linear_plan, plan_figures
from ...metrics.pruning import RANKINGS, kept_experts
from ...trace import Counts, Doubles, Ints
from ..dataset.queries import Atlas
from ..questions.expert_maps import listed

CACHE_TOKENS = 20_000  # tokens per simulation
CURVE_TOKENS = 8_000  # tokens per simulation of a curve
PLAN_TOKENS = 50_000
SHARES = (0.125, 0.25, 0.5, 0.75)  # shares of a layer's experts that the cache holds
BYTES_A_PARAMETER = 2
MOST_DEVICES = 512
MOST_SLOTS = 4096


def cache_answer(atlas: Atlas, share: float, tokens: int = CACHE_TOKENS) -> dict[str, Any]:
    """Returns hit rates and bytes of every policy for caches of `share` of each layer's experts.

    Raises ValueError if the share is not in 0..1 or rounds to no expert.
    """
    n = atlas.shape.experts
    if not 0 < share <= 1:
        raise ValueError(f"share: expected more than 0 and at most 1, got {share}")
    places = max(1, round(share * n))
    rows = atlas.trace(min(tokens, CACHE_TOKENS))
    return cache_figures(rows, n, places, BYTES_A_PARAMETER * atlas.shape.expert_size)


def cache_figures(experts: Ints, n: int, places: int, expert_bytes: int) -> dict[str, Any]:
    """Returns the simulation results for choices [T, L, K], per policy and layer.

    `policies`: name -> hit rate per layer (null if a policy has no run), its mean, bytes moved per token.
    """
    runs = list(simulate(experts, n, places))
    names = {name: None for layer in runs for name in layer}
    policies = {}
    for name in names:
        own = [layer.get(name) for layer in runs]
        done = [run for run in own if run is not None]
        moved = sum(run.loads for run in done) * expert_bytes
        policies[name] = {
            "hit_rate": [None if run is None else round(run.hit_rate, 5) for run in own],
            "mean": round(float(np.mean([run.hit_rate for run in done])), 5),
            "loads": sum(run.loads for run in done),
            "bytes_a_token": round(moved / max(len(experts), 1)),
        }
    return {
        "tokens": len(experts),
        "experts": n,
        "places": places,
        "expert_bytes": expert_bytes,
        "tiers": tiers(experts, n, places),
        "policies": policies,
        **CACHE.to_json(),
    }


def tiers(experts: Ints, n: int, places: int) -> list[list[int]]:
    """Returns the tier of each expert in a pinned cache: 0 VRAM, 1 RAM, 2 SSD; [L][N].

    The `places` busiest experts of a layer are in VRAM, the next `places` in RAM.
    """
    loads = expert_counts(experts, n)
    place = np.argsort(np.argsort(-loads, axis=-1, kind="stable"), axis=-1, kind="stable")
    found: list[list[int]] = np.minimum(place // max(places, 1), 2).tolist()
    return found


def cache_curve(atlas: Atlas) -> dict[str, Any]:
    """Returns the mean hit rate of every policy by cache size."""
    answers = [cache_answer(atlas, share, CURVE_TOKENS) for share in SHARES]
    names = answers[0]["policies"]
    return {
        "tokens": answers[0]["tokens"],
        "shares": list(SHARES),
        "places": [answer["places"] for answer in answers],
        "hit_rate": {name: [answer["policies"][name]["mean"] for answer in answers] for name in names},
        **CACHE.to_json(),
    }


def make_plan(
    atlas: Atlas, strategy: str, devices: int, slots: int = 0, groups: int = 1, nodes: int = 1
) -> Plan:
    """Returns a placement. `slots`: per layer, more than experts for replicas (EPLB only); 0: no replicas.

    Raises ValueError naming what does not fit.
    """
    shape = atlas.shape
    if strategy not in STRATEGIES:
        raise ValueError(f"strategy: expected one of {', '.join(STRATEGIES)}, got {strategy[:40]!r}")
    if not 1 <= devices <= MOST_DEVICES or slots > MOST_SLOTS:
        raise ValueError(
            f"devices: expected 1 to {MOST_DEVICES} and at most {MOST_SLOTS} slots, got {devices}"
        )
    slots = slots or shape.experts
    if strategy == "eplb":
        return eplb_plan(atlas.load[0], slots, devices, groups, nodes)
    if slots != shape.experts:
        raise ValueError(f"slots: expected {shape.experts} with {strategy}, got {slots}; replicas need eplb")
    if strategy == "linear":
        return linear_plan(shape.layers, shape.experts, devices)
    return coactivation_plan(atlas.trace(PLAN_TOKENS), shape.experts, devices)


def placement_answer(
    atlas: Atlas, devices: int, slots: int = 0, groups: int = 1, nodes: int = 1
) -> dict[str, Any]:
    """Returns imbalance and traffic of every strategy for one step of the corpus' first tokens."""
    rows = atlas.trace(PLAN_TOKENS)
    found: dict[str, Any] = {}
    for strategy in STRATEGIES:
        own = slots if strategy == "eplb" else 0
        plan = make_plan(atlas, strategy, devices, own, groups, nodes)
        found[strategy] = {**plan_figures(rows, plan, atlas.shape.d_model), "plan": plan.slots.tolist()}
    return {"tokens": len(rows), "devices": devices, "strategies": found}


def plan_answer(atlas: Atlas, plan: Plan) -> dict[str, Any]:
    """Returns imbalance and traffic of one placement. Raises ValueError if its layers differ."""
    if len(plan.slots) != atlas.shape.layers:
        raise ValueError(f"plan: expected {atlas.shape.layers} MoE layers, got {len(plan.slots)}")
    rows = atlas.trace(PLAN_TOKENS)
    return {"tokens": len(rows), **plan_figures(rows, plan, atlas.shape.d_model)}


def pruning_answer(atlas: Atlas, by: str, drop: float, reap: Doubles | None = None) -> dict[str, Any]:
    """Returns each expert's score, the keep list, and the kept share of assignments and mass.

    `reap`: scores [L, N], if an engine measured them. Raises ValueError if a ranking is unknown.
    """
    loads, mass = atlas.load
    scores: dict[str, Counts | Doubles | None] = {
        "frequency": loads,
        "gate_mass": mass if atlas.has_weights else None,
        "reap": reap,
    }
    known = [name for name, values in scores.items() if values is not None]
    chosen = scores.get(by)
    if chosen is None:
        raise ValueError(f"by: expected one of {', '.join(known)} for this atlas, got {by[:40]!r}")
    kept = kept_experts(np.asarray(chosen, np.float64), drop, atlas.shape.top_k)
    share = [float(loads[layer, ids].sum() / max(loads[layer].sum(), 1)) for layer, ids in enumerate(kept)]
    ranking = next(each for each in RANKINGS if each.name == by)
    return {
        "by": by,
        "drop": drop,
        "scores": listed(chosen),
        "keep": kept,
        "kept_assignments": [round(each, 5) for each in share],
        "tokens": atlas.tokens,
        **ranking.to_json(),
    }
