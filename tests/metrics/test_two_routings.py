"""Flips, overlap, saturation and the same token twice, against sets and OLMoE's published script."""

import numpy as np
import pytest
from hypothesis import given

from app.metrics.divergence import flip_share, overlap
from app.metrics.same_token import same_token, weighted_jaccard
from app.metrics.saturation import saturation
from tests.metrics.routings import choices, routings


@given(routings())
def test_flips_and_overlap_are_those_of_sets(routing):
    one, n, random = routing
    other = choices(random, len(one), one.shape[1], n, one.shape[2])
    sets = [
        [({e for e in a if e >= 0}, {e for e in b if e >= 0}) for a, b in zip(x, y, strict=True)]
        for x, y in zip(one.tolist(), other.tolist(), strict=True)
    ]
    flips = np.mean([[a != b for a, b in token] for token in sets], axis=0)
    shared = np.mean([[len(a & b) / len(a | b) if a | b else 1 for a, b in token] for token in sets], axis=0)
    np.testing.assert_allclose(flip_share(one, other), flips)
    np.testing.assert_allclose(overlap(one, other), shared)


def olmoe_saturation(final, early, k):
    """run_moe_analysis.py, compare_with_early_results: k = 1 compares the first choice, else sets over k."""
    layers = final.shape[1]
    if k == 1:
        return [np.mean(final[:, layer, 0] == early[:, layer, 0]) for layer in range(layers)]
    return [
        np.mean(
            [
                len(set(a) & set(b)) / k
                for a, b in zip(final[:, i].tolist(), early[:, i].tolist(), strict=True)
            ]
        )
        for i in range(layers)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_saturation_is_that_of_olmoes_script(seed):
    random = np.random.default_rng(seed)
    final, early = (choices(random, 50, 3, 8, 3, 0) for _ in range(2))
    np.testing.assert_allclose(saturation(early, final), olmoe_saturation(final, early, 3))
    np.testing.assert_allclose(saturation(early, final, first_alone=True), olmoe_saturation(final, early, 1))
    assert saturation(final, final).tolist() == [1, 1, 1]


def test_weighted_jaccard_is_the_sum_of_minima_over_that_of_maxima():
    index = weighted_jaccard(
        np.array([[0, 1], [0, 1], [-1, -1]]),
        np.array([[0.75, 0.25], [0.5, 0.5], [9, 9]]),
        np.array([[1, 0], [2, 3], [-1, -1]]),
        np.array([[0.5, 0.5], [0.5, 0.5], [9, 9]]),
    )
    np.testing.assert_allclose(index, [0.75 / 1.25, 0, 1])


@given(routings())
def test_weighted_jaccard_is_that_of_dense_vectors(routing):
    experts, n, random = routing
    weights = random.random(experts.shape).astype(np.float32)
    dense = np.zeros((*experts.shape[:2], n))
    for at in np.ndindex(experts.shape):
        if experts[at] >= 0:
            dense[(*at[:2], experts[at])] = weights[at]
    low, high = np.minimum(dense[:, 0], dense[:, 1]).sum(-1), np.maximum(dense[:, 0], dense[:, 1]).sum(-1)
    expected = np.where(high > 0, low / np.where(high > 0, high, 1), 1)
    found = weighted_jaccard(experts[:, 0], weights[:, 0], experts[:, 1], weights[:, 1])
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_token_that_always_goes_the_same_way_is_told_from_one_that_does_not():
    ids = np.array([7, 8, 7, 8])
    experts = np.array([[0], [1], [0], [2]])
    found = same_token(experts, np.ones((4, 1)), ids)
    assert (found["same"], found["pairs"]) == (0.5, 2)
    assert same_token(experts[:1], np.ones((1, 1)), ids[:1]) == {"same": 0, "different": 0, "pairs": 0}
