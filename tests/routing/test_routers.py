"""Every router of the literature against a slow loop written from its paper."""

from collections import Counter

import numpy as np
import pytest

from app.metrics.balance import max_violation
from app.metrics.counts import counts
from app.routing import ROUTERS, RouterSettings
from app.routing.assignment import base, expert_choice
from app.routing.capacity import gshard, st_moe, switch
from app.routing.hash_table import hash_routing, random_table
from app.routing.joint import joint_sigmoid, topk_norm_scaled
from app.routing.router_settings import capacity_of
from app.routing.sigmoid import sigmoid_bias, sigmoid_top1
from app.routing.softmax import group_limited, noisy_topk, softmax_after, softmax_bias, topk, topk_norm
from app.routing.sqrt_softplus import sqrt_softplus_bias
from app.routing.zero_experts import softmax_with_zeros
from tests.routing import reference_routers as slow
from tests.trace_factory import trace_of

SHAPES = [(1, 8), (24, 8), (7, 16), (40, 64)]


def batch(tokens, experts, seed=0, spread=2.0):
    return np.random.default_rng(seed).normal(0, spread, (tokens, experts)).astype(np.float32)


def assert_same(routed, expected):
    scores, tokens = expected
    np.testing.assert_allclose(routed.scores, scores, atol=2e-6)
    for t, token in enumerate(tokens):
        width = routed.experts.shape[1]
        padded = token + [(-1, 0.0, False)] * (width - len(token))
        assert routed.experts[t].tolist() == [expert for expert, _, _ in padded]
        np.testing.assert_allclose(routed.weights[t], [weight for _, weight, _ in padded], atol=2e-5)
        dropped = [False] * width if routed.dropped is None else routed.dropped[t].tolist()
        assert dropped == [drop for _, _, drop in padded]


@pytest.mark.parametrize("k", [1, 2, 4, 8])
@pytest.mark.parametrize("size", SHAPES)
@pytest.mark.parametrize(
    ("router", "oracle"),
    [(topk, slow.topk), (topk_norm, slow.topk_norm), (softmax_after, slow.softmax_after)],
    ids=lambda f: f.__name__,
)
def test_softmax_router_agrees_with_the_slow_loop(router, oracle, size, k):
    logits = batch(*size)
    assert_same(router(logits, k), oracle(logits.tolist(), k))


@pytest.mark.parametrize("k", [1, 2, 4])
def test_noisy_topk_agrees_with_the_slow_loop(k):
    logits, noise = batch(30, 16), batch(30, 16, seed=1, spread=0.7)
    assert_same(noisy_topk(logits, k, noise), slow.noisy_topk(logits.tolist(), k, noise.tolist()))


@pytest.mark.parametrize("size", SHAPES)
def test_sigmoid_top1_agrees_with_the_slow_loop(size):
    logits = batch(*size)
    assert_same(sigmoid_top1(logits), slow.sigmoid_top1(logits.tolist()))


def test_sigmoid_top1_chooses_by_the_logit_where_sigmoids_are_equal_in_float32():
    routed = sigmoid_top1(np.array([[30.0, 40.0, 35.0]], np.float32))
    assert routed.experts.tolist() == [[1]]


@pytest.mark.parametrize(("groups", "kept", "k"), [(8, 3, 6), (4, 2, 2), (1, 1, 4), (8, 8, 8)])
def test_group_limited_agrees_with_the_slow_loop(groups, kept, k):
    logits = batch(40, 64)
    expected = slow.group_limited(logits.tolist(), k, groups, kept, 16.0)
    assert_same(group_limited(logits, k, groups, kept, 16.0), expected)


@pytest.mark.parametrize(("groups", "kept", "k"), [(8, 4, 8), (4, 2, 2), (1, 1, 4), (8, 8, 8)])
@pytest.mark.parametrize("shift", [0.0, -1.5])
def test_sigmoid_bias_agrees_with_the_slow_loop(groups, kept, k, shift):
    """At a bias of -1.5 every s + b is below 0: a mask of 0 instead of -inf would pick wrong groups."""
    logits, bias = batch(40, 64), batch(1, 64, seed=2, spread=0.2)[0] + np.float32(shift)
    expected = slow.sigmoid_bias(logits.tolist(), k, bias.tolist(), groups, kept, 2.5)
    assert_same(sigmoid_bias(logits, k, bias, groups, kept, 2.5), expected)


