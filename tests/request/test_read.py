import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.problem import BadRequest
from app.published.catalogue import shapes
from app.request.read import parse, read
from app.request.schema import KEY_HELP, PROMPT_CHARS, TraceRequest
from app.routing import ROUTERS
from tests.request.offered import offered

KNOWN = offered(
    ("english", "code"),
    {"trio-8": 8, "trio-64": 64, "mine": 6},
    routers={"mine": "topk"},
    steps={"trio-8": (1, 70, 3600)},
)
NOT_REQUEST = "route: expected one of source, scenario, prompt, model, shape, experts, k, router, capacity"


def problems_of(values):
    with pytest.raises(BadRequest) as caught:
        parse(values, KNOWN)
    return {problem.field: problem.message for problem in caught.value.problems}


def test_a_request_without_keys_is_the_default_view():
    request = parse({}, KNOWN)
    assert (request.source, request.scenario, request.experts, request.k) == ("authored", "english", 8, 2)


def test_keys_are_the_same_from_a_url_and_from_json():
    assert parse({"experts": "64", "k": "4"}, KNOWN) == parse({"experts": 64, "k": 4}, KNOWN)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"k": 9}, "k: expected 1 to 8, got 9; choose fewer experts a token or more experts a layer"),
        ({"k": "9"}, "k: expected 1 to 8, got 9; choose fewer experts a token or more experts a layer"),
        ({"k": 0}, "k: expected a whole number from 1 to the number of experts, got 0"),
        ({"experts": 1}, "experts: expected a whole number from 2 to 1024, got 1"),
        ({"experts": 1025}, "experts: expected a whole number from 2 to 1024, got 1025"),
        ({"experts": "8.0"}, "experts: expected a whole number from 2 to 1024, got 8.0"),
        ({"experts": "1_6"}, "got '1_6'"),
        ({"experts": "٨"}, "got '٨'"),
        ({"experts": True}, "got True"),
        ({"experts": 8.0}, "got 8.0"),
        ({"experts": None}, "got None"),
        ({"experts": "9" * 5000}, "... (5002 characters); choose"),
        ({"source": "LIVE"}, "source: expected authored, live or recorded, got 'LIVE'"),
        ({"scenario": "nope"}, "scenario: expected one of english, code, got 'nope'"),
        ({"scenario": ["code"]}, "scenario: expected the name of a scenario, got ['code']"),
        (
            {"prompt": "hello"},
            "prompt: expected no text with source=authored, got 'hello'; choose source=live",
        ),
        (
            {"source": "live", "prompt": "x" * 2001},
            "prompt: expected text of at most 2000 characters, got 'xxx",
        ),
        ({"source": "live", "prompt": "\ud800"}, "prompt: expected text"),
        ({"source": "live", "model": "gpt"}, "model: expected one of trio-8, trio-64, mine, got 'gpt'"),
        ({"source": "live", "experts": 24}, "experts: expected one of 8, 64 with source=live, got 24"),
        ({"source": "live", "model": "mine", "k": 7}, "k: expected 1 to 6, got 7"),
        ({"route": "topk"}, NOT_REQUEST),
        ({"router": "best"}, "router: expected one of topk_norm, topk, softmax_after, noisy_topk"),
        ({"router": None}, "router: expected one of"),
        (
            {"router": "switch", "k": 2},
            "k: expected 1 with router switch, got 2; choose k=1 or another router",
        ),
        ({"router": "gshard", "k": "1"}, "k: expected 2 with router gshard, got 1"),
        ({"router": "base", "experts": 64, "k": 17}, "k: expected 1 to 16 with router base, got 17"),
        ({"router": "switch", "capacity": "0"}, "capacity: expected a number from 0.05 to 512, got 0"),
        ({"capacity": "1e3"}, "capacity: expected a number from 0.05 to 512, got '1e3'"),
        ({"capacity": True}, "got True"),
        ({"capacity": float("nan")}, "got nan"),
        ({"noise": float("inf")}, "noise: expected a number from 0 to 10, got inf"),
        ({"router": "group_limited", "groups": 3}, "groups: expected one of 1, 2, 4, with 8 experts, got 3"),
        (
            {"source": "live", "router": "sigmoid_bias", "groups": 4, "topk_groups": 5},
            "topk_groups: expected 1 to 4, got 5",
        ),
        ({"updates": 201}, "updates: expected a whole number from 0 to 200, got 201"),
        ({"seed": 4294967296}, "seed: expected a whole number from 0 to 4294967295, got 4294967296"),
        ({"skew": 20.5}, "skew: expected a number from 0 to 20, got 20.5"),
        ({"source": "live", "skew": 1}, "skew: expected 0 with source=live, got 1; choose source=authored"),
        ({"continue": 5}, "continue: expected 0 with source=authored, got 5; choose source=live"),
        ({"more": 5}, "more: expected one of source, scenario"),
        ({"source": "live", "continue": 257}, "continue: expected a whole number from 0 to 256, got 257"),
        (
            {"source": "live", "continue": 5, "router": "base"},
            "continue: expected 0 with router base, which needs all tokens at once, got 5",
        ),
        ({"source": "live", "temperature": "2.01"}, "temperature: expected a number from 0 to 2, got 2.01"),
        ({"source": "recorded", "step": 71}, "step: expected one of 1, 70, 3600, got 71"),
        ({"source": "recorded", "model": "mine"}, "model: expected one of trio-8, got 'mine'"),
        ({"source": "recorded", "experts": 64}, "experts: expected 8 with source=recorded, or one of the"),
        ({"source": "recorded", "prompt": "a"}, "prompt: expected no text with source=recorded, got 'a'"),
    ],
)
def test_a_wrong_value_is_refused_in_words(values, message):
    problems = problems_of(values)
    assert len(problems) == 1
    assert message in problems[next(iter(problems))]


