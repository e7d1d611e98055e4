"""Authored routing: deterministic, the same story at any N, and honest about the router in between."""

from pathlib import Path

import numpy as np
import pytest

from app.metrics.balance import max_violation
from app.metrics.counts import counts
from app.routing import ROUTERS, RouterSettings
from app.shape import ModelShape, small_shape
from app.sources.authored.authored_trace import steps, trace
from app.sources.authored.logits import SHOULDER, affinity, logits_of, wave_basis
from app.sources.authored.scenario import Group, load_scenarios
from app.trace import RoutingTrace

FOLDER = Path(__file__).parents[3] / "scenarios"
SCENARIOS = load_scenarios(FOLDER).scenarios
NORM = ROUTERS["topk_norm"]


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_gives_the_same_bytes_when_it_is_routed_twice(name):
    shape = small_shape(32, 3)
    first, second = (trace(SCENARIOS[name], shape, NORM) for _ in range(2))
    assert first.to_bytes() == second.to_bytes()


def test_scenario_gives_the_recorded_routing_on_any_machine():
    """Golden: the start of two traces, taken when the scenarios were written."""
    routed = trace(SCENARIOS["code"], small_shape(8, 2), NORM)
    assert routed.experts[0].tolist() == [[1, 5], [2, 6], [3, 7], [4, 0], [5, 1], [6, 2]]
    np.testing.assert_allclose(routed.scores[0, 0], GOLDEN_SCORES, atol=1e-3)
    routed = trace(SCENARIOS["english"], small_shape(64, 2), NORM)
    assert routed.experts[:, 0].tolist() == GOLDEN_EXPERTS


@pytest.mark.parametrize("name", SCENARIOS)
def test_scores_of_a_trace_are_what_its_logits_imply(name):
    routed = trace(SCENARIOS[name], small_shape(16, 2), NORM)
    powers = np.exp(routed.logits.astype(np.float64))
    np.testing.assert_allclose(routed.scores, powers / powers.sum(-1, keepdims=True), atol=1e-6)
    again = np.argsort(-routed.logits, axis=-1, kind="stable")[..., :2]
    assert np.array_equal(again, routed.experts)


def test_noise_is_the_same_at_the_same_place_when_the_ring_widens():
    """Expert 1 of 8 stands where expert 8 of 64 stands."""
    english = SCENARIOS["english"]
    flat = {name: group.model_copy(update={"sharpness": 0}) for name, group in english.groups.items()}
    noise = english.model_copy(update={"groups": flat})
    narrow, wide = (logits_of(noise, small_shape(experts, 2)) for experts in (8, 64))
    np.testing.assert_allclose(wide[:, :, ::8], narrow, atol=1e-5)


def test_scores_and_first_choice_stay_the_same_when_k_changes():
    one, four = (trace(SCENARIOS["english"], small_shape(8, k), NORM) for k in (1, 4))
    assert np.array_equal(one.experts[..., 0], four.experts[..., 0])
    assert np.array_equal(one.scores, four.scores)


@pytest.mark.parametrize("experts", [2, 3, 8, 13, 64, 512])
def test_place_belongs_to_the_nearest_expert_and_its_neighbours_stay_below(experts):
    group = Group(places=[0.3], drift=0)
    near = affinity(group, None, np.zeros(1), experts)[0]
    home = int(np.argmin(np.minimum(abs(np.arange(experts) / experts - 0.3), 1)))
    assert near.argmax() == home and near[home] == 1
    assert np.delete(near, home).max() <= SHOULDER


def test_places_move_by_the_drift_from_layer_to_layer():
    group = Group(places=[0.75], drift=0.25)
    near = affinity(group, None, 0.25 * np.arange(4), 8)
    assert near.argmax(axis=1).tolist() == [6, 0, 2, 4]


def test_strengths_rank_the_places_of_a_group():
    group = Group(places=[0.0, 0.5], strengths=[0.5, 1.0])
    near = affinity(group, None, np.zeros(1), 8)[0]
    assert (near[4], near[0]) == (1.0, 0.5)


def test_token_with_its_own_places_leaves_those_of_its_group():
    near = affinity(Group(places=[0.0]), [0.5], np.zeros(1), 8)[0]
    assert near.argmax() == 4


