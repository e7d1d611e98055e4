"""Specialisation by group, token id, class and position, against loops and OLMoE's published script."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given

from app.metrics.margins import margins, near_ties, score_entropy
from app.metrics.pruning import kept_experts, reap
from app.metrics.specialisation import (
    bucket_name,
    domain_shares,
    group_counts,
    position_buckets,
    token_specialisation,
)
from app.metrics.token_class import CLASSES, class_of
from app.metrics.token_preference import preference, preferred
from tests.metrics.routings import choices, routings


@given(routings())
def test_counts_by_group_are_those_of_a_loop_and_ungrouped_tokens_count_nowhere(routing):
    experts, n, random = routing
    groups = random.integers(-1, 3, len(experts)).astype(np.int32)
    slow = np.zeros((3, n), int)
    for row, group in zip(experts[:, 0].tolist(), groups.tolist(), strict=True):
        for expert in row:
            if expert >= 0 and group >= 0:
                slow[group, expert] += 1
    found = group_counts(experts[:, 0], groups, 3, n)
    np.testing.assert_array_equal(found, slow)
    tokens = np.array([(groups == g).sum() for g in range(3)])
    assert domain_shares(found, tokens).max(initial=0) <= 1


def olmoe_token_specialisation(ids, experts):
    """run_moe_analysis.py, print_avg with normalize=False: val / (len(exp_ids) // topk), mean over ids."""
    topk = experts.shape[1]
    by_id = defaultdict(list)
    for id, row in zip(ids.tolist(), experts.tolist(), strict=True):
        by_id[id].extend(row)
    return np.mean([Counter(each).most_common(1)[0][1] / (len(each) // topk) for each in by_id.values()])


@pytest.mark.parametrize("k", [1, 2])
def test_token_specialisation_is_that_of_olmoes_script(k):
    random = np.random.default_rng(k)
    experts, ids = choices(random, 300, 1, 8, k, 0)[:, 0], random.integers(0, 20, 300)
    assert token_specialisation(experts, ids, 8) == pytest.approx(olmoe_token_specialisation(ids, experts))
    assert token_specialisation(experts[:0], ids[:0], 8) == 0


def test_positions_fall_into_buckets_of_powers_of_two():
    assert position_buckets(np.arange(9)).tolist() == [0, 1, 2, 2, 3, 3, 3, 3, 4]
    assert [bucket_name(bucket) for bucket in range(5)] == ["0", "1", "2-3", "4-7", "8-15"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" the", "word"),
        ("ing", "piece"),
        ("\n\n", "space"),
        (" 42", "number"),
        ("):", "punctuation"),
        ("x1", "mixed"),
        ("\\xe2\\x80", "bytes"),
        ("<s>", "special"),
        ("[CLS]", "special"),
        ("<", "punctuation"),
        (" été", "word"),
    ],
)
def test_class_of_a_token_follows_from_its_text(text, expected):
    assert class_of(text) == expected
    assert expected in CLASSES


def test_preference_adds_up_to_the_mutual_information_of_tokens_and_experts():
    """sum of count * ln(count / expected) over all cells is T times the mutual information (k = 1)."""
    counts = np.array([[30, 10], [10, 50]])
    score = preference(counts, counts.sum(0), counts.sum(1), 100)
    p = counts / 100
    mutual = (p * np.log(p / (p.sum(0) * p.sum(1)[:, None]))).sum()
    assert score.sum() == pytest.approx(100 * mutual)
    assert preferred(score, 5) == [[0], [1]]


@given(routings())
def test_margin_is_the_last_chosen_score_less_the_best_one_left(routing):
    experts, n, random = routing
    scores = random.random((*experts.shape[:2], n)).astype(np.float32)
    found = margins(scores, experts)
    for at in np.ndindex(experts.shape[:2]):
        chosen = {e for e in experts[at].tolist() if e >= 0}
        left = set(range(n)) - chosen
        if chosen and left:
            expected = min(scores[at][e] for e in chosen) - max(scores[at][e] for e in left)
            assert found[at] == pytest.approx(expected, abs=1e-6)
        else:
            assert np.isposinf(found[at])


def test_near_ties_are_margins_from_zero_to_the_limit():
    assert near_ties(np.array([-0.1, 0.0, 0.01, 0.02, np.inf]), 0.01) == pytest.approx(2 / 5)


def test_entropy_of_scores_is_one_if_even_and_zero_if_certain():
    np.testing.assert_allclose(score_entropy(np.array([[0.2, 0.2], [1, 0], [0, 0]])), [1, 0, 0], atol=1e-6)


def test_keep_list_holds_the_best_of_each_layer_and_never_fewer_than_asked():
    scores = np.array([[0.1, 0.9, 0.5, 0.5], [4, 3, 2, 1]])
    assert kept_experts(scores, 0.5) == [[1, 2], [0, 1]]
    assert kept_experts(scores, 1.0, least=2) == [[1, 2], [0, 1]]
    assert kept_experts(scores, 0.0) == [[0, 1, 2, 3]] * 2
    with pytest.raises(ValueError, match=r"drop: expected a share in 0\.\.1, got 1.5"):
        kept_experts(scores, 1.5)


def test_reap_is_a_mean_over_the_tokens_of_an_expert():
    assert reap(np.array([6.0, 0.0]), np.array([3, 0])).tolist() == [2, 0]
