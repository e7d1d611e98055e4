"""Compares two atlases of models of one shape: divergence of loads, and flipped tokens."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...metrics.divergence import divergence, flip_share, flipped, overlap
from ...metrics.registry import METRICS
from ...metrics.saturation import saturation
from ...trace import Ints
from ..dataset.manifest import AtlasError
from ..dataset.queries import Atlas
from .expert_maps import listed


def compare(one: Atlas, other: Atlas) -> dict[str, Any]:
    """Returns the divergence of loads per layer; for the same corpus also flips, overlap and saturation.

    `tokens_flipped`: share of tokens that flip in at least one layer. Raises AtlasError if the numbers of
    layers or experts differ.
    """
    shapes = [(atlas.shape.layers, atlas.shape.experts) for atlas in (one, other)]
    if shapes[0] != shapes[1]:
        raise AtlasError(f"other: expected {shapes[0]} layers and experts, got {shapes[1]}")
    apart = divergence(np.stack([one.load[0], other.load[0]]))
    same = same_tokens(one, other)
    return {
        "tokens": one.tokens,
        "other_tokens": other.tokens,
        "divergence": listed(apart),
        "divergence_about": METRICS["divergence"].to_json(),
        "same_corpus": same,
        **(token_by_token(one, other) if same else {}),
    }


def same_tokens(one: Atlas, other: Atlas) -> bool:
    """Returns whether both hold the same tokens in the same order and the same parts."""
    known, more = one.manifest, other.manifest
    return (
        bool(known.corpus.get("digest"))
        and known.corpus.get("digest") == more.corpus.get("digest")
        and [(part.number, part.tokens) for part in known.parts]
        == [(part.number, part.tokens) for part in more.parts]
        and np.array_equal(one.occurrences, other.occurrences)
    )


def token_by_token(one: Atlas, other: Atlas) -> dict[str, Any]:
    """Returns flips, overlap and saturation of each layer, weighed over parts by their tokens."""
    sums: dict[str, list[float]] = {"flips": [], "overlap": [], "saturation": []}
    moved: list[Ints] = []
    for layer in range(one.shape.layers):
        parts = list(zip(one.experts(layer), other.experts(layer), strict=True))
        sizes = [len(here) for here, _ in parts]
        for name, measure in (("flips", flip_share), ("overlap", overlap)):
            values = [float(measure(here, there)) for here, there in parts]
            sums[name].append(float(np.average(values, weights=sizes)))
        shared = [float(saturation(here[:, None], there[:, None])[0]) for here, there in parts]
        sums["saturation"].append(float(np.average(shared, weights=sizes)))
        moved.append(np.concatenate([flipped(here, there) for here, there in parts]).astype(np.int32))
    flips = np.stack(moved)  # [L, T]
    return {
        **{name: listed(values) for name, values in sums.items()},
        "tokens_flipped": round(float(flips.any(axis=0).mean()), 5),
        "flips_about": METRICS["flips"].to_json(),
    }