@pytest.mark.parametrize("experts", [8, 64, 512])
def test_noise_has_unit_variance_at_any_width(experts):
    basis = wave_basis(experts)
    np.testing.assert_allclose((basis**2).sum(axis=0), 1)


def test_first_layer_routes_equal_words_of_a_group_alike():
    scenario = SCENARIOS["paris"]
    logits = logits_of(scenario, small_shape(16, 2))
    one, other = (i for i, token in enumerate(scenario.tokens) if token.text == ".")
    assert np.array_equal(logits[one, 0], logits[other, 0])
    assert not np.array_equal(logits[one, -1], logits[other, -1])


@pytest.mark.parametrize("shape", [(1, 2, 2), (61, 384, 8), (3, 5, 1)])
def test_scenario_routes_on_any_shape(shape):
    layers, experts, k = shape
    model = ModelShape(layers, experts, k, d_model=16, d_expert=8)
    rows = list(steps(SCENARIOS["depth"], model, NORM))
    assert len(rows) == len(SCENARIOS["depth"].tokens)
    assert all(row.experts.shape == (layers, k) and row.scores.shape == (layers, experts) for row in rows)


def test_header_names_scenario_seed_router_and_where_the_routing_comes_from():
    header = trace(SCENARIOS["code"], small_shape(8, 2), ROUTERS["topk"]).header
    assert header.model["router"] == "topk"
    assert header.origin["badge"] == "AUTHORED"
    assert (header.origin["scenario"], header.origin["seed"]) == ("code", 3)
    assert "".join(token.text for token in header.tokens).startswith("def fibonacci(n):")
    assert {token.group for token in header.tokens} == {"code"}


@pytest.mark.parametrize("experts", [8, 64])
def test_skew_sends_everything_to_two_experts_of_each_layer(experts):
    fair, skewed = (trace(SCENARIOS["english"], small_shape(experts, 2), NORM, skew) for skew in (0, 10))
    assert (np.count_nonzero(counts(skewed), axis=1) == 2).all()
    assert (max_violation(counts(skewed)) > max_violation(counts(fair))).all()
    assert (fair.header.origin.get("skew"), skewed.header.origin["skew"]) == (None, 10)


def test_bias_updates_even_out_a_skewed_scenario_and_stand_in_the_trace():
    shape = small_shape(8, 2)
    router = ROUTERS["sigmoid_bias"]
    stepped = router.with_settings(RouterSettings(updates=100, rate=0.01), 8, 2)
    before, after = (trace(SCENARIOS["english"], shape, r, skew=3) for r in (router, stepped))
    assert before.header.bias is None
    assert max_violation(counts(after)).mean() < max_violation(counts(before)).mean() / 2
    back = RoutingTrace.from_bytes(after.to_bytes())
    assert np.array_equal(back.header.bias, after.header.bias)
    assert back.header.bias.shape == (6, 8)


def test_trace_of_expert_choice_has_the_columns_that_its_header_says():
    routed = trace(SCENARIOS["english"], small_shape(8, 2), ROUTERS["expert_choice"])
    assert routed.experts.shape[-1] == routed.header.model["choices"] > 2
    assert RoutingTrace.from_bytes(routed.to_bytes()).to_bytes() == routed.to_bytes()


def test_trace_of_a_capacity_router_carries_drops_and_the_settings():
    router = ROUTERS["switch"].with_settings(RouterSettings(capacity=1.0), 8, 1)
    routed = trace(SCENARIOS["code"], small_shape(8, 1), router)
    assert routed.header.model["settings"] == {"capacity": 1.0}
    assert routed.dropped.sum() == 6 * (len(SCENARIOS["code"].tokens) - 1)
    assert (routed.weights[routed.dropped] == 0).all()


GOLDEN_SCORES = [
    0.0017999999690800905,
    0.8029999732971191,
    0.0020000000949949026,
    0.0017000000225380063,
    0.0024999999441206455,
    0.18610000610351562,
    0.002099999925121665,
    0.0007999999797903001,
]
GOLDEN_EXPERTS = [
    [0, 8],
    [40, 35],
    [24, 8],
    [24, 48],
    [0, 8],
    [40, 24],
    [24, 28],
    [24, 8],
    [0, 8],
    [24, 8],
    [56, 40],
]
