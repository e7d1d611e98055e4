"""A corpus as the 3D scene draws it: how high each tower is, and the strongest flows between rings."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dataset.queries import Atlas
from .expert_maps import listed

MOST_FLOWS = 2000  # of all layers together: what the scene has room for
FLOWS_AN_EXPERT = 4  # of one layer, on average


def scene(atlas: Atlas) -> dict[str, Any]:
    """Returns loads [L][N] as multiples of the even share, and flows [F][4]: layer, from, to, tokens.

    Layers and experts count from 0. The flows of a layer are the pairs (from here, to in the next) that most
    tokens chose.
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
    """Returns the flows from a layer to the next that most tokens take, the strongest first."""
    counts = atlas.transitions(layer)
    order = np.argsort(-counts, axis=None, kind="stable")[:most]
    pairs = zip(*np.unravel_index(order, counts.shape), strict=True)
    return [[layer, int(a), int(b), int(counts[a, b])] for a, b in pairs if counts[a, b]]
