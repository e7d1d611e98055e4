"""Properties of all routers for any logits, N and k."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.routing import DEFAULT_ROUTER, ROUTERS, find_router, top_k

LOGITS = st.floats(-30, 30, width=32)


@st.composite
def batches(draw):
    """Returns logits [T, N] and a k that fits."""
    experts = draw(st.integers(2, 40))
    tokens = draw(st.integers(1, 12))
    logits = draw(arrays(np.float32, (tokens, experts), elements=LOGITS))
    return logits, draw(st.integers(1, experts))


EMPTY_CHOICES = {"zero_experts", "skip_expert"}
WEIGHTS_ARE_SCORES = {"topk", "sigmoid_top1", "group_limited", *EMPTY_CHOICES}
PER_TOKEN = [router for router in ROUTERS.values() if not router.whole_batch]


def fits(router, k):
    return router.fixed_k in (None, k)


@given(batches())
def test_router_returns_distinct_ids_and_weights_that_sum_as_promised(batch):
    logits, k = batch
    for router in filter(lambda router: fits(router, k), PER_TOKEN):
        routed = router.route(logits, k)
        assert routed.experts.dtype == np.int32
        assert routed.scores.dtype == routed.weights.dtype == np.float32
        there = routed.experts >= 0
        assert all(len(set(row[row >= 0])) == np.sum(row >= 0) for row in routed.experts)
        assert there.all() or router.name in EMPTY_CHOICES
        sums = routed.weights.sum(axis=-1)
        chosen = (np.take_along_axis(routed.scores, routed.experts, -1) * there).sum(-1)
        whole = np.minimum(chosen * 1e20, 1)  # sigmoid_bias: all of them may be 0
        if router.name == "sigmoid_joint":
            assert (sums <= 1 + 1e-5).all()
        elif router.name != "topk_norm_scaled":
            expected = chosen if router.name in WEIGHTS_ARE_SCORES else whole
            np.testing.assert_allclose(sums, expected, atol=1e-5)


@given(batches())
def test_router_puts_no_unchosen_expert_above_a_chosen_one(batch):
    logits, k = batch
    routed = ROUTERS[DEFAULT_ROUTER].route(logits, k)
    for scores, chosen in zip(routed.scores, routed.experts, strict=True):
        assert np.all(np.diff(scores[chosen]) <= 0)
        assert np.delete(scores, chosen).max(initial=0) <= scores[chosen].min()


@given(batches(), st.randoms(use_true_random=False))
def test_router_follows_a_permutation_of_the_experts_where_none_tie(batch, random):
    logits, k = batch
    order = list(range(logits.shape[1]))
    random.shuffle(order)
    here = ROUTERS[DEFAULT_ROUTER].route(logits, k)
    there = ROUTERS[DEFAULT_ROUTER].route(logits[:, order], k)
    for t in range(len(logits)):
        if len(set(here.scores[t].tolist())) == logits.shape[1]:
            assert [order[e] for e in there.experts[t]] == here.experts[t].tolist()


@given(batches(), st.data())
def test_router_returns_the_same_bytes_when_the_batch_comes_in_chunks(batch, data):
    logits, k = batch
    cut = data.draw(st.integers(0, len(logits)))
    for router in filter(lambda router: fits(router, k), PER_TOKEN):
        whole = router.route(logits, k)
        starts = ((0, logits[:cut]), (cut, logits[cut:]))
        parts = [router.route(part, k, start=start) for start, part in starts if len(part)]
        for column in ("scores", "experts", "weights"):
            joined = np.concatenate([getattr(part, column) for part in parts])
            assert joined.tobytes() == getattr(whole, column).tobytes()


@settings(max_examples=30)
@given(st.integers(2, 40), st.data())
def test_router_takes_the_lower_id_first_when_experts_tie(experts, data):
    k = data.draw(st.integers(1, experts))
    routed = ROUTERS[DEFAULT_ROUTER].route(np.zeros((3, experts), np.float32), k)
    assert routed.experts.tolist() == [list(range(k))] * 3


@given(batches())
def test_best_agrees_between_passes_and_sort_for_any_k(batch):
    values, k = batch
    by_sort = np.argsort(-values, axis=-1, kind="stable")[:, :k]
    assert top_k(values, k).tolist() == by_sort.tolist()


def test_router_survives_logits_that_overflow_a_naive_softmax():
    routed = ROUTERS[DEFAULT_ROUTER].route(np.array([[1e4, -1e4, 9999.0]], np.float32), 2)
    assert routed.experts.tolist() == [[0, 2]]
    np.testing.assert_allclose(routed.weights, [[0.7310586, 0.2689414]], rtol=1e-5)


@pytest.mark.parametrize("k", [0, 9, -1])
def test_router_refuses_a_k_that_does_not_fit_and_says_what_does(k):
    with pytest.raises(ValueError, match=f"k: expected 1 to 8, got {k}; choose fewer experts"):
        ROUTERS[DEFAULT_ROUTER].route(np.zeros((1, 8), np.float32), k)


def test_reader_of_an_unknown_router_name_learns_the_known_ones():
    with pytest.raises(ValueError, match=r"router: expected one of topk_norm, topk.*got 'best'"):
        find_router("best")