def test_sigmoid_bias_lets_the_bias_choose_and_not_weigh():
    logits = np.zeros((1, 4), np.float32)
    routed = sigmoid_bias(logits, 2, np.array([0, 0, 0.3, 0.1], np.float32))
    assert routed.experts.tolist() == [[2, 3]]
    assert routed.weights.tolist() == [[0.5, 0.5]]
    assert routed.scores.tolist() == [[0.5] * 4]


@pytest.mark.parametrize("k", [1, 2, 6])
def test_softmax_bias_agrees_with_the_slow_loop(k):
    logits, bias = batch(40, 64), batch(1, 64, seed=2, spread=0.05)[0]
    assert_same(softmax_bias(logits, k, bias), slow.softmax_bias(logits.tolist(), k, bias.tolist()))


@pytest.mark.parametrize("k", [1, 2, 6])
def test_sqrt_softplus_bias_agrees_with_the_slow_loop(k):
    logits, bias = batch(40, 64), batch(1, 64, seed=2, spread=0.2)[0]
    expected = slow.sqrt_softplus_bias(logits.tolist(), k, bias.tolist(), 2.5)
    assert_same(sqrt_softplus_bias(logits, k, bias, 2.5), expected)


@pytest.mark.parametrize("level", [-300.0, 300.0])
def test_sqrt_softplus_stays_finite_at_logits_where_exp_does_not(level):
    routed = sqrt_softplus_bias(np.full((2, 8), level, np.float32), 2, np.zeros(8, np.float32))
    assert np.isfinite(routed.scores).all() and np.isfinite(routed.weights).all()


@pytest.mark.parametrize("k", [1, 2, 6])
def test_hash_routing_agrees_with_the_slow_loop(k):
    logits, ids = batch(40, 16), np.random.default_rng(4).integers(0, 9, 40).astype(np.int32)
    table = random_table(np.arange(9, dtype=np.int32), 16, k, seed=0, layer=3)
    expected = slow.hash_routing(logits.tolist(), table.tolist(), ids.tolist(), 1.5)
    assert_same(hash_routing(logits, table[ids], 1.5), expected)


def test_hash_router_sends_a_token_id_to_the_same_distinct_experts_wherever_it_stands():
    ids = np.array([5, 7, 5, 9, 7, 5], np.int32)
    router = ROUTERS["hash"].with_token_ids(ids)
    experts = router.route(batch(6, 32), 4, layer=1).experts
    assert experts[0].tolist() == experts[2].tolist() == experts[5].tolist() != experts[1].tolist()
    assert all(len(set(row)) == 4 for row in experts.tolist())
    assert not np.array_equal(experts, router.route(batch(6, 32), 4, layer=2).experts)


def test_random_table_uses_all_experts_about_equally_often():
    table = random_table(np.arange(20_000, dtype=np.int32), 16, 2, seed=1, layer=0)
    counts = np.bincount(table.ravel(), minlength=16)
    assert abs(counts - 2500).max() < 5 * 2500**0.5


@pytest.mark.parametrize(("k", "zeros"), [(1, 1), (6, 1), (6, 32), (12, 32)])
def test_softmax_with_zeros_agrees_with_the_slow_loop(k, zeros):
    logits, bias = batch(40, 64 + zeros), batch(1, 64 + zeros, seed=2, spread=0.02)[0]
    routed = softmax_with_zeros(logits, k, zeros, bias, 6.0)
    assert_same(routed, slow.softmax_with_zeros(logits.tolist(), k, zeros, bias.tolist(), 6.0))


def test_zero_experts_leave_a_token_fewer_experts_than_k_and_skip_leaves_it_none():
    logits = batch(200, 16)
    some = (ROUTERS["zero_experts"].route(logits, 4).experts >= 0).sum(axis=1)
    assert some.min() < 4 and some.max() == 4
    assert set((ROUTERS["skip_expert"].route(logits, 1).experts >= 0).sum(axis=1)) == {0, 1}


