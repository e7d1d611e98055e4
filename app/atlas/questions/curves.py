"""Curves and pairs of an atlas as JSON: coverage, co-activation, flows from layer to layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...metrics.coactivation import conditional, lift
from ...metrics.coverage import coverage
from ...metrics.registry import METRICS
from ..dataset.queries import Atlas
from .expert_maps import DIGITS, listed

MOST_FLOWS = 400


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
    """Returns P(b | a) and lift of the pairs of one layer, [N][N]. Raises ValueError for an unknown layer."""
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
    """Returns the strongest transitions between two adjacent layers, or between all."""
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
