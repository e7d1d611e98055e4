"""The atlas view as JSON: metrics of layers and experts, curves, and the strongest flows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..metrics import balance
from ..metrics.coactivation import conditional, lift
from ..metrics.coverage import coverage
from ..metrics.divergence import divergence
from ..metrics.margins import NEAR, near_ties
from ..metrics.registry import METRICS
from ..metrics.same_token import same_token
from ..metrics.specialisation import group_counts, position_buckets, token_specialisation
from ..metrics.transitions import recall_ahead
from ..trace import Counts, Doubles
from .queries import Atlas, LayerRows, stack

MOST_FLOWS = 400
SAMPLE = 200_000  # tokens that metrics of whole choices look at; counts look at all
DIGITS = 5

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
EXPERT_MAPS = {  # name: definition, unit
    "load": ("share of the layer's assignments", "share"),
    "mass": ("share of the layer's gate mass", "share"),
    "mass_per_choice": ("mean combine weight when chosen", "weight"),
    "focus": ("divergence of its domains from the corpus' domains", "bits"),
    "top_domain_times": ("largest share of a domain among its tokens over that of the corpus", "times"),
    "top_tokens_share": ("share of its tokens that are one of its ten most frequent ids", "share"),
}


def overview(atlas: Atlas) -> dict[str, Any]:
    """Returns what the atlas is, and what can be asked of it."""
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
        "ids_only": not atlas.has_weights,
        "labels": {name: found for name, found in labels.items() if set(found) != {""}},
        "expert_maps": {
            name: {"definition": text, "unit": unit} for name, (text, unit) in EXPERT_MAPS.items()
        },
        "metrics": {
            name: METRICS[name].to_json() for name in (*LAYER_COUNTS, *LAYER_ROWS) if name in METRICS
        },
    }


def listed(values: Any) -> Any:
    """Returns an array as lists of short numbers; what is not finite as null."""
    found = np.asarray(values, np.float64).round(DIGITS)
    plain = found.astype(object)
    plain[~np.isfinite(found)] = None
    return plain.tolist()


def layer_metrics(atlas: Atlas) -> dict[str, Any]:
    """Returns every metric of layers: name -> values [L], percentiles over layers, definition and tokens."""
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
    "same_token",
    "different_token",
    "margin",
    "near_ties",
    "score_entropy",
)


def of_rows(atlas: Atlas) -> list[dict[str, float]]:
    """Returns the metrics that look at whole choices, of each layer, over the first `SAMPLE` tokens."""
    found, n, k = [], atlas.shape.experts, atlas.shape.top_k
    ahead: LayerRows | None = None
    for layer in reversed(range(atlas.shape.layers)):
        here = sample(atlas, layer)
        row = of_layer(here, n)
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


def of_layer(rows: LayerRows, n: int) -> dict[str, float]:
    """Returns the metrics of one layer's rows."""
    buckets = position_buckets(rows.position)
    by_bucket = group_counts(rows.experts, buckets, int(buckets.max()) + 1, n)
    found = {
        "token_specialisation": token_specialisation(rows.experts, rows.ids, n),
        "position_specialisation": float(divergence(by_bucket[by_bucket.sum(axis=1) > 0])),
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


def domain_counts(atlas: Atlas, label: str = "domain") -> dict[str, Counts]:
    """Returns the assignments of each value of a label: value -> [L, N]; others do not count."""

    def count() -> dict[str, Counts]:
        values = atlas.documents[label].astype(str)
        names = [name for name in np.unique(values).tolist() if name]
        numbers = np.searchsorted(names, values) if names else np.zeros(len(values), np.int64)
        groups = np.where(values == "", -1, numbers).astype(np.int32)
        totals = np.zeros((len(names), atlas.shape.layers, atlas.shape.experts), np.int64)
        for layer in range(atlas.shape.layers if names else 0):
            for rows in atlas.rows(layer):
                of = groups[np.searchsorted(atlas.documents["doc"], rows.doc)]
                totals[:, layer] += group_counts(rows.experts, of, len(names), atlas.shape.experts)
        return dict(zip(names, totals, strict=True))

    found: dict[str, Counts] = atlas.once(("domains", label), count)
    return found


def expert_map(atlas: Atlas, name: str) -> dict[str, Any]:
    """Returns one metric of every expert: values [L][N], unit, and the tokens behind them.

    Raises ValueError for a name that is none of `EXPERT_MAPS`.
    """
    if name not in EXPERT_MAPS:
        raise ValueError(f"metric: expected one of {', '.join(EXPERT_MAPS)}, got {name[:40]!r}")
    definition, unit = EXPERT_MAPS[name]
    values = listed(map_values(atlas, name))
    return {"name": name, "definition": definition, "unit": unit, "tokens": atlas.tokens, "values": values}


def map_values(atlas: Atlas, name: str) -> Doubles:
    """Returns the values of a map: [L, N]; nan where nothing is known."""
    loads, mass = atlas.load
    unknown = np.full(loads.shape, np.nan)
    if name == "load":
        return balance.shares(loads)
    if name in ("mass", "mass_per_choice"):
        if not atlas.has_weights:
            return unknown
        over = np.maximum(mass.sum(axis=1, keepdims=True), 1e-12) if name == "mass" else np.maximum(loads, 1)
        result: Doubles = mass / over
        return result
    if name == "top_tokens_share":
        return top_token_shares(atlas)
    domains = domain_counts(atlas)
    if len(domains) < 2:
        return unknown
    return domain_values(np.stack(list(domains.values())), name)


def domain_values(counts: Counts, name: str) -> Doubles:
    """Returns focus or top_domain_times from assignments by domain: [G, L, N] -> [L, N]."""
    corpus = counts.sum(axis=2, keepdims=True) / np.maximum(counts.sum(axis=(0, 2), keepdims=True), 1)
    own = counts / np.maximum(counts.sum(axis=0), 1)
    times = own / np.maximum(corpus, 1e-12)
    if name == "top_domain_times":
        most: Doubles = times.max(axis=0)
        return most
    bits: Doubles = (own * np.log2(np.where(times > 0, times, 1))).sum(axis=0)
    return bits


TOP_TEN = """
select layer, expert, sum(n) n from (
  select layer, expert, n, row_number() over (partition by layer, expert order by n desc, token_id) place
  from (select layer, expert, token_id, count(*) n
        from (select layer, token_id, unnest(experts) expert from routing) group by all)
) where place <= 10 group by all
"""


def top_token_shares(atlas: Atlas) -> Doubles:
    """Returns the share of each expert's tokens that are one of its ten most frequent ids: [L, N]."""

    def count() -> Doubles:
        found = atlas.ask(TOP_TEN)
        loads = atlas.load[0]
        counts = np.zeros(loads.shape)
        counts[found["layer"], found["expert"]] = found["n"]
        result: Doubles = counts / np.maximum(loads, 1)
        return result

    shares: Doubles = atlas.once("top_ten", count)
    return shares


def coverage_curves(atlas: Atlas) -> dict[str, Any]:
    """Returns the coverage curve of each layer: [L][N], and what n is that of half of the assignments."""
    curves = coverage(atlas.load[0])
    return {
        "tokens": atlas.tokens,
        "unit": "share of assignments",
        "curves": listed(curves),
        "experts_for_half": ((curves < 0.5).sum(axis=1) + 1).tolist(),
        **METRICS["coverage"].to_json(),
    }


def coactivation_map(atlas: Atlas, layer: int) -> dict[str, Any]:
    """Returns the pairs of one layer: P(b | a) and lift, [N][N]. Raises ValueError outside the model."""
    check_layer(layer, atlas.shape.layers)
    pairs, loads = atlas.coactivation(layer), atlas.load[0][layer]
    return {
        "layer": layer,
        "tokens": atlas.tokens,
        "share": listed(conditional(pairs, loads)),
        "lift": listed(lift(pairs, loads, atlas.tokens)),
        "counts": pairs.tolist(),
        **METRICS["coactivation"].to_json(),
    }


def strongest_flows(atlas: Atlas, layer: int | None = None, most: int = MOST_FLOWS) -> dict[str, Any]:
    """Returns the strongest transitions, of one pair of layers or of all."""
    layers = atlas.shape.layers
    if layer is not None:
        check_layer(layer, layers - 1)
    chosen = range(layers - 1) if layer is None else [layer]
    each = max(1, most // max(1, len(chosen)))
    flows = [flow for at in chosen for flow in flows_of(atlas, at, each)]
    return {"tokens": atlas.tokens, "flows": flows, **METRICS["transitions"].to_json()}


def flows_of(atlas: Atlas, layer: int, most: int) -> list[dict[str, Any]]:
    """Returns the strongest transitions from one layer to the next."""
    counts, loads = atlas.transitions(layer), atlas.load[0]
    order = np.argsort(-counts, axis=None, kind="stable")[:most]
    found = []
    for a, b in zip(*np.unravel_index(order, counts.shape), strict=True):
        count = int(counts[a, b])
        if count:
            expected = max(int(loads[layer, a]) * int(loads[layer + 1, b]), 1)
            found.append(
                {
                    "layer": layer,
                    "from": int(a),
                    "to": int(b),
                    "count": count,
                    "share": round(count / max(int(loads[layer, a]), 1), DIGITS),
                    "lift": round(count * atlas.tokens / expected, DIGITS),
                }
            )
    return found


def check_layer(layer: int, layers: int) -> None:
    """Raises ValueError for a layer that does not exist."""
    if not 0 <= layer < layers:
        raise ValueError(f"layer: expected 0 to {layers - 1}, got {layer}")