def test_all_wrong_values_are_told_at_once():
    problems = problems_of(
        {"source": "x", "scenario": "y", "experts": "z", "k": "-1", "model": 3, "nonsense": 1}
    )
    assert set(problems) == {"source", "scenario", "experts", "k", "model", "nonsense"}


def test_live_without_a_model_says_so():
    with pytest.raises(BadRequest, match="no model is installed here"):
        parse({"source": "live"}, offered(("english",), {}))


def test_a_bad_value_falls_back_alone():
    understood = read({"scenario": "code", "experts": "9999", "k": "3"}, KNOWN)
    request, problems = understood.request, understood.problems
    assert (request.scenario, request.experts, request.k) == ("code", 8, 3)
    assert [problem.field for problem in problems] == ["experts"]


def test_a_library_without_the_default_scenario_begins_with_its_first():
    assert parse({}, offered(("mine", "yours"), {})).scenario == "mine"


def test_a_live_request_is_limited_by_the_experts_of_its_model():
    request = parse({"source": "live", "model": "trio-64", "k": 9}, KNOWN)
    assert (request.checkpoint, request.k) == ("trio-64", 9)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"router": "topk_norm"}),
        ({}, {"capacity": 3, "groups": 2, "updates": 9, "seed": 5, "temperature": 1, "step": 7}),
        ({"router": "switch"}, {"router": "switch", "k": 1, "capacity": "1.25"}),
        (
            {"router": "group_limited"},
            {"router": "group_limited", "groups": 4, "topk_groups": "2", "scale": 1},
        ),
        ({"router": "sigmoid_bias"}, {"router": "sigmoid_bias", "updates": 0, "rate": 0.01, "noise": 3}),
        ({"source": "live"}, {"source": "live", "router": "topk_norm", "temperature": 1.5, "seed": 9}),
        ({"source": "live", "model": "mine"}, {"source": "live", "model": "mine", "router": "topk"}),
        (
            {"source": "live", "continue": 9, "temperature": 0},
            {"source": "live", "continue": "9", "temperature": "0.0", "seed": 4},
        ),
        ({"source": "recorded"}, {"source": "recorded", "model": "trio-8", "step": "3600", "k": 8}),
    ],
)
def test_settings_that_are_not_read_do_not_make_another_trace(one, other):
    assert parse(one, KNOWN).canonical() == parse(other, KNOWN).canonical()


LIVE = {"source": "live", "continue": 9}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"router": "topk"}),
        ({}, {"skew": 1}),
        ({"router": "switch"}, {"router": "switch", "capacity": 1.3}),
        ({"router": "noisy_topk"}, {"router": "noisy_topk", "seed": 1}),
        ({"router": "softmax_bias"}, {"router": "softmax_bias", "updates": 1}),
        ({"source": "live", "model": "mine"}, {"source": "live", "model": "mine", "router": "topk_norm"}),
        (LIVE, {**LIVE, "continue": 8}),
        (LIVE, {**LIVE, "temperature": 0.7}),
        (LIVE, {**LIVE, "seed": 1}),
        ({"source": "recorded"}, {"source": "recorded", "step": 1}),
    ],
)
def test_settings_that_are_read_make_another_trace(one, other):
    assert parse(one, KNOWN).canonical() != parse(other, KNOWN).canonical()


def test_a_router_that_forces_k_gives_it_where_none_is_asked_for():
    assert [parse({"router": name}, KNOWN).k for name in ("switch", "gshard", "topk")] == [1, 2, 2]


def test_a_bad_k_of_a_router_that_forces_one_falls_back_to_that():
    understood = read({"router": "switch", "k": 4, "capacity": 2}, KNOWN)
    request, problems = understood.request, understood.problems
    assert (request.k, request.router, request.capacity) == (1, "switch", 2)
    assert [problem.field for problem in problems] == ["k"]


