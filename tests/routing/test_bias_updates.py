"""The bias update of DeepSeek-V3: one step by hand, and a skewed layer that evens out."""

import numpy as np
import pytest

from app.metrics.balance import max_violation
from app.routing import ROUTERS, RouterSettings
from app.routing.bias_updates import update, with_updated_bias

EXPERTS, K, TOKENS = 32, 4, 1024


def skewed(seed):
    """Returns logits [T, N] of which some experts get more than others, as in a layer that collapses."""
    random = np.random.default_rng(seed)
    favour = np.random.default_rng(99).normal(0, 0.5, EXPERTS)
    return (favour + random.normal(0, 1, (TOKENS, EXPERTS))).astype(np.float32)


def batches(router, rows, k, rate):
    """Routes one layer's batches [T, N] in turn: yields each bias and the counts that it leads to."""
    bias = np.zeros(EXPERTS, np.float32)
    for logits in rows:
        chosen = router.with_bias(bias[None]).route(logits, k).experts
        counts = np.bincount(chosen.ravel(), minlength=EXPERTS)
        yield bias, counts
        bias = update(bias, counts, rate)


def violation(batch):
    return float(max_violation(batch[1][None])[0])


def test_update_lowers_the_overloaded_and_raises_the_underloaded_by_the_rate():
    bias = update(np.array([0.5, 0, 0, 0], np.float32), np.array([5, 1, 3, 3]), 0.1)
    np.testing.assert_allclose(bias, [0.4, 0.1, 0, 0], atol=1e-7)


@pytest.mark.parametrize("name", ["sigmoid_bias", "softmax_bias"])
def test_skewed_layer_evens_out_batch_after_batch(name):
    """MaxVio of each batch falls; what stays is what chance leaves in a batch of this size."""
    rate = {"sigmoid_bias": 0.01, "softmax_bias": 0.002}[name]
    router = ROUTERS[name].with_settings(RouterSettings(groups=1), EXPERTS, K)
    falls = [violation(batch) for batch in batches(router, map(skewed, range(120)), K, rate)]
    assert falls[0] > 1.5
    assert np.mean(falls[20:30]) < falls[0] / 2
    assert np.mean(falls[-10:]) < 0.35


def test_bias_stays_where_the_load_is_even():
    bias = update(np.zeros(4, np.float32), np.array([2, 2, 2, 2]), 0.1)
    assert bias.tolist() == [0, 0, 0, 0]


def test_settled_router_is_the_last_of_its_batches_in_every_layer():
    logits = np.stack([skewed(0), skewed(1)], axis=1)  # [T, 2, N]
    router = ROUTERS["softmax_bias"]
    biased = with_updated_bias(router, logits, K, updates=5, rate=0.01)
    for layer in range(2):
        *_, last = batches(router, [logits[:, layer]] * 6, K, 0.01)
        assert np.array_equal(biased.bias[layer], last[0])
    assert with_updated_bias(router, logits, K, updates=0, rate=0.01).bias.tolist() == [[0.0] * EXPERTS] * 2


@pytest.mark.parametrize(("k", "groups", "topk_groups"), [(3, 1, 1), (20, 1, 1), (3, 8, 2)])
def test_settled_router_is_the_last_of_its_batches_where_affinities_tie_and_groups_limit(
    k, groups, topk_groups
):
    """Logits of three values: nearly every choice is between equals."""
    logits = np.random.default_rng(0).integers(-1, 2, (40, 2, EXPERTS)).astype(np.float32)
    settings = RouterSettings(groups=groups, topk_groups=topk_groups)
    router = ROUTERS["sigmoid_bias"].with_settings(settings, EXPERTS, k)
    biased = with_updated_bias(router, logits, k, updates=30, rate=0.01)
    for layer in range(2):
        *_, last = batches(router, [logits[:, layer]] * 31, k, 0.01)
        assert np.array_equal(biased.bias[layer], last[0])


def test_weights_are_those_of_the_unbiased_scores_after_any_number_of_updates():
    logits = skewed(0)
    router = with_updated_bias(ROUTERS["softmax_bias"], logits[:, None], K, updates=50, rate=0.01)
    routed = router.route(logits, K)
    plain = ROUTERS["topk"].route(logits, K)
    assert np.array_equal(routed.scores, plain.scores)
    chosen = np.take_along_axis(routed.scores, routed.experts, axis=1)
    np.testing.assert_allclose(routed.weights, chosen / chosen.sum(axis=1, keepdims=True), rtol=1e-5)
