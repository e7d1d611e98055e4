import threading

import numpy as np
import pytest

from app.problem import BadRequest
from app.settings import Settings
from app.sources.authored.scenario import load_scenarios, parse_scenario
from app.sources.registry import CACHE_BYTES, SourceRegistry
from app.trace import RoutingTrace
from tests.sources.live.tiny_checkpoints import MIXTRAL, write_checkpoint


@pytest.fixture
def sources(tmp_path):
    write_checkpoint(tmp_path / "trio-8", {**MIXTRAL, "num_local_experts": 8, "max_position_embeddings": 300})
    write_checkpoint(tmp_path / "small", {**MIXTRAL, "max_position_embeddings": 20})
    return SourceRegistry(load_scenarios(Settings().scenarios), tmp_path)


def open_source(sources, **request):
    return sources.open(sources.parse(request))


def test_an_authored_source_is_its_scenario_through_a_router(sources):
    source = open_source(sources, scenario="code", experts=32, k=3)
    scenario = sources.library.scenarios["code"]
    assert "".join(token.text for token in source.header.tokens) == scenario.text
    assert (source.header.shape.experts, source.header.shape.top_k) == (32, 3)
    assert source.header.origin["badge"] == "AUTHORED"


def test_a_live_source_is_its_prompt_through_a_checkpoint(sources):
    source = open_source(sources, source="live", prompt="été 1", k=3)
    header = source.header
    assert (header.model["name"], header.origin["badge"], header.origin["source"]) == (
        "trio-8",
        "LIVE",
        "live",
    )
    assert (header.shape.layers, header.shape.experts, header.shape.top_k) == (3, 8, 3)
    assert all(token.id is not None for token in header.tokens)
    assert header.origin["note"].endswith("trio-8 was trained with 2 experts a token, and 3 are chosen here.")
    trace = source.trace()
    assert trace.experts.shape == (len(header.tokens), 3, 3)
    assert trace.logits is not None


def test_a_live_source_without_a_prompt_takes_the_text_of_the_scenario(sources):
    source = open_source(sources, source="live", scenario="code")
    typed = open_source(sources, source="live", prompt=sources.library.scenarios["code"].text)
    assert source.header.tokens == typed.header.tokens


@pytest.mark.parametrize(
    "request_", [{"scenario": "translate", "experts": 16}, {"source": "live", "prompt": "a few words here"}]
)
def test_steps_from_the_middle_are_the_end_of_the_steps(sources, request_):
    whole = list(open_source(sources, **request_).steps())
    sources.cached.kept.clear()
    for kept in (False, True):  # computed again, and taken from what is kept
        rest = list(open_source(sources, **request_).steps(3))
        assert len(rest) == len(whole) - 3
        for ours, right in zip(rest, whole[3:], strict=True):
            np.testing.assert_array_equal(ours.experts, right.experts)
            np.testing.assert_array_equal(ours.weights, right.weights)
        assert bool(sources.cached.kept) or kept


def test_steps_come_while_later_ones_are_still_to_be_computed(sources):
    source = open_source(sources, source="live", prompt="x" * 100)
    computed = []
    model = sources.live.models.open("trio-8")
    extend = model.forward.extend
    model.forward.extend = lambda ids, *rest, **keys: computed.append(len(ids)) or extend(ids, *rest, **keys)
    steps = source.steps()
    next(steps)
    assert 0 < sum(computed) < 50
    steps.close()
    assert sum(computed) < 50


def test_a_trace_that_was_seen_is_not_computed_again(sources):
    source = open_source(sources, source="live", prompt="abc")
    first = source.trace()
    again = open_source(sources, source="live", prompt="abc")
    assert again.trace() is first


def test_viewers_of_one_authored_trace_share_it(sources):
    streams = [open_source(sources, experts=64).steps() for _ in range(3)]
    first, *others = [next(stream) for stream in streams]
    assert all(step.scores.base is first.scores.base is not None for step in others)


def test_what_is_kept_is_bounded(sources):
    for k in range(1, 513):
        open_source(sources, experts=512, k=k).trace()
    assert 0 < sources.cached.bytes <= CACHE_BYTES
    sizes = [size for _, size in sources.cached.kept.values()]
    assert sum(sizes) == sources.cached.bytes


def test_equal_requests_have_one_identity_and_others_another(sources):
    def identity(**request):
        return open_source(sources, **request).identity

    assert identity() == identity(experts="8", k=2, model="trio-8")
    others = [
        identity(k=1),
        identity(scenario="code"),
        identity(source="live"),
        identity(source="live", model="small", prompt="a"),
        identity(source="live", prompt="a"),
    ]
    assert len({identity(), *others}) == 6


