"""A corpus for the 3D scene: the height of each tower, and the strongest flows between rings."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dataset.queries import Atlas
from .expert_maps import listed

MOST_FLOWS = 2000  # limit over all layers, set by the scene
FLOWS_AN_EXPERT = 4  # average limit per expert of a layer


def scene(atlas: Atlas) -> dict[str, Any]:
    """Returns loads [L][N] as multiples of the uniform share, and flows [F][4]: layer, from, to, tokens.

    Layers and experts count from 0. The flows of a layer are the pairs of (expert here, expert in the next
    layer) that most tokens chose.
    """
    loads, shape = atlas.load[0], atlas.shape
    even = loads.sum(axis=1, keepdims=True) / shape.experts
    each = min(FLOWS_AN_EXPERT * shape.experts, MOST_FLOWS // max(1, shape.layers - 1))
    return {
        "corpus": str(atlas.manifest.corpus.get("name", "")),
        "model": str(atlas.manifest.model.get("name", "")),
        "tokens": atlas.tokens,
        "documents": atlas.manifest.documents,
        "loads": listed(loads / np.maximum(even, 1)),
        "flows": [flow for layer in range(shape.layers - 1) for flow in strongest(atlas, layer, each)],
    }


def strongest(atlas: Atlas, layer: int, most: int) -> list[list[int]]:
    """Returns the flows from a layer to the next with the most tokens, in descending order."""
    counts = atlas.transitions(layer)
    order = np.argsort(-counts, axis=None, kind="stable")[:most]
    pairs = zip(*np.unravel_index(order, counts.shape), strict=True)
    return [[layer, int(a), int(b), int(counts[a, b])] for a, b in pairs if counts[a, b]]
