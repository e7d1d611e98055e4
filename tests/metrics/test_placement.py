"""Traffic between devices against a loop over tokens, layers and choices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.metrics.placement import Traffic, place_experts, traffic_of
from app.routing import RouterSettings, find_router
from app.shape import ModelShape
from app.trace import RoutingTrace, Token, TraceHeader


def slow(experts, place, dropped):
    """Returns the same, one choice after another."""
    tokens, layers, chosen = experts.shape
    devices = int(place.max()) + 1
    sent, load = np.zeros((layers, devices), int), np.zeros((layers, devices), int)
    reach = np.zeros((tokens, layers), int)
    for t in range(tokens):
        for layer in range(layers):
            there = set()
            for k in range(chosen):
                expert = experts[t, layer, k]
                if expert < 0 or (dropped is not None and dropped[t, layer, k]):
                    continue
                load[layer, place[expert]] += 1
                there.add(int(place[expert]))
            for device in there:
                sent[layer, device] += 1
            reach[t, layer] = len(there)
    return sent, load, reach


@st.composite
def routings(draw):
    experts = draw(st.integers(2, 24))
    devices = draw(st.integers(1, experts))
    tokens, layers, k = (
        draw(st.integers(1, 6)),
        draw(st.integers(1, 4)),
        draw(st.integers(1, min(4, experts))),
    )
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    chosen = np.argsort(random.random((tokens, layers, experts)), axis=-1)[..., :k].astype(np.int32)
    chosen[random.random(chosen.shape) < 0.1] = -1
    dropped = draw(st.sampled_from([None, random.random(chosen.shape) < 0.2]))
    return chosen, place_experts(experts, devices), dropped


@given(routings())
def test_traffic_is_that_of_a_slow_loop(routing):
    found = traffic_of(*routing)
    for name, expected in zip(("sent", "load", "reach"), slow(*routing), strict=True):
        np.testing.assert_array_equal(getattr(found, name), expected, err_msg=name)
    assert found.sent.sum() == found.reach.sum() <= found.load.sum()


@given(st.integers(1, 600), st.integers(1, 512))
def test_experts_are_placed_in_order_and_evenly(experts, devices):
    if devices > experts:
        with pytest.raises(ValueError, match=f"devices: expected 1 to {min(experts, 512)}, got {devices}"):
            place_experts(experts, devices)
        return
    place = place_experts(experts, devices)
    held = np.bincount(place)
    assert list(place) == sorted(place)
    assert len(held) == devices
    assert held.max() - held.min() <= 1


@pytest.mark.parametrize("devices", [0, -1, 9])
def test_number_of_devices_that_does_not_fit_is_refused(devices):
    with pytest.raises(ValueError, match=f"devices: expected 1 to 8, got {devices}"):
        place_experts(8, devices)


def trace_of(logits, router, k):
    """Returns a trace of one layer from logits [T, N]."""
    routed = router.route(logits, k)
    shape = ModelShape(1, logits.shape[-1], k, 4, 4)
    header = TraceHeader(tuple(Token("a") for _ in logits), shape, {"name": "m"}, {"source": "authored"})
    return RoutingTrace(header, *(a[:, None] for a in (routed.scores, routed.experts, routed.weights)))


def traffic(trace, devices):
    """Returns the traffic with neighbours on one device."""
    return traffic_of(trace.experts, place_experts(trace.header.shape.experts, devices), trace.dropped)


def test_one_device_takes_every_token_once():
    logits = np.random.default_rng(0).normal(size=(9, 8)).astype(np.float32)
    found = traffic(trace_of(logits, find_router("topk_norm"), 3), 1)
    assert found.sent.tolist() == [[9]]
    assert found.load.tolist() == [[27]]
    assert found.devices == 1
    assert found.most() == 1


def test_bytes_are_width_times_bytes_there_and_back_for_each_copy():
    place = place_experts(4, 2)
    experts = np.array([[[0, 1]], [[1, 2]], [[3, 2]]], np.int32)  # to device 0, to both, to device 1
    found = traffic_of(experts, place)
    assert found.sent.tolist() == [[2, 2]]
    assert found.all_to_all_bytes(10).tolist() == [4 * 10 * 4]
    assert found.all_to_all_bytes(10, dispatch=1).tolist() == [4 * 10 * 3]


def test_group_limited_router_sends_a_token_to_no_more_devices_than_it_may_use_groups():
    """What DeepSeek-V2 has it for: with a device a group, 3 groups are 3 devices; free choice takes more."""
    logits = np.random.default_rng(1).normal(size=(64, 160)).astype(np.float32)
    settings = RouterSettings(groups=8, topk_groups=3)
    limited = traffic(trace_of(logits, find_router("group_limited").with_settings(settings, 160, 6), 6), 8)
    free = traffic(trace_of(logits, find_router("topk"), 6), 8)
    assert limited.most() <= 3 < free.most()
    assert limited.all_to_all_bytes(5120).sum() < free.all_to_all_bytes(5120).sum()


def test_dropped_and_empty_choices_send_nothing():
    experts = np.array([[[0, 3]], [[-1, 2]]], np.int32)
    dropped = np.array([[[False, True]], [[False, False]]])
    found = traffic_of(experts, place_experts(4, 4), dropped)
    assert isinstance(found, Traffic)
    assert found.sent.tolist() == [[1, 0, 1, 0]]
    assert found.reach.tolist() == [[1], [1]]


def test_token_without_any_expert_goes_nowhere():
    found = traffic_of(np.full((2, 1, 2), -1, np.int32), place_experts(4, 2))
    assert found.sent.tolist() == [[0, 0]]
    assert found.most() == 0