def test_a_request_says_after_parsing_which_router_and_settings_it_has():
    request = parse({"source": "live", "model": "trio-64", "router": "sigmoid_bias", "capacity": 9}, KNOWN)
    found = request.settings.given()
    assert found == {"groups": 8, "topk_groups": 4, "scale": 1, "updates": 0, "rate": 0.01, "seed": 0}
    assert parse({"source": "live", "model": "mine"}, KNOWN).router == "topk"


def test_recorded_without_a_step_is_the_last():
    assert parse({"source": "recorded"}, KNOWN).step == 3600


def test_recorded_where_nothing_is_recorded_says_so():
    with pytest.raises(BadRequest, match="no training is recorded here"):
        parse({"source": "recorded"}, offered(("english",), {"trio-8": 8}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"scenario": "code"}, {"scenario": "code", "model": "trio-64"}),
        ({"source": "live", "experts": 64}, {"source": "live", "model": "trio-64"}),
        ({"source": "live", "prompt": "a"}, {"source": "live", "prompt": "a", "scenario": "code"}),
    ],
)
def test_keys_that_decide_nothing_do_not_make_another_trace(one, other):
    assert parse(one, KNOWN).canonical() == parse(other, KNOWN).canonical()


@pytest.mark.parametrize(
    "other",
    [{"k": 3}, {"experts": 64}, {"scenario": "code"}, {"source": "live"}, {"source": "live", "prompt": "a"}],
)
def test_keys_that_decide_the_trace_make_another(other):
    assert parse({}, KNOWN).canonical() != parse(other, KNOWN).canonical()


def test_a_request_does_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        setattr(parse({}, KNOWN), "k", 3)  # noqa: B010


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(KEY_HELP)) | st.text(), json_values))
def test_whatever_is_asked_there_is_a_request_and_problems_that_json_can_carry(values):
    understood = read(values, KNOWN)
    request, problems = understood.request, understood.problems
    assert parse(request.model_dump(by_alias=True), KNOWN) == request
    assert {problem.field for problem in problems} >= set(values) - set(KEY_HELP)
    for problem in problems:
        assert all(isinstance(text, str) for text in problem.to_json().values())
    assert len(request.prompt) <= PROMPT_CHARS


numbers = st.sampled_from(sorted(set(KEY_HELP) - {"source", "scenario", "prompt", "model", "router"}))


@given(
    st.sampled_from(["authored", "live", "recorded"]),
    st.sampled_from(sorted(ROUTERS)),
    st.dictionaries(numbers, st.integers(0, 20) | st.floats(0, 20)),
)
def test_whatever_numbers_are_asked_of_a_router_the_request_that_is_left_can_be_routed(source, router, keys):
    understood = read({"source": source, "router": router, **keys}, KNOWN)
    request, _ = understood.request, understood.problems
    assert parse(request.model_dump(by_alias=True), KNOWN).canonical() == request.canonical()
    if source != "recorded":
        request.routed_by(KNOWN.experts(request) or request.experts)


def test_every_key_has_words():
    keys = {info.alias or name for name, info in TraceRequest.model_fields.items()}
    assert keys == set(KEY_HELP)


def test_k_of_before_gives_way_to_a_changed_number_of_experts_and_stays_given():
    understood = read({"experts": 8, "k": 16}, KNOWN, changed=["experts"])
    assert (understood.request.k, understood.given, understood.problems) == (8, {"k": 8}, ())


def test_a_changed_key_that_the_source_does_not_read_changes_nothing():
    understood = read({"experts": 64, "model": "trio-8"}, KNOWN, changed=["model"])
    assert (understood.request.experts, understood.problems) == (64, ())


def test_a_name_that_utf8_cannot_carry_is_told_escaped():
    understood = read({"\ud800": "\ud800", "k": 3}, KNOWN)
    assert (understood.request.k, [problem.field for problem in understood.problems]) == (3, ["\\ud800"])


def test_a_setting_that_is_refused_leaves_the_others_of_the_shape_as_they_are():
    shaped = offered(("english",), {}, shapes=shapes())
    understood = read({"shape": "deepseek-v2", "groups": 512}, shaped)
    assert [problem.field for problem in understood.problems] == ["groups"]
    assert understood.request == read({"shape": "deepseek-v2"}, shaped).request


def test_experts_beyond_the_limit_are_those_of_the_shape_that_has_them():
    shaped = offered(("english",), {}, shapes=shapes())
    understood = read({"shape": "switch-c-2048", "experts": "2048"}, shaped)
    assert (understood.request.experts, understood.given) == (2048, {"shape": "switch-c-2048"})
    assert not understood.problems
    assert [each.field for each in read({"shape": "arctic", "experts": "2048"}, shaped).problems] == [
        "experts"
    ]
