"""Co-activation, transitions and what they predict, against loops and OLMoE's published script."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given

from app.metrics.coactivation import conditional, lift, neighbour_pairs, pair_counts
from app.metrics.counts import expert_counts
from app.metrics.transitions import (
    cosine,
    predicted,
    rank_correlation,
    recall,
    recall_ahead,
    transition_counts,
)
from tests.metrics.routings import choices, routings


@given(routings())
def test_pairs_are_those_of_a_loop_over_all_pairs_of_choices(routing):
    experts, n, _ = routing
    slow = np.zeros((n, n), int)
    for row in experts[:, 0].tolist():
        chosen = [expert for expert in row if expert >= 0]
        for a in chosen:
            for b in chosen:
                slow[a, b] += a != b
    np.testing.assert_array_equal(pair_counts(experts[:, 0], n), slow)


@given(routings())
def test_neighbour_pairs_are_those_of_olmoes_script_which_differ_from_its_text(routing):
    """run_moe_analysis.py, do_correlation_analysis: `pairwise(indices)`, counted both ways."""
    experts, n, _ = routing
    pairs: Counter[tuple[int, int]] = Counter()
    for row in experts[:, 0].tolist():
        for a, b in pairwise(row):
            if a >= 0 and b >= 0:
                pairs[a, b] += 1
                pairs[b, a] += 1
    slow = np.array([[pairs[a, b] for b in range(n)] for a in range(n)])
    np.testing.assert_array_equal(neighbour_pairs(experts[:, 0], n), slow)


def test_the_script_and_the_text_of_olmoe_agree_for_two_choices_and_not_for_three():
    two, three = np.array([[0, 1], [2, 0]]), np.array([[0, 1, 2]])
    np.testing.assert_array_equal(pair_counts(two, 3), neighbour_pairs(two, 3))
    assert pair_counts(three, 3)[0, 2] == 1
    assert neighbour_pairs(three, 3)[0, 2] == 0


@given(routings())
def test_share_and_lift_of_pairs_are_ratios_of_counts(routing):
    experts, n, _ = routing
    pairs, loads = pair_counts(experts[:, 0], n), expert_counts(experts[:, 0], n)
    share, times = conditional(pairs, loads), lift(pairs, loads, len(experts))
    for a in range(n):
        for b in range(n):
            assert share[a, b] == (pairs[a, b] / loads[a] if loads[a] else 0)
            if loads[a] and loads[b]:
                assert times[a, b] == pytest.approx(pairs[a, b] * len(experts) / loads[a] / loads[b])


@given(routings())
def test_transitions_are_those_of_a_loop_over_both_layers(routing):
    experts, n, _ = routing
    slow = np.zeros((n, n), int)
    for here, ahead in experts.tolist():
        for a in here:
            for b in ahead:
                if a >= 0 and b >= 0:
                    slow[a, b] += 1
    np.testing.assert_array_equal(transition_counts(experts[:, 0], experts[:, 1], n), slow)


@given(routings())
def test_prediction_takes_the_largest_sums_of_rates(routing):
    experts, n, random = routing
    rates = random.random((n, n))
    for row, guess in zip(experts[:, 0].tolist(), predicted(experts[:, 0], rates, 2).tolist(), strict=True):
        sums = np.sum([rates[a] for a in row if a >= 0], axis=0) if max(row) >= 0 else np.zeros(n)
        best = sorted(sums[guess], reverse=True)
        np.testing.assert_allclose(best, sorted(sums, reverse=True)[:2], rtol=1e-5)


def test_a_layer_that_repeats_the_one_below_is_predicted_whole_and_an_independent_one_is_not():
    random = np.random.default_rng(0)
    here = choices(random, 4000, 1, 16, 2, 0)[:, 0]
    told = recall_ahead(here, (here + 5) % 16, 16, 2)
    blind = recall_ahead(here, choices(random, 4000, 1, 16, 2, 0)[:, 0], 16, 2)
    assert told["recall"] == 1 and told["cosine"] == pytest.approx(1) and told["spearman"] == pytest.approx(1)
    assert blind["recall"] == pytest.approx(2 / 16, abs=0.02)
    assert told["recall_by_load"] == pytest.approx(2 / 16, abs=0.03)


def test_recall_counts_true_choices_that_the_guess_holds():
    assert recall(np.array([[0, 1], [2, 3]]), np.array([[1, 5], [-1, 2]])) == pytest.approx(2 / 3)
    assert recall(np.array([[0]]), np.array([[-1]])) == 1


def test_similarity_of_an_empty_or_constant_vector_is_zero():
    assert cosine(np.array([0, 0]), np.array([1, 2])) == 0
    assert rank_correlation(np.array([1, 1]), np.array([1, 2])) == 0
