"""Every metric of the registry against code that is not ours, or a loop that spells its definition.

A metric that is added without an entry here fails `test_every_metric_has_an_oracle`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from math import log, log2
from statistics import mean
from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy as scipy_entropy
from scipy.stats import spearmanr, variation

from app.metrics import balance, caching, margins, transitions
from app.metrics.coactivation import conditional, pair_counts
from app.metrics.counts import expert_counts, mass_counts
from app.metrics.coverage import coverage
from app.metrics.divergence import divergence, flip_share, overlap
from app.metrics.placement import place_experts
from app.metrics.plan import linear_plan, plan_figures
from app.metrics.pruning import reap
from app.metrics.registry import METRICS
from app.metrics.same_token import same_token
from app.metrics.saturation import saturation
from app.metrics.specialisation import domain_shares, group_counts, position_buckets, token_specialisation
from app.metrics.token_class import CLASSES, class_of
from app.metrics.token_preference import FEWEST, preference
from tests.trace_factory import trace_of

T, N, K = 60, 6, 2
TEXTS = (" the", "def", "42", ".", "\n", "é", " Paris", "(", "x1", " of")


class Routing:
    """One random layer, as arrays and as plain lists."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.scores = random.dirichlet(np.full(N, 0.5), T).astype(np.float32)  # [T, N]
        self.experts = np.argsort(-self.scores, axis=1)[:, :K].astype(np.int32)  # [T, K]
        self.ahead = np.argsort(-random.random((T, N)), axis=1)[:, :K].astype(np.int32)
        chosen = np.take_along_axis(self.scores, self.experts, axis=1)
        self.weights = chosen / chosen.sum(axis=1, keepdims=True)
        self.ids = random.integers(0, len(TEXTS), T).astype(np.int32)
        self.positions = np.arange(T, dtype=np.int32)
        self.loads = np.array([sum(e in row for row in self.rows) for e in range(N)])
        self.shares = self.loads / self.loads.sum()

    @property
    def rows(self) -> list[list[int]]:
        return self.experts.tolist()


def spelt_pairs(a: list[list[int]], b: list[list[int]]) -> np.ndarray:
    """P(y | x): tokens that choose x in `a` and y in `b`, of those that choose x."""
    return np.array(
        [
            [
                sum(x in one and y in two for one, two in zip(a, b, strict=True))
                / max(sum(x in one for one in a), 1)
                for y in range(N)
            ]
            for x in range(N)
        ]
    )


def js_bits(groups: list[list[int]], rows: list[list[int]]) -> float:
    """Returns the divergence of token groups from scipy's entropies; its own function takes two groups."""
    loads = []
    for tokens in groups:
        counted = Counter(expert for token in tokens for expert in rows[token])
        loads.append([counted[e] / sum(counted.values()) for e in range(N)])
    return float(
        scipy_entropy(np.mean(loads, axis=0), base=2) - mean(scipy_entropy(q, base=2) for q in loads)
    )


def groups_by(keys: list[Any]) -> list[list[int]]:
    """Returns tokens of each value."""
    return [[t for t, key in enumerate(keys) if key == value] for value in dict.fromkeys(keys)]


def ours_js(r: Routing, keys: Any) -> float:
    """Returns the metric over groups of tokens with these numbers."""
    counts = group_counts(r.experts, np.asarray(keys, np.int32), int(max(keys)) + 1, N)
    return float(divergence(counts[counts.sum(axis=1) > 0]))


def dropped(r: Routing) -> tuple[float, float]:
    """Returns a mask with one choice in five dropped."""
    drops = np.random.default_rng(1).random((T, 1, K)) < 0.2
    trace = trace_of(r.experts[:, None], N, dropped=drops)
    return float(balance.dropped_share(trace)[0]), sum(drops.ravel().tolist()) / (T * K)


def switch(r: Routing) -> tuple[float, float]:
    first = np.bincount(r.experts[:, 0], minlength=N)
    ours = balance.balance_loss(first[None], r.scores.sum(axis=0, dtype=float)[None], T)[0]
    f = [sum(row[0] == e for row in r.rows) / T for e in range(N)]
    p = [mean(r.scores[:, e].tolist()) for e in range(N)]
    return float(ours), N * sum(a * b for a, b in zip(f, p, strict=True))


