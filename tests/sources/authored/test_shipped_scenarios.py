"""Every scenario of the folder loads, keeps what it promises, and fits the page."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from app.commands.check import check
from app.metrics.counts import pairs_hit
from app.routing import ROUTERS
from app.shape import small_shape
from app.sources.authored.authored_trace import trace
from app.sources.authored.expectations import Covers, DifferentExperts, Reroutes, SameExperts
from app.sources.authored.scenario import load_scenarios

FOLDER = Path(__file__).parents[3] / "scenarios"
LIBRARY = load_scenarios(FOLDER)
SCENARIOS = LIBRARY.scenarios
STATEMENTS = [(name, i) for name, scenario in SCENARIOS.items() for i in range(len(scenario.expect))]


def routed(name, experts, k, router="topk_norm"):
    return trace(SCENARIOS[name], small_shape(experts, k), ROUTERS[router])


def test_check_finds_nothing_wrong_in_the_shipped_folder():
    assert check(FOLDER) == []


def test_menu_starts_with_the_default_and_has_the_stories_of_the_product():
    assert next(iter(SCENARIOS)) == "english"
    assert {"english", "code", "translate", "paris"} < set(SCENARIOS)


@pytest.mark.parametrize(("name", "i"), STATEMENTS)
def test_scenario_shows_what_it_says_at_every_n_and_k_named(name, i):
    statement = SCENARIOS[name].expect[i]
    for experts, k in product(statement.experts, statement.k):
        assert statement.broken(routed(name, experts, k)) is None, f"experts={experts}, k={k}"


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_promises_something_and_is_short_enough_to_watch(name):
    scenario = SCENARIOS[name]
    assert scenario.expect
    assert 10 <= len(scenario.tokens) <= 24


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_group_of_a_scenario_is_used(name):
    scenario = SCENARIOS[name]
    used = {t.group for t in scenario.tokens} | {t.early for t in scenario.tokens}
    assert set(scenario.groups) <= used


@pytest.mark.parametrize("name", SCENARIOS)
def test_four_experts_a_token_cover_more_than_two_and_two_more_than_one(name):
    for experts in (8, 64):
        one, two, four = (int(pairs_hit(routed(name, experts, k))[-1, -1]) for k in (1, 2, 4))
        assert one < two <= four and four > one * 1.1


@pytest.mark.parametrize("name", SCENARIOS)
def test_chosen_experts_stand_out_from_the_others(name):
    """Beams must be readable: the two that are chosen hold most of the probability, at any N."""
    for experts in (8, 16, 32, 64):
        scores = routed(name, experts, 2).scores
        two = np.sort(scores, axis=-1)[..., -2:].sum(axis=-1)
        assert np.median(two) > 0.5


def test_code_lights_the_same_two_towers_of_each_layer_for_every_token():
    scenario = SCENARIOS["code"]
    assert scenario.text.startswith("def fibonacci(n):")
    compile(scenario.text, "prompt", "exec")
    for experts in (8, 16, 32, 64):
        chosen = routed("code", experts, 2).experts
        assert all(len(np.unique(chosen[:, layer])) == 2 for layer in range(6))
    assert any(isinstance(statement, SameExperts) for statement in scenario.expect)


def test_translate_keeps_languages_and_punctuation_apart():
    kinds = [type(statement) for statement in SCENARIOS["translate"].expect]
    assert DifferentExperts in kinds
    groups = [token.group for token in SCENARIOS["translate"].tokens]
    turns = [group for group in groups if group != "punctuation"][::2]
    assert turns == ["english", "french"] * 3


def test_paris_is_one_word_that_routes_two_ways():
    scenario = SCENARIOS["paris"]
    assert [token.text for token in scenario.tokens].count(" Paris") == 2
    assert any(isinstance(statement, Reroutes) for statement in scenario.expect)


def test_english_covers_slowly_at_one_and_at_once_at_four():
    assert all(isinstance(statement, Covers) for statement in SCENARIOS["english"].expect)


@pytest.mark.parametrize(("name", "router"), list(product(SCENARIOS, ROUTERS)))
def test_scenario_routes_through_every_router(name, router):
    k = ROUTERS[router].fixed_k or 2
    assert routed(name, 8, k, router).scores.shape == (len(SCENARIOS[name].tokens), 6, 8)
