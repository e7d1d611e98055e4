"""The overview of an atlas and the metrics of its layers, as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...metrics import balance
from ...metrics.divergence import divergence
from ...metrics.margins import NEAR, near_ties
from ...metrics.registry import METRICS
from ...metrics.same_token import same_token
from ...metrics.specialisation import group_counts, position_buckets, token_specialisation
from ...metrics.token_class import CLASSES
from ...metrics.transitions import recall_ahead
from ...published.shape_text import write_shape
from ...routing import DEFAULT_ROUTER
from ...trace import Counts, Ints
from ..dataset.layer_rows import LayerRows, stack
from ..dataset.queries import Atlas
from .expert_maps import EXPERT_MAPS, domain_counts, listed

SAMPLE = 200_000  # tokens for metrics of whole choices; counts use all tokens

LAYER_COUNTS: dict[str, Callable[[Counts], Any]] = {
    "max_over_mean": balance.max_over_mean,
    "max_violation": balance.max_violation,
    "min_violation": balance.min_violation,
    "avg_violation": balance.avg_violation,
    "variation": balance.variation,
    "jain": balance.jain,
    "entropy": balance.entropy,
    "kl_to_uniform": balance.kl_to_uniform,
    "dead_experts": balance.dead_experts,
}


def overview(atlas: Atlas) -> dict[str, Any]:
    """Returns a description of the atlas, and the questions that it answers."""
    known, shape = atlas.manifest, atlas.shape
    labels = {name: atlas.tokens_by_label(name) for name in ("domain", "language", "split")}
    return {
        "model": known.model,
        "engine": known.engine,
        "rule": known.rule,
        "corpus": known.corpus,
        "complete": known.complete,
        "documents": known.documents,
        "tokens": atlas.tokens,
        "rows": sum(part.rows for part in known.parts),
        "layers": shape.layers,
        "experts": shape.experts,
        "top_k": shape.top_k,
        "shape": write_shape(shape, DEFAULT_ROUTER, {}),  # for the address of a picture of its stack
        "ids_only": not atlas.has_weights,
        "labels": {name: found for name, found in labels.items() if set(found) != {""}},
        "expert_maps": {
            name: {"definition": text, "unit": unit} for name, (text, unit) in EXPERT_MAPS.items()
        },
        "metrics": {
            name: METRICS[name].to_json() for name in (*LAYER_COUNTS, *LAYER_ROWS) if name in METRICS
        },
    }


def layer_metrics(atlas: Atlas) -> dict[str, Any]:
    """Returns every metric of layers: name -> values [L], percentiles, definition, token count."""
    loads, mass = atlas.load
    found: dict[str, Any] = {name: measure(loads) for name, measure in LAYER_COUNTS.items()}
    if atlas.has_weights:
        found["mass_gap"] = balance.mass_gap(loads, mass)
    domains = domain_counts(atlas)
    if len(domains) > 1:
        found["divergence"] = divergence(np.stack(list(domains.values())))
    rows: list[dict[str, float]] = atlas.once("layer_rows", lambda: of_rows(atlas))
    for name in LAYER_ROWS:
        values = [row.get(name, np.nan) for row in rows]
        if np.isfinite(values).any():
            found[name] = values
    return {"tokens": atlas.tokens, "sample": min(SAMPLE, atlas.tokens), "metrics": described(found)}


def described(found: dict[str, Any]) -> dict[str, Any]:
    """Returns values with their definitions and percentiles."""
    answer = {}
    for name, values in found.items():
        array = np.asarray(values, np.float64)
        known = METRICS.get(name)
        answer[name] = {
            "values": listed(array),
            "over_layers": balance.over_layers(array[np.isfinite(array)]),
            **({} if known is None else known.to_json()),
        }
    return answer


LAYER_ROWS = (
    "recall_ahead",
    "recall_by_load",
    "counts_ahead",
    "token_specialisation",
    "position_specialisation",
    "class_specialisation",
    "same_token",
    "different_token",
    "margin",
    "near_ties",
    "score_entropy",
)


def of_rows(atlas: Atlas) -> list[dict[str, float]]:
    """Returns the metrics of whole choices per layer, over the first `SAMPLE` tokens."""
    found, n, k = [], atlas.shape.experts, atlas.shape.top_k
    ahead: LayerRows | None = None
    classes = np.array([CLASSES.index(name) if name else -1 for name in atlas.class_names.tolist()])
    for layer in reversed(range(atlas.shape.layers)):
        here = sample(atlas, layer)
        row = of_layer(here, n, classes)
        if ahead is not None:
            told = recall_ahead(here.experts, ahead.experts, n, k)
            row |= {
                "recall_ahead": told["recall"],
                "recall_by_load": told["recall_by_load"],
                "counts_ahead": told["cosine"],
            }
        found.append(row)
        ahead = here
    return found[::-1]


def of_layer(rows: LayerRows, n: int, classes: Ints) -> dict[str, float]:
    """Returns the metrics of one layer's rows; `classes`: class number of each token id, [V]."""
    found = {
        "token_specialisation": token_specialisation(rows.experts, rows.ids, n),
        "position_specialisation": apart(rows.experts, position_buckets(rows.position), n),
        "class_specialisation": apart(rows.experts, classes[rows.ids], n),
    }
    if rows.weights is not None:
        alike = same_token(rows.experts, rows.weights, rows.ids)
        found |= {"same_token": alike["same"], "different_token": alike["different"]}
    if rows.margin is not None and rows.entropy is not None:
        finite = rows.margin[np.isfinite(rows.margin)]
        found |= {
            "margin": float(np.median(finite)) if len(finite) else np.nan,
            "near_ties": float(near_ties(finite, NEAR / n)) if len(finite) else 0.0,
            "score_entropy": float(rows.entropy.mean()),
        }
    return found


def apart(experts: Ints, groups: Ints, n: int) -> float:
    """Returns the divergence between the loads of token groups, bits: experts [T, K], groups [T]."""
    counts = group_counts(experts, groups, int(groups.max()) + 1, n)
    return float(divergence(counts[counts.sum(axis=1) > 0]))


def sample(atlas: Atlas, layer: int) -> LayerRows:
    """Reads the first `SAMPLE` tokens of a layer."""
    parts: list[LayerRows] = []
    for rows in atlas.rows(layer):
        parts.append(rows)
        if sum(len(each.ids) for each in parts) >= SAMPLE:
            break

    def joined(name: str) -> Any:
        values = [getattr(each, name) for each in parts]
        if any(value is None for value in values):
            return None
        return np.concatenate(values)[:SAMPLE]

    weights = joined("weights") if len({each.experts.shape[1] for each in parts}) == 1 else None
    return LayerRows(
        joined("doc"),
        joined("position"),
        joined("ids"),
        stack([each.experts for each in parts])[:SAMPLE],
        weights,
        joined("margin"),
        joined("entropy"),
    )