@pytest.mark.parametrize("k", [1, 6])
def test_joint_sigmoid_agrees_with_the_slow_loop_and_all_weights_sum_to_the_scale(k):
    logits, shared, bias = batch(40, 64), batch(40, 2, seed=1), batch(1, 64, seed=2, spread=0.2)[0]
    routed, beside = joint_sigmoid(logits, shared, k, bias, 2.5)
    expected, expected_beside = slow.sigmoid_joint(logits.tolist(), shared.tolist(), k, bias.tolist(), 2.5)
    assert_same(routed, expected)
    np.testing.assert_allclose(beside, expected_beside, atol=2e-6)
    np.testing.assert_allclose(routed.weights.sum(1) + beside.sum(1), 2.5, rtol=1e-5)


def test_topk_norm_scaled_agrees_with_the_slow_loop():
    logits, scales = batch(40, 64), np.exp(batch(1, 64, seed=2, spread=0.3)[0])
    expected = slow.topk_norm_scaled(logits.tolist(), 8, scales.tolist())
    assert_same(topk_norm_scaled(logits, 8, scales), expected)


@pytest.mark.parametrize("capacity", [1, 2, 5, 100])
@pytest.mark.parametrize(("k", "router"), [(1, switch), (2, st_moe)])
def test_capacity_router_agrees_with_the_slow_loop(k, router, capacity):
    logits = batch(40, 8)
    assert_same(router(logits, capacity), slow.queueing(logits.tolist(), k, capacity))


@pytest.mark.parametrize("capacity", [1, 5, 10, 100])
def test_gshard_agrees_with_algorithm_1_line_by_line(capacity):
    logits = batch(60, 8)
    draws = np.random.default_rng(3).random(60).astype(np.float32)
    routed = gshard(logits, capacity, draws)
    assert_same(routed, slow.gshard(logits.tolist(), capacity, draws.tolist()))
    assert (routed.experts == -1).any()


@pytest.mark.parametrize("size", SHAPES)
@pytest.mark.parametrize("k", [1, 2, 3])
def test_expert_choice_agrees_with_the_slow_loop(size, k):
    logits = batch(*size)
    tokens, experts = logits.shape
    capacity = capacity_of(tokens, experts, k)
    assert_same(expert_choice(logits, k, capacity), slow.expert_choice(logits.tolist(), capacity))


