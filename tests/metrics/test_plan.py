"""Placements with replicas: EPLB's published example, exact solvers on small cases, slow traffic."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.metrics.eplb import pack, rebalance, replicate
from app.metrics.placement import place_experts, traffic_of
from app.metrics.plan import (
    Plan,
    coactivation_plan,
    eplb_plan,
    imbalance,
    linear_plan,
    plan_figures,
    plan_traffic,
)
from tests.metrics.routings import choices

# README of deepseek-ai/EPLB, "Interface and Example".
WEIGHT = [
    [90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86],
    [20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27],
]
PUBLISHED = [
    [5, 6, 5, 7, 8, 4, 3, 4, 10, 9, 10, 2, 0, 1, 11, 1],
    [7, 10, 6, 8, 6, 11, 8, 9, 2, 4, 5, 1, 5, 0, 3, 1],
]


def test_eplb_gives_its_published_example():
    assert rebalance(np.array(WEIGHT), 16, 4, 2, 8).tolist() == PUBLISHED


def test_groups_that_nodes_do_not_divide_make_one_node():
    loads = np.array(WEIGHT)
    assert rebalance(loads, 16, 3, 2, 8).tolist() == rebalance(loads, 16, 1, 1, 8).tolist()


def best_halves(loads):
    """Returns the least load of the fuller of two devices with as many experts each, by trying all."""
    whole = range(len(loads))
    return min(
        max(sum(loads[i] for i in half), sum(loads) - sum(loads[i] for i in half))
        for half in combinations(whole, len(loads) // 2)
    )


@given(st.lists(st.integers(0, 100), min_size=4, max_size=10).filter(lambda loads: len(loads) % 2 == 0))
def test_greedy_packing_lies_between_the_exact_optimum_and_graham_s_bound(loads):
    """Greedy in falling order is at most 4/3 of the optimum for two machines; here each holds as many items,
    for which the same bound is not proven: 3/2 is asserted."""
    packs = pack(np.array(loads, float), 2)
    assert sorted(np.concatenate(packs).tolist()) == list(range(len(loads)))
    fullest = max(sum(loads[i] for i in each) for each in packs)
    assert best_halves(loads) <= fullest <= 1.5 * best_halves(loads) + 1e-9


@given(st.lists(st.integers(1, 60), min_size=2, max_size=5), st.integers(0, 4))
def test_replicas_minimise_the_largest_load_of_a_replica(loads, more):
    """The greedy is exact here: every way to hand out the replicas is tried."""
    n = len(loads)
    copies = np.bincount(replicate(np.array(loads, float), n + more), minlength=n)

    def ways(left, items):
        if items == 1:
            yield (left,)
            return
        for own in range(left + 1):
            for rest in ways(left - own, items - 1):
                yield (own, *rest)

    best = min(max(load / (1 + own) for load, own in zip(loads, way, strict=True)) for way in ways(more, n))
    assert (np.array(loads) / copies).max() == pytest.approx(best)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((10, 1, 1, 4), "slots: expected at least 12"),
        ((16, 1, 1, 3), "devices: expected a divisor of 16, got 3"),
        ((16, 5, 5, 5), "groups: expected a divisor of 12, got 5"),
        ((16, 4, 4, 2), "nodes: expected a divisor of 2, got 4"),
    ],
)
def test_sizes_that_do_not_divide_are_refused_by_name(sizes, message):
    with pytest.raises(ValueError, match=message):
        rebalance(np.array(WEIGHT), *sizes)


def slow_traffic(experts, plan):
    """Assignments one after another; each expert's replicas are used in turn."""
    layers, slots = plan.slots.shape
    a_device = slots // plan.devices
    load = np.zeros((layers, plan.devices), int)
    sent, reach = load.copy(), np.zeros(experts.shape[:2], int)
    turn = {}
    for t, token in enumerate(experts.tolist()):
        for layer, row in enumerate(token):
            there = set()
            for expert in row:
                if expert < 0:
                    continue
                held = [slot for slot in range(slots) if plan.slots[layer, slot] == expert]
                number = turn.get((layer, expert), 0)
                turn[layer, expert] = number + 1
                device = held[number % len(held)] // a_device
                load[layer, device] += 1
                there.add(device)
            for device in there:
                sent[layer, device] += 1
            reach[t, layer] = len(there)
    return sent, load, reach


@given(st.integers(0, 2**32 - 1), st.sampled_from([(4, 8, 2), (6, 6, 3), (5, 10, 5), (8, 12, 4)]))
def test_traffic_of_a_plan_is_that_of_a_loop(seed, sizes):
    n, slots, devices = sizes
    random = np.random.default_rng(seed)
    experts = choices(random, 15, 2, n, 2)
    loads = random.integers(0, 50, (2, n))
    plan = eplb_plan(loads, slots, devices)
    found = plan_traffic(experts, plan)
    for name, expected in zip(("sent", "load", "reach"), slow_traffic(experts, plan), strict=True):
        np.testing.assert_array_equal(getattr(found, name), expected, err_msg=name)


def test_a_linear_plan_sends_what_neighbours_together_send():
    experts = choices(np.random.default_rng(0), 40, 2, 8, 2)
    ours, theirs = plan_traffic(experts, linear_plan(2, 8, 4)), traffic_of(experts, place_experts(8, 4))
    np.testing.assert_array_equal(ours.load, theirs.load)
    np.testing.assert_array_equal(ours.sent, theirs.sent)


def test_eplb_evens_out_a_load_that_a_linear_placement_leaves_uneven():
    random = np.random.default_rng(0)
    first = (random.random((4000, 1)) ** 3 * 16).astype(np.int32)  # expert 0 most, 15 least
    experts = np.stack([first, (first + 1 + random.integers(0, 15, first.shape)) % 16], axis=-1)[:, :, :]
    experts = experts.reshape(4000, 1, 2).astype(np.int32)
    loads = np.bincount(experts.ravel(), minlength=16)[None]
    even, linear = (
        plan_figures(experts, plan, 8) for plan in (eplb_plan(loads, 24, 4), linear_plan(1, 16, 4))
    )
    assert even["imbalance"][0] < 1.02 < 1.5 < linear["imbalance"][0]
    assert even["bytes"] == even["copies"] * 8 * 4


def test_partners_on_one_device_make_tokens_go_to_fewer_devices():
    random = np.random.default_rng(0)
    lead = random.integers(0, 8, 500)
    experts = np.stack([lead, lead + 8], axis=-1)[:, None].astype(np.int32)  # e and e + 8 always together
    plan = coactivation_plan(experts, 16, 4)
    assert plan_traffic(experts, plan).reach.mean() == 1
    assert plan_traffic(experts, linear_plan(1, 16, 4)).reach.mean() == 2


@pytest.mark.parametrize(
    ("slots", "devices", "message"),
    [
        ([[0, 1, 2]], 2, "devices: expected a divisor of 3 slots, got 2"),
        ([[0, 1, 4]], 1, "layer 0: expected experts from 0 to 3, got 0 to 4"),
        ([[0, 1, 2, 2]], 2, r"layer 0: expected each expert, got none of \[3\]"),
    ],
)
def test_plan_that_no_engine_takes_is_refused_by_name(slots, devices, message):
    with pytest.raises(ValueError, match=message):
        Plan(np.array(slots, np.int32), devices, 4)


def test_imbalance_of_an_empty_layer_is_one():
    assert imbalance(np.array([[0, 0], [3, 1]])).tolist() == [1, 1.5]
