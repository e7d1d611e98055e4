"""Settings of routers: checked against N and k, with the field, what was expected and what was found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.routing import ROUTERS, BadSetting, RouterSettings


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("switch", {"capacity": 0}, "capacity: expected a number from 0.05 to 512, got 0"),
        ("switch", {"capacity": float("nan")}, "capacity: expected a number from 0.05 to 512, got nan"),
        ("noisy_topk", {"noise": -1}, "noise: expected a number from 0 to 10, got -1"),
        ("gshard", {"seed": -1}, "seed: expected a number from 0 to 4294967295, got -1"),
        ("sigmoid_bias", {"groups": 3}, "groups: expected one of 1, 2, 4, with 8 experts, got 3"),
        ("sigmoid_bias", {"groups": 8}, "groups: expected one of 1, 2, 4, with 8 experts, got 8"),
        ("group_limited", {"groups": 4, "topk_groups": 5}, "topk_groups: expected 1 to 4, got 5"),
        ("group_limited", {"scale": 0}, "scale: expected a number from 0.01 to 100, got 0"),
    ],
)
def test_author_of_a_setting_that_does_not_fit_learns_what_does(name, settings, message):
    k = ROUTERS[name].fixed_k or 2
    with pytest.raises(BadSetting) as raised:
        ROUTERS[name].with_settings(RouterSettings(**settings), 8, k)
    assert str(raised.value).startswith(message)
    assert raised.value.field in settings


def test_groups_that_hold_fewer_than_k_are_refused():
    with pytest.raises(BadSetting, match="topk_groups: expected 2 to 4, got 1; a token chooses 4 experts"):
        ROUTERS["sigmoid_bias"].with_settings(RouterSettings(groups=4, topk_groups=1), 8, 4)


@given(st.sampled_from(sorted(ROUTERS)), st.integers(2, 512), st.data())
def test_defaults_of_every_router_fit_every_n_and_k(name, experts, data):
    router = ROUTERS[name]
    k = router.fixed_k or data.draw(st.integers(1, min(experts, 16)))
    if k <= experts:
        routed = router.route(np.zeros((3, experts), np.float32), k)
        assert routed.experts.max() < experts


def test_deepseek_shapes_get_their_groups_by_default():
    filled = ROUTERS["sigmoid_bias"].filled(256, 8)
    assert (filled["groups"], filled["topk_groups"]) == (8, 4)


def test_settings_that_a_router_does_not_read_leave_it_equal():
    odd = RouterSettings(capacity=3.0, groups=4, seed=9)
    assert ROUTERS["topk"].with_settings(odd, 8, 2) == ROUTERS["topk"]
    assert ROUTERS["switch"].with_settings(odd, 8, 1) != ROUTERS["switch"]


def test_larger_capacity_drops_fewer():
    logits = np.random.default_rng(0).normal(0, 2, (64, 8)).astype(np.float32)
    drops = [
        int(ROUTERS["switch"].with_settings(RouterSettings(capacity=c), 8, 1).route(logits, 1).dropped.sum())
        for c in (0.5, 1.0, 1.25, 8.0)
    ]
    assert drops == sorted(drops, reverse=True) and drops[0] > drops[-1] == 0


def test_bias_is_refused_by_a_router_that_has_no_use_for_one():
    with pytest.raises(ValueError, match="bias: expected a router that selects with a bias, got topk"):
        ROUTERS["topk"].with_bias(np.zeros((1, 8), np.float32))


def test_bias_of_a_layer_moves_the_choice_of_that_layer_alone():
    bias = np.zeros((2, 4), np.float32)
    bias[1, 3] = 1
    router = ROUTERS["sigmoid_bias"].with_settings(RouterSettings(groups=1), 4, 1).with_bias(bias)
    logits = np.zeros((1, 4), np.float32)
    assert [router.route(logits, 1, layer).experts.tolist() for layer in (0, 1)] == [[[0]], [[3]]]


def test_base_takes_no_more_experts_than_can_be_waited_for():
    with pytest.raises(BadSetting, match="k: expected 1 to 16 with router base, got 17; choose fewer"):
        ROUTERS["base"].route(np.zeros((2, 64), np.float32), 17)
