"""The specialisation of a router from its atlas, in the format of `learned` in models/measured.json."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...metrics.balance import entropy, max_violation
from ...metrics.counts import expert_counts
from ...metrics.divergence import divergence
from ...metrics.token_preference import preference, preferred
from ...trace import Counts
from ..dataset.queries import Atlas
from .expert_maps import domain_counts, listed

MOST = 5  # preferred tokens per expert
SEED = 4


def learned(atlas: Atlas, label: str = "domain") -> dict[str, Any]:
    """Returns divergence between groups, balance, loads per group, and preferred tokens per expert."""
    loads, groups = atlas.load[0], domain_counts(atlas, label)
    stacked = np.stack(list(groups.values())) if groups else np.zeros((0, *loads.shape), np.int64)
    shares = stacked / np.maximum(stacked.sum(axis=-1, keepdims=True), 1)
    parted = len(groups) > 1
    return {
        **about(atlas),
        "label": label,
        "js_bits": listed(divergence(stacked)) if parted else None,
        "js_bits_chance": listed(divergence(by_chance(atlas, list(groups), label))) if parted else None,
        "js_bits_most": round(float(np.log2(max(len(groups), 1))), 4),
        "max_violation": listed(max_violation(loads)),
        "entropy": listed(entropy(loads)),
        "language_loads": dict(zip(groups, listed(shares), strict=True)),
        "likes": [layer_likes(atlas, layer) for layer in range(atlas.shape.layers)],
    }


def load(atlas: Atlas) -> dict[str, Any]:
    """Returns the assignments of each expert over the corpus, [L][N], as `GET /api/load` has them."""
    return {**about(atlas), "texts": atlas.manifest.documents, "assigned": atlas.load[0].tolist()}


def about(atlas: Atlas) -> dict[str, Any]:
    """Returns which texts were routed by which model."""
    known = atlas.manifest
    return {
        "model": str(known.model.get("name", "")),
        "corpus": str(known.corpus.get("name", "")),
        "documents": known.documents,
        "tokens": atlas.tokens,
        "experts": atlas.shape.experts,
        "top_k": atlas.shape.top_k,
    }


def by_chance(atlas: Atlas, groups: list[str], label: str) -> Counts:
    """Returns loads of experts drawn at random for each token: [G, L, N].

    Each count is drawn on its own: k of N experts per token give a binomial count, whose sum varies here.
    """
    tokens = atlas.tokens_by_label(label)
    shape, random = atlas.shape, np.random.default_rng(SEED)
    share = min(1.0, shape.top_k / shape.experts)
    drawn = [random.binomial(tokens[name], share, (shape.layers, shape.experts)) for name in groups]
    return np.stack(drawn)


def layer_likes(atlas: Atlas, layer: int) -> list[list[tuple[str, int, int]]]:
    """Returns the preferred tokens per expert of a layer: [text, times received, occurrences]."""
    n, occurs, texts = atlas.shape.experts, atlas.occurrences, atlas.token_texts
    width = len(occurs)
    counts = np.zeros((n, width), np.int64)
    for rows in atlas.rows(layer):
        cells = np.where(rows.experts >= 0, rows.experts.astype(np.int64) * width + rows.ids[:, None], -1)
        counts += expert_counts(cells, n * width).reshape(n, width)
    score = preference(counts, occurs, counts.sum(axis=1), atlas.tokens)
    return [
        [(texts.get(id, f"[{id}]"), int(counts[expert, id]), int(occurs[id])) for id in row]
        for expert, row in enumerate(preferred(score, MOST))
    ]