def test_an_edited_scenario_is_another_trace(sources, tmp_path):
    before = open_source(sources, scenario="code").identity
    scenarios = dict(sources.library.scenarios)
    fields = scenarios["code"].model_dump(exclude={"name"})
    scenarios["code"] = parse_scenario("code", {**fields, "seed": fields["seed"] + 1})
    edited = SourceRegistry(type(sources.library)(scenarios, []), tmp_path)
    assert open_source(edited, scenario="code").identity != before


def test_a_prompt_over_the_limit_is_refused(sources):
    with pytest.raises(
        BadRequest, match="prompt: expected 1 to 256 tokens, got 300 tokens; shorten the text"
    ):
        open_source(sources, source="live", prompt="x" * 300)
    assert len(open_source(sources, source="live", prompt="x" * 256).header.tokens) == 256


def test_a_prompt_over_the_limit_of_its_model_is_refused(sources):
    with pytest.raises(BadRequest, match="prompt: expected 1 to 20 tokens, got 21 tokens"):
        open_source(sources, source="live", model="small", prompt="x" * 21)


def test_a_model_that_cannot_be_opened_is_refused_by_name(sources, tmp_path):
    (tmp_path / "small" / "model.safetensors").write_bytes(b"nonsense")
    with pytest.raises(
        BadRequest, match=r"model: expected a model that can be run, got 'small'; model\.safetensors: "
    ):
        open_source(sources, source="live", model="small", prompt="x")


def test_a_model_that_cannot_be_run_is_told_of_with_its_reason_beside_the_others(sources, tmp_path):
    (tmp_path / "small" / "config.json").write_text('{"model_type": [1]}')
    assert [info["name"] for info in sources.model_infos()] == ["trio-8"]
    assert [info["name"] for info in sources.refused_infos()] == ["small"]
    assert "model_type: expected one of" in sources.refused_infos()[0]["refused"]
    with pytest.raises(BadRequest, match=r"got 'small'; config\.json: model_type: expected one of"):
        sources.parse({"source": "live", "model": "small", "prompt": "x"})


def test_a_model_that_is_added_is_found(sources, tmp_path):
    assert set(sources.available.models) == {"trio-8", "small"}
    write_checkpoint(tmp_path / "later", MIXTRAL)
    assert sources.available.models["later"] == 6
    assert [info["name"] for info in sources.model_infos()] == ["later", "small", "trio-8"]


def test_many_ask_at_once_for_the_same(sources):
    traces, barrier = [], threading.Barrier(8)

    def ask():
        barrier.wait()
        traces.append(open_source(sources, source="live", prompt="together").trace())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(traces) == 8
    assert all(isinstance(trace, RoutingTrace) for trace in traces)
    for trace in traces[1:]:
        np.testing.assert_array_equal(trace.experts, traces[0].experts)


def test_a_key_that_the_source_refuses_falls_back_with_a_problem(sources):
    opened, understood = sources.open_understood({"source": "live", "k": 3, "prompt": "x" * 300})
    assert [problem.field for problem in understood.problems] == ["prompt"]
    assert understood.given == {"source": "live", "k": 3}
    assert opened.identity == open_source(sources, **understood.given).identity


def test_a_key_of_the_second_stack_that_the_source_refuses_leaves_that_of_the_first(sources):
    first = {"source": "live", "prompt": "abc"}
    opened, understood = sources.open_understood(first, second={"prompt": "x" * 300, "k": 1})
    assert [problem.field for problem in understood.problems] == ["b.prompt"]
    assert (understood.request.prompt, understood.given) == ("abc", {"k": 1})
    assert opened.identity == open_source(sources, **first, k=1).identity


def test_a_checkpoint_that_cannot_be_run_falls_back_to_the_first_model(sources, tmp_path):
    (tmp_path / "small" / "model.safetensors").write_bytes(b"nonsense")
    _, understood = sources.open_understood({"source": "live", "model": "small", "prompt": "x"})
    assert [problem.field for problem in understood.problems] == ["model"]
    assert understood.request.checkpoint == "trio-8"


def test_a_text_of_a_scenario_that_is_too_long_for_the_named_model_is_refused(sources):
    with pytest.raises(BadRequest, match="prompt: expected 1 to 20 tokens"):
        sources.open_understood({"source": "live", "model": "small"})


def test_live_falls_back_to_authored_where_no_model_can_be_run(sources, tmp_path):
    for name in ("trio-8", "small"):
        (tmp_path / name / "model.safetensors").write_bytes(b"nonsense")
    _, understood = sources.open_understood({"source": "live", "scenario": "code"})
    assert understood.request.source == "authored"
    assert [problem.field for problem in understood.problems] == ["source"]
