"""Alterations of routing: read from a link, carried out on logits, refused where they do not fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.routing import ROUTERS, BadSetting, RouterSettings
from app.routing.alterations import Alteration, altered, parse_alterations, spell

LOGITS = np.random.default_rng(0).normal(0, 1, (40, 8)).astype(np.float32)
PER_TOKEN = [name for name, router in ROUTERS.items() if not router.whole_batch]


def route(name, text, k=2, layer=1, logits=LOGITS):
    router = ROUTERS[name]
    k = router.fixed_k or k
    return altered(router, parse_alterations(text), 4, logits.shape[1]).route(logits, k, layer)


def test_a_link_is_read_as_its_alterations():
    assert parse_alterations("3.5-off_4.1-force_2.7-add2_1.3-add-0.5_5-k1") == (
        Alteration(2, "off", 5),
        Alteration(3, "force", 1),
        Alteration(1, "add", 7, 2.0),
        Alteration(0, "add", 3, -0.5),
        Alteration(4, "k", value=1),
    )
    assert parse_alterations("") == ()


numbers = st.integers(0, 99)
alterations = st.one_of(
    st.builds(Alteration, numbers, st.sampled_from(["off", "force"]), numbers),
    st.builds(
        lambda layer, expert, value: Alteration(layer, "add", expert, value / 4), numbers, numbers, numbers
    ),
    st.builds(lambda layer, k: Alteration(layer, "k", value=float(k)), numbers, numbers),
)


@given(st.lists(alterations, max_size=20).map(tuple))
def test_alterations_are_spelled_as_they_are_read(given):
    assert parse_alterations(spell(given)) == given


@given(st.text("0123456789._,-ofrcekad ", max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        parse_alterations(text)
    except BadSetting as error:
        assert error.field == "alter"


@pytest.mark.parametrize(
    "text, found",
    [
        ("2.5", "'2.5'"),
        ("3-off", "'3-off'"),
        ("3.5-k1", "'3.5-k1'"),
        ("0.5-off", "'0.5-off'"),
        ("2.5-2.0", "'2.5-2.0'"),
        ("-1.5-off", "'-1.5-off'"),
        ("3.5-off,", "''"),
        ("2.1-off," * 60, "480 characters"),
    ],
)
def test_what_is_no_alteration_is_refused_with_the_part_that_is_none(text, found):
    with pytest.raises(BadSetting, match="alter: expected ") as refused:
        parse_alterations(text)
    assert found in str(refused.value)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("5.1-off", "layers from 1 to 4"),
        ("2.8-force", "experts from 0 to 7"),
        ("2-k9", "k from 1 to 8"),
        ("2-k0", "k from 1 to 8"),
        ("2.1-add1001", "at most 1000 added"),
        (",".join(f"2.{expert}-off" for expert in range(8)), "at least one expert per layer left"),
    ],
)
def test_what_does_not_fit_the_model_is_refused_by_name(text, expected):
    with pytest.raises(BadSetting, match=expected):
        altered(ROUTERS["topk_norm"], parse_alterations(text), 4, 8)


@pytest.mark.parametrize("name", PER_TOKEN)
def test_an_expert_that_is_off_is_chosen_by_no_token_in_that_layer_alone(name):
    assert not (route(name, "2.5-off").experts == 5).any()
    unaltered = route(name, "", layer=2).experts
    np.testing.assert_array_equal(route(name, "2.5-off", layer=2).experts, unaltered)


@pytest.mark.parametrize("name", PER_TOKEN)
def test_an_expert_that_is_off_has_no_score(name):
    if name == "noisy_topk":
        pytest.skip("its scores are those with noise")
    assert (route(name, "2.5-off").scores[:, 5] == 0).all()


@pytest.mark.parametrize("name", PER_TOKEN)
def test_an_expert_that_is_forced_is_chosen_by_every_token(name):
    settings = RouterSettings(noise=0.0)
    router = ROUTERS[name]
    router = router.with_settings(settings, 8, 2) if name == "noisy_topk" else router
    k = router.fixed_k or 2
    forced = altered(router, parse_alterations("2.5-force"), 4, 8).route(LOGITS, k, 1)
    assert (forced.experts == 5).any(axis=-1).all()
    assert (forced.weights[forced.experts == 5] > 0).all()


def test_a_bias_of_the_model_neither_brings_back_an_expert_that_is_off_nor_hides_a_forced_one():
    bias = np.zeros((4, 8), np.float32)
    bias[1, 5], bias[1, 6] = 50, -50
    router = ROUTERS["sigmoid_bias"].with_bias(bias)
    routed = altered(router, parse_alterations("2.5-off_2.6-force"), 4, 8).route(LOGITS, 2, 1)
    assert not (routed.experts == 5).any() and (routed.experts == 6).any(axis=-1).all()


def test_what_is_added_to_a_logit_is_what_the_router_sees():
    more = LOGITS.copy()
    more[:, 3] += 2
    np.testing.assert_array_equal(route("topk", "2.3-add2").scores, ROUTERS["topk"].route(more, 2).scores)


def test_k_of_one_layer_leaves_the_other_choices_empty_or_adds_some():
    fewer, more = route("topk_norm", "2-k1"), route("topk_norm", "2-k3")
    assert fewer.experts.shape == (40, 2) and (fewer.experts[:, 1] == -1).all()
    assert (fewer.weights[:, 0] == 1).all() and (fewer.weights[:, 1] == 0).all()
    np.testing.assert_array_equal(more.experts, ROUTERS["topk_norm"].route(LOGITS, 3).experts)


def test_choices_for_which_no_expert_is_left_stay_empty():
    routed = route("topk_norm", ",".join(f"2.{expert}-off" for expert in range(7)))
    assert (routed.experts == [7, -1]).all() and (routed.weights == [1, 0]).all()


def test_logits_of_the_caller_are_left_as_they_were():
    before = LOGITS.copy()
    route("topk_norm", "2.5-off_2.6-force_2.1-add3")
    np.testing.assert_array_equal(LOGITS, before)


@pytest.mark.parametrize("name", ROUTERS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_every_router_refuses_logits_that_are_no_numbers_naming_layer_and_token(name, value):
    logits, router = LOGITS.copy(), ROUTERS[name]
    logits[7, 3] = value
    with pytest.raises(ValueError, match=r"logits: .* for expert 3 in layer 2 at token 107"):
        router.route(logits, router.fixed_k or 2, layer=2, start=100)
