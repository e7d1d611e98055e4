import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.request import PROMPT_CHARS, BadRequest, Known, TraceRequest, parse, read

KNOWN = Known(("english", "code"), {"trio-8": 8, "trio-64": 64, "mine": 6})


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
        ({"experts": 1}, "experts: expected a whole number from 2 to 512, got 1"),
        ({"experts": 513}, "experts: expected a whole number from 2 to 512, got 513"),
        ({"experts": "8.0"}, "experts: expected a whole number from 2 to 512, got '8.0'"),
        ({"experts": "1_6"}, "got '1_6'"),
        ({"experts": "٨"}, "got '٨'"),
        ({"experts": True}, "got True"),
        ({"experts": 8.0}, "got 8.0"),
        ({"experts": None}, "got None"),
        ({"experts": "9" * 5000}, "... (5002 characters); choose"),
        ({"source": "LIVE"}, "source: expected authored or live, got 'LIVE'"),
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
        ({"route": "topk"}, "route: expected one of source, scenario, prompt, model, experts, k, got 'topk'"),
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
        parse({"source": "live"}, Known(("english",), {}))


def test_a_bad_value_falls_back_alone():
    request, problems = read({"scenario": "code", "experts": "9999", "k": "3"}, KNOWN)
    assert (request.scenario, request.experts, request.k) == ("code", 8, 3)
    assert [problem.field for problem in problems] == ["experts"]


def test_a_library_without_the_default_scenario_begins_with_its_first():
    assert parse({}, Known(("mine", "yours"), {})).scenario == "mine"


def test_a_live_request_is_limited_by_the_experts_of_its_model():
    request = parse({"source": "live", "model": "trio-64", "k": 9}, KNOWN)
    assert (request.checkpoint, request.k) == ("trio-64", 9)


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
        parse({}, KNOWN).k = 3


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(TraceRequest.model_fields)) | st.text(), json_values))
def test_whatever_is_asked_there_is_a_request_and_problems_that_json_can_carry(values):
    request, problems = read(values, KNOWN)
    assert parse(request.model_dump(), KNOWN) == request
    assert {problem.field for problem in problems} >= set(values) - set(TraceRequest.model_fields)
    for problem in problems:
        assert all(isinstance(text, str) for text in problem.to_json().values())
    assert len(request.prompt) <= PROMPT_CHARS