def recall(r: Routing) -> tuple[Any, Any]:
    """Fitted on even tokens, counted on odd ones."""
    found = transitions.recall_ahead(r.experts, r.ahead, N, K)
    rates = spelt_pairs(r.rows[::2], r.ahead.tolist()[::2])
    hits, guesses = 0, []
    for row, true in zip(r.rows[1::2], r.ahead.tolist()[1::2], strict=True):
        total = [sum(rates[a][b] for a in row) for b in range(N)]
        best = np.argsort([-round(sum_, 12) for sum_ in total], kind="stable")[:K].tolist()
        hits += len(set(best) & set(true))
        guesses.append(best)
    return found["recall"], hits / (K * len(guesses))


def similarity(r: Routing) -> tuple[Any, Any]:
    a, b = np.arange(1, N + 1), r.loads
    spelt = (
        sum(x * y for x, y in zip(a, b, strict=True)) / (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5
    )
    ours = (transitions.cosine(a, b), transitions.rank_correlation(a, b))
    return ours, (spelt, spearmanr(a, b).statistic)


def domain(r: Routing) -> tuple[Any, Any]:
    half = (r.positions >= T // 2).astype(np.int32)
    tokens = np.bincount(half)
    ours = domain_shares(group_counts(r.experts, half, 2, N), tokens)
    spelt = [
        [sum(e in r.rows[t] for t in own) / len(own) for e in range(N)] for own in groups_by(half.tolist())
    ]
    return ours, spelt


def token_id(r: Routing) -> tuple[float, float]:
    shares = []
    for own in groups_by(r.ids.tolist()):
        counted = Counter(e for t in own for e in r.rows[t])
        shares.append(max(counted.values()) / len(own))
    return token_specialisation(r.experts, r.ids, N), mean(shares)


def preferring(r: Routing) -> tuple[Any, Any]:
    counts = np.array([[sum(e in r.rows[t] for t in own) for own in ids_of(r)] for e in range(N)])
    occurs = np.array([len(own) for own in ids_of(r)])
    spelt = [
        [
            c * log(c / (r.loads[e] * occurs[v] / T)) if c >= FEWEST else -np.inf  # too rare to say
            for v, c in enumerate(counts[e].tolist())
        ]
        for e in range(N)
    ]
    return preference(counts, occurs, r.loads, T), spelt


def ids_of(r: Routing) -> list[list[int]]:
    return [[t for t in range(T) if r.ids[t] == v] for v in range(len(TEXTS))]


def alike(r: Routing) -> tuple[float, float]:
    found = []
    for own in groups_by(r.ids.tolist()):
        for a, b in pairwise(own):
            dense = np.zeros((2, N))
            for row, t in zip(dense, (a, b), strict=True):
                row[r.experts[t]] = r.weights[t]
            found.append(np.minimum(*dense).sum() / np.maximum(*dense).sum())
    return same_token(r.experts, r.weights.astype(np.float32), r.ids)["same"], float(np.mean(found))


def margin(r: Routing) -> tuple[Any, Any]:
    spelt = [
        min(row[e] for e in own) - max(row[e] for e in range(N) if e not in own)
        for row, own in zip(r.scores.tolist(), r.rows, strict=True)
    ]
    return margins.margins(r.scores, r.experts), spelt


def fullest_device(r: Routing) -> tuple[Any, Any]:
    figures = plan_figures(r.experts[:, None], linear_plan(1, N, 3), 8)
    devices = Counter(e // (N // 3) for row in r.rows for e in row)
    assert place_experts(N, 3).tolist() == [0, 0, 1, 1, 2, 2]
    return figures["imbalance"], [max(devices.values()) / (T * K / 3)]


def reached(r: Routing) -> tuple[float, float]:
    figures = plan_figures(r.experts[:, None], linear_plan(1, N, 3), 8)
    return figures["reach"], mean(len({e // (N // 3) for e in row}) for row in r.rows)


def cached(r: Routing) -> tuple[float, float]:
    held: list[int] = []
    hits = 0
    for expert in (e for row in r.rows for e in row):
        hits += expert in held
        held = [*(e for e in held if e != expert), expert][-3:]
    return caching.lru(r.experts, N, 3).hit_rate, hits / (T * K)


def mass(r: Routing) -> np.ndarray:
    found = np.zeros(N)
    for row, own in zip(r.rows, r.weights.tolist(), strict=True):
        for expert, weight in zip(row, own, strict=True):
            found[expert] += weight
    return found


def gap(r: Routing) -> tuple[float, float]:
    share = mass(r) / mass(r).sum()
    return float(balance.mass_gap(r.loads, mass(r))), sum(map(abs, share - r.shares)) / 2


def sets_of(r: Routing) -> list[tuple[set[int], set[int]]]:
    return [(set(a), set(b)) for a, b in zip(r.rows, r.ahead.tolist(), strict=True)]


Oracle = Callable[[Routing], tuple[Any, Any]]  # what we compute, and what the other code says
ORACLES: dict[str, Oracle] = {
    "max_over_mean": lambda r: (balance.max_over_mean(r.loads), max(r.loads) / mean(r.loads.tolist())),
    "max_violation": lambda r: (balance.max_violation(r.loads), max(r.shares) * N - 1),
    "min_violation": lambda r: (balance.min_violation(r.loads), min(r.shares) * N - 1),
    "avg_violation": lambda r: (balance.avg_violation(r.loads), mean(abs(q * N - 1) for q in r.shares)),
    "entropy": lambda r: (balance.entropy(r.loads), scipy_entropy(r.loads) / log(N)),
    "kl_to_uniform": lambda r: (balance.kl_to_uniform(r.loads), scipy_entropy(r.loads, np.ones(N))),
    "variation": lambda r: (balance.variation(r.loads), variation(r.loads)),
    "jain": lambda r: (balance.jain(r.loads), sum(r.loads) ** 2 / (N * sum(c * c for c in r.loads))),
    "dead_experts": lambda r: (balance.dead_experts(r.loads), [*r.loads].count(0)),
    "dropped_share": dropped,
    "switch_loss": switch,
    "mass_gap": gap,
    "coverage": lambda r: (
        coverage(r.loads),
        [sum(sorted(r.shares, reverse=True)[:n]) for n in range(1, N + 1)],
    ),
    "coactivation": lambda r: (
        conditional(pair_counts(r.experts, N), r.loads),
        spelt_pairs(r.rows, r.rows) * (1 - np.eye(N)),
    ),
    "transitions": lambda r: (
        transitions.transition_counts(r.experts, r.ahead, N) / np.maximum(r.loads, 1)[:, None],
        spelt_pairs(r.rows, r.ahead.tolist()),
    ),
    "recall_ahead": recall,
    "counts_ahead": similarity,
    "domain_specialisation": domain,
    "class_specialisation": lambda r: (
        ours_js(r, [CLASSES.index(class_of(TEXTS[id])) for id in r.ids]),
        js_bits(groups_by([class_of(TEXTS[id]) for id in r.ids]), r.rows),
    ),
    "token_specialisation": token_id,
    "position_specialisation": lambda r: (
        ours_js(r, position_buckets(r.positions)),
        js_bits(groups_by([0 if t == 0 else int(log2(t)) + 1 for t in range(T)]), r.rows),
    ),
    "token_preference": preferring,
    "same_token": alike,
    "saturation": lambda r: (
        saturation(r.experts[:, None], r.ahead[:, None])[0],
        mean(len(a & b) / K for a, b in sets_of(r)),
    ),
    "margin": margin,
    "near_ties": lambda r: (
        margins.near_ties(margins.margins(r.scores, r.experts), margins.NEAR / N),
        mean(0 <= value <= 0.05 / N for value in margin(r)[1]),
    ),
    "score_entropy": lambda r: (
        margins.score_entropy(r.scores),
        scipy_entropy(r.scores.astype(float), axis=1) / log(N),
    ),
    "divergence": lambda r: (
        divergence(np.stack([r.loads, np.arange(1, N + 1)])),
        jensenshannon(r.loads, np.arange(1, N + 1), base=2) ** 2,
    ),
    "flips": lambda r: (flip_share(r.experts, r.ahead), mean(a != b for a, b in sets_of(r))),
    "overlap": lambda r: (overlap(r.experts, r.ahead), mean(len(a & b) / len(a | b) for a, b in sets_of(r))),
    "hit_rate": cached,
    "device_load": fullest_device,
    "reach": reached,
    "frequency": lambda r: (expert_counts(r.experts, N), r.loads),
    "gate_mass": lambda r: (mass_counts(r.experts, r.weights, N), mass(r)),
    "reap": lambda r: (
        reap(mass(r) * 3, r.loads),
        [np.mean([3 * r.weights[r.experts == e]]) if r.loads[e] else 0.0 for e in range(N)],
    ),
}


def test_every_metric_has_an_oracle():
    assert set(ORACLES) == set(METRICS)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ORACLES)
def test_metric_is_what_its_oracle_says(name, seed):
    ours, theirs = ORACLES[name](Routing(seed))
    np.testing.assert_allclose(np.asarray(ours, float), np.asarray(theirs, float), rtol=1e-5, atol=1e-6)