@pytest.mark.parametrize(("tokens", "experts"), [(6, 2), (6, 3), (8, 4), (6, 6)])
@pytest.mark.parametrize("seed", range(4))
def test_base_finds_the_best_of_all_balanced_assignments(tokens, experts, seed):
    logits = batch(tokens, experts, seed)
    routed = base(logits, 1)
    assert set(Counter(routed.experts[:, 0].tolist()).values()) == {tokens // experts}
    found = float(np.take_along_axis(logits, routed.experts, 1).sum())
    assert found == pytest.approx(slow.best_balanced_sum(logits.tolist()), abs=1e-4)
    np.testing.assert_allclose(
        routed.weights[:, 0],
        [slow.sigmoid(x) for x in logits[range(tokens), routed.experts[:, 0]].tolist()],
        atol=1e-6,
    )


@pytest.mark.parametrize(("tokens", "experts", "k"), [(520, 8, 1), (513, 16, 1), (600, 64, 2)])
@pytest.mark.parametrize("skew", [0, 20])
def test_base_of_a_large_batch_is_what_the_solver_finds_without_prices(monkeypatch, tokens, experts, k, skew):
    logits = batch(tokens, experts) + np.linspace(0, skew, experts, dtype=np.float32)
    routed = base(logits, k)
    monkeypatch.setattr("app.routing.assignment.FEW", tokens)
    np.testing.assert_array_equal(routed.experts, base(logits, k).experts)


@pytest.mark.parametrize("tokens", [1, 2, 3, 5, 11, 24])
@pytest.mark.parametrize("experts", [2, 3, 8, 64])
@pytest.mark.parametrize("k", [1, 2])
def test_base_gives_distinct_experts_and_a_load_as_even_as_can_be(tokens, experts, k):
    logits = batch(tokens, experts) + np.linspace(0, 20, experts, dtype=np.float32)  # all want the last ones
    chosen = base(logits, k).experts
    assert all(len(set(row)) == k for row in chosen.tolist())
    assert np.bincount(chosen.ravel(), minlength=experts).max() <= -(-tokens * k // experts)


@pytest.mark.parametrize("router", ["base", "expert_choice"])
@pytest.mark.parametrize(
    ("tokens", "experts", "k"), [(8, 8, 1), (24, 8, 2), (12, 8, 2), (32, 64, 2), (256, 64, 4)]
)
def test_balanced_router_has_no_violation_where_the_choices_divide_by_the_experts(router, tokens, experts, k):
    logits = batch(tokens, experts) + np.linspace(0, 9, experts, dtype=np.float32)
    chosen = ROUTERS[router].route(logits, k).experts
    trace = trace_of(chosen[:, None, :], experts, k=k)
    assert max_violation(counts(trace)).tolist() == [0]
    free = trace_of(ROUTERS["topk_norm"].route(logits, k).experts[:, None, :], experts)
    assert max_violation(counts(free))[0] > 1


def test_capacity_is_the_share_of_the_batch_times_the_factor_rounded_down_and_at_least_1():
    assert [capacity_of(t, 8, f) for t, f in [(11, 1.25), (64, 1.25), (63, 1.0), (1, 1.0)]] == [
        1,
        10,
        7,
        1,
    ]


def test_token_over_capacity_is_marked_and_weighs_nothing():
    logits = np.array([[5, 0, 0], [4, 0, 0], [3, 0, 0], [0, 1, 0]], np.float32)
    routed = switch(logits, 2)
    assert routed.dropped.tolist() == [[False], [False], [True], [False]]
    assert routed.experts.tolist() == [[0], [0], [0], [1]]
    assert routed.weights[2].tolist() == [0]


def test_first_choices_queue_before_second_choices_of_earlier_tokens():
    """Token 0 wants expert 1 second, token 1 wants it first: with one seat token 1 has it."""
    logits = np.array([[3, 2, 0], [0, 3, 2]], np.float32)
    assert st_moe(logits, 1).dropped.tolist() == [[False, True], [False, False]]


@pytest.mark.parametrize("name", ROUTERS)
def test_router_names_its_paper_and_routes_a_batch_with_its_defaults(name):
    router = ROUTERS[name]
    assert router.name == name and router.source
    k = router.fixed_k or 2
    routed = router.route(batch(24, 16), k)
    assert routed.scores.shape == (24, 16)
    assert routed.experts.shape == routed.weights.shape
    assert routed.experts.shape[1] == k or router.varies
    assert {routed.scores.dtype, routed.weights.dtype} == {np.dtype(np.float32)}
    assert routed.experts.dtype == np.int32
    assert (routed.scores >= 0).all() and (routed.scores <= 1).all()
    empty = routed.experts < 0
    gone = empty if routed.dropped is None else empty | routed.dropped
    assert (routed.weights[gone] == 0).all() and (routed.weights[~gone] > 0).all()


@pytest.mark.parametrize("name", [name for name, router in ROUTERS.items() if router.fixed_k])
def test_router_that_forces_a_k_refuses_another_and_names_it(name):
    router = ROUTERS[name]
    with pytest.raises(ValueError, match=f"k: expected {router.fixed_k} with router {name}, got 3"):
        router.route(batch(4, 8), 3)


@pytest.mark.parametrize("name", ["noisy_topk", "gshard"])
def test_seeded_router_repeats_itself_and_differs_by_seed_and_layer(name):
    router, logits = ROUTERS[name], batch(50, 8)
    other = router.with_settings(RouterSettings(seed=1), 8, 2)
    first = router.route(logits, 2)
    assert np.array_equal(first.experts, router.route(logits, 2).experts)
    assert not np.array_equal(first.experts, other.route(logits, 2).experts)
    assert not np.array_equal(first.experts, router.route(logits, 2, layer=1).experts)


def test_noise_is_that_of_a_standard_normal_times_the_setting():
    router = ROUTERS["noisy_topk"].with_settings(RouterSettings(noise=2.0), 64, 2)
    scores = router.route(np.zeros((4096, 64), np.float32), 2).scores.astype(np.float64)
    logs = np.log(scores)
    noise = logs - logs.mean(axis=1, keepdims=True)
    assert noise.std() == pytest.approx(2.0, rel=0.02)
    assert np.mean(np.abs(noise) < 2.0) == pytest.approx(0.683, abs=0.01)


def test_base_chooses_every_expert_where_k_is_n():
    for seed in range(12):
        chosen = base(batch(24, 16, seed), 16).experts
        assert np.sort(chosen, axis=-1).tolist() == [list(range(16))] * 24
