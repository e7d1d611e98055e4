"""Shapes of published models and of anybody's: as request keys, as text, and what is traced on them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.problem import BadRequest
from app.published.catalogue import catalogue, shapes
from app.published.named_shape import read_shape
from app.published.shape_text import BadShape, progressions, write_shape
from app.request.comparison import read_view
from app.request.read import parse, read
from app.settings import ROOT
from app.shape import ModelShape
from app.sources.authored.scenario import load_scenarios
from app.sources.registry import SourceRegistry
from app.stream.wire import step_bytes
from tests.published_models import find_published
from tests.request.offered import offered

MODELS = catalogue()
KNOWN = offered(("english",), {"trio-8": 8}, shapes=shapes())
by_model = pytest.mark.parametrize("entry", MODELS, ids=lambda entry: entry.key)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return SourceRegistry(load_scenarios(ROOT / "scenarios"), tmp_path_factory.mktemp("models"))


@by_model
def test_shape_of_a_published_model_is_traced_with_its_figures_and_router(sources, entry):
    source = sources.open(sources.parse({"shape": entry.key}))
    model = source.header.model_json()
    assert model["total_p"] + entry.shape.rest == model["whole_total"] == entry.parameters.total
    assert model["whole_active"] == entry.parameters.active
    assert (model["name"], model["router"]) == (entry.name, entry.routing.name)
    assert entry.routing.settings.items() <= model["settings"].items()
    assert source.header.origin["badge"] == "AUTHORED"
    assert f"on the real shape of {entry.name}" in source.header.origin["note"]


@by_model
def test_first_token_on_the_shape_of_a_published_model_is_routed_by_its_router(sources, entry):
    request = sources.parse({"shape": entry.key, "scenario": "code"})
    trace = sources.open(request).trace()
    assert trace.scores.shape[1:] == (entry.shape.layers, entry.shape.experts)
    layer = entry.shape.layers - 1
    routed = request.routed_by(entry.shape.experts).route(trace.logits[:, layer], request.k, layer)
    np.testing.assert_array_equal(trace.experts[:, layer], routed.experts)
    np.testing.assert_allclose(trace.weights[:, layer], routed.weights, rtol=1e-6)


@by_model
def test_shape_survives_its_text(entry):
    again = read_shape(entry.shaped.text)
    assert (again.shape, again.router) == (entry.shape, entry.routing.name)
    assert again.settings == entry.routing.settings
    assert again.key == entry.shaped.text
    assert len(again.key) < 300


def test_a_shape_as_text_and_by_name_give_the_same_figures(sources):
    named = sources.open(sources.parse({"shape": "kimi-k2"})).header.model_json()
    text = sources.open(sources.parse({"shape": shapes()["kimi-k2"].text})).header.model_json()
    assert {key: named[key] for key in named if key != "name"} == {k: text[k] for k in text if k != "name"}


def test_viewer_who_changes_k_and_router_keeps_the_shape():
    request = parse({"shape": "deepseek-v3", "k": 2, "router": "topk"}, KNOWN)
    assert (request.experts, request.k, request.router, request.groups) == (256, 2, "topk", None)


def test_router_that_forces_k_has_it_on_any_shape():
    assert parse({"shape": "deepseek-v3", "router": "switch"}, KNOWN).k == 1


@pytest.mark.parametrize(
    ("keys", "topk_groups"),
    [({}, 4), ({"k": "100"}, 4), ({"k": "200"}, 7), ({"groups": "2"}, 1), ({"groups": 8}, 4), ({"k": 0}, 4)],
)
def test_chosen_groups_of_the_model_hold_as_long_as_they_fit(keys, topk_groups):
    understood = read({"shape": "deepseek-v3", **keys}, KNOWN)
    request, _ = understood.request, understood.problems
    assert request.topk_groups == topk_groups


def test_settings_of_the_model_hold_where_its_own_router_is_named_too():
    assert parse({"shape": "deepseek-v2", "router": "group_limited"}, KNOWN).scale == 16
    assert parse({"shape": "deepseek-v2", "topk_groups": 4}, KNOWN).topk_groups == 4
    assert parse({"shape": "deepseek-v3", "router": "group_limited"}, KNOWN).scale == 1


@pytest.mark.parametrize("values", [{}, {"experts": 2048}, {"experts": "2048", "k": "1"}, {"router": ""}])
def test_keys_that_the_shape_has_itself_make_no_other_trace(values):
    bare = parse({"shape": "switch-c-2048"}, KNOWN)
    assert parse({"shape": "switch-c-2048", **values}, KNOWN).canonical() == bare.canonical()
    assert parse(bare.model_dump(by_alias=True), KNOWN) == bare


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"shape": "gpt-5"},
            "shape: expected one of granite-3-0-1b-a400m, .*, got 'gpt-5'; see /api/catalogue",
        ),
        (
            {"shape": "deepseek-v3", "experts": 8},
            "experts: expected 256 with this shape, got 8; leave it out",
        ),
        ({"shape": "deepseek-v3", "k": 300}, "k: expected 1 to 256, got 300"),
        (
            {"shape": "deepseek-v3", "source": "live"},
            "shape: expected none with source=live, got 'deepseek-v3'",
        ),
        ({"shape": "x" * 500}, r"shape: expected the name of a published model, .* \(502 characters\)"),
        (
            {"shape": "6x8"},
            "shape: expected the name of a model, or layers x experts x k and sizes, got '6x8'",
        ),
        ({"shape": "6x8x2-d1-e0"}, "shape: expected 1 to 1000000 d_expert, got 0"),
        ({"shape": "6x8x9-d1-e1"}, "shape: expected 1 to 8 top_k, got 9"),
        ({"shape": "80x2000x1-d1-e1"}, "shape: expected at most 131,072 experts in all layers, got 160,000"),
        ({"shape": "6x8x2-d1-e1-q7"}, "shape: expected sizes named d, e, .* got 'q7'"),
        ({"shape": "6x8x2-d1.5-e1"}, "shape: expected a whole number of d_model, got 1.5"),
        (
            {"shape": "6x8x2-d1-e1-rswitch"},
            "shape: expected 1 with router switch as k of router switch, got 2",
        ),
        (
            {"shape": "9x9x9-d999999-e999999-att9999999999999999"},
            "shape: expected 1 to 9,007,199,254,740,991 par",
        ),
        ({"experts": 2048}, "experts: expected a whole number from 2 to 1024, got 2048"),
    ],
)
def test_wrong_shape_is_refused_in_words(values, message):
    with pytest.raises(BadRequest, match=message):
        parse(values, KNOWN)


def test_bad_shape_falls_back_alone():
    understood = read({"shape": "gpt-5", "k": "3"}, KNOWN)
    request, problems = understood.request, understood.problems
    assert (request.shape, request.experts, request.k) == ("", 8, 3)
    assert [problem.field for problem in problems] == ["shape"]


@given(st.sets(st.integers(0, 120)).map(lambda numbers: tuple(sorted(numbers))))
def test_progressions_hold_all_numbers_and_no_others(numbers):
    runs = [range(first, first + count * step, step) for first, count, step in progressions(numbers)]
    assert sorted(number for run in runs for number in run) == list(numbers)


@given(st.text(alphabet="0123456789x-_.demartgsfb", max_size=80))
def test_any_text_is_a_shape_or_refused(text):
    try:
        shaped = read_shape(f"6x8x2-d8-e8-{text}")
    except BadShape:
        return
    assert read_shape(shaped.key) == shaped


def test_step_of_the_widest_models_stays_below_what_a_phone_takes():
    for entry in MODELS:
        assert step_bytes(entry.shape, dropped=True) < 96 * 1024, entry.key


def test_interleaved_dense_layers_take_little_text():
    shape = ModelShape(16, 16, 2, 8, 8, dense_layers=tuple(range(0, 32, 2)))
    assert "-x0_16_2-" in write_shape(shape, "topk", {})
    assert find_published("deepseek-v3").shaped.text.count("-x0_3_1-") == 1


@pytest.mark.parametrize(
    ("view", "asked"),
    [
        ({"experts": "64", "k": "4", "b.shape": "deepseek-v3"}, ("deepseek-v3", 256, 8)),
        ({"shape": "deepseek-v3", "b.source": "live"}, ("", 8, 2)),
        ({"shape": "deepseek-v3", "b.shape": ""}, ("", 8, 2)),
        ({"shape": "deepseek-v3", "b.router": "switch"}, ("deepseek-v3", 256, 1)),
    ],
)
def test_second_stack_on_another_shape_has_what_belongs_to_that(view, asked):
    _, second = read_view(view, KNOWN)
    assert (second.request.shape, second.request.experts, second.request.k) == asked
    assert not second.problems
