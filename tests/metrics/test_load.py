"""The load of one text equals that of its trace; of several texts, that of all their tokens."""

import json
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest

from app.metrics import balance
from app.metrics.counts import counts, z_sums
from app.metrics.load import Load
from app.problem import BadRequest
from app.published.catalogue import shapes
from app.request.cost import check_updates
from app.settings import Settings
from app.sources.authored.scenario import load_scenarios
from app.sources.live.text_windows import check_over, cut, requests_over, windows
from app.sources.registry import SourceRegistry
from app.trace import RoutingTrace, Token
from tests.sources.live.tiny_checkpoints import MIXTRAL, write_checkpoint
from tests.trace_factory import trace_of

# Three tokens, two layers of four experts, k = 2; expert 0 of layer 1 has room for two.
SMALL = trace_of([[[0, 1], [0, 1]], [[0, 2], [1, 0]], [[0, 3], [2, 3]]], 4)
DROPS = np.array([[[0, 0], [0, 0]], [[0, 0], [0, 0]], [[1, 0], [0, 0]]], bool)


def dropping(trace, dropped):
    return type(trace)(trace.header, trace.scores, trace.experts, trace.weights, dropped=dropped)


def test_load_of_a_trace_counts_what_was_worked_out_by_hand():
    load = Load.of(dropping(SMALL, DROPS))
    assert (load.texts, load.tokens) == (1, 3)
    assert load.assigned.tolist() == [[3, 1, 1, 1], [2, 2, 1, 1]]
    assert load.kept.tolist() == [[2, 1, 1, 1], [2, 2, 1, 1]]
    assert load.first.tolist() == [[3, 0, 0, 0], [1, 1, 1, 0]]
    measures = load.measures
    assert measures["max_over_mean"].tolist() == [2, pytest.approx(4 / 3)]
    assert measures["max_violation"].tolist() == [1, pytest.approx(1 / 3)]
    assert measures["dropped_share"].tolist() == [pytest.approx(1 / 6), 0]


def test_measures_of_one_trace_are_those_of_metrics():
    trace = dropping(SMALL, DROPS)
    measures = Load.of(trace).measures
    assert list(measures) == [measure.name for measure in balance.MEASURES]
    np.testing.assert_allclose(measures["dropped_share"], balance.dropped_share(trace))
    np.testing.assert_allclose(measures["entropy"], balance.entropy(counts(trace)))


def test_loads_of_two_texts_add_up_to_that_of_all_their_tokens():
    one, other = (trace_of(SMALL.experts[rows], 4) for rows in (slice(0, 1), slice(1, 3)))
    both = Load.of(one) + Load.of(other)
    whole = Load.of(SMALL)
    assert (both.texts, both.tokens) == (2, 3)
    for name, values in whole.measures.items():
        np.testing.assert_allclose(both.measures[name], values)


def test_z_loss_of_texts_is_that_of_all_their_tokens_and_of_none_whose_logits_are_unknown():
    logits = np.log(np.array([[[1, 3, 4, 8]] * 2, [[1, 1, 1, 1]] * 2, [[2, 2, 2, 2]] * 2], np.float32))
    trace = replace(SMALL, logits=logits)
    expected = (np.log(16) ** 2 + np.log(4) ** 2 + np.log(8) ** 2) / 3  # 4.6441
    np.testing.assert_allclose(Load.of(trace).measures["z_loss"], [expected, expected], rtol=1e-6)
    one, other = (replace(trace_of(SMALL.experts[r], 4), logits=logits[r]) for r in (slice(1), slice(1, 3)))
    np.testing.assert_allclose((Load.of(one) + Load.of(other)).measures["z_loss"], expected, rtol=1e-6)
    assert "z_loss" not in (Load.of(one) + Load.of(SMALL)).measures


def test_the_load_of_a_prompt_by_st_moe_tells_its_z_loss(server_url):
    answer = httpx.get(f"{server_url}/api/load", params={"router": "st_moe", "scenario": "code"})
    trace = httpx.get(f"{server_url}/api/trace", params={"router": "st_moe", "scenario": "code"})
    logits = RoutingTrace.from_bytes(trace.content).logits
    assert logits is not None
    np.testing.assert_allclose(answer.json()["measures"]["z_loss"], z_sums(logits) / len(logits), atol=1e-5)


def test_a_text_is_cut_into_windows_of_nearly_equal_length():
    tokens = tuple(Token(str(i)) for i in range(258))
    assert [len(window) for window in cut(tokens, 256)] == [129, 129]
    assert [len(window) for window in cut(tokens[:256], 256)] == [256]
    assert sum(cut(tokens, 100), ()) == tokens


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    write_checkpoint(folder / "trio-8", {**MIXTRAL, "num_local_experts": 8, "max_position_embeddings": 20})
    return SourceRegistry(load_scenarios(Settings().scenarios), folder)


def test_scenarios_are_asked_for_one_by_one_with_the_same_router(sources):
    asked = sources.parse({"source": "live", "prompt": "words", "router": "switch", "capacity": 0.5})
    requests = requests_over(asked, "scenarios", sources.available.scenarios)
    assert [each.scenario for each in requests] == list(sources.available.scenarios)
    assert {(each.router, each.capacity, each.prompt) for each in requests} == {("switch", 0.5, "")}
    assert requests_over(asked, "prompt", ()) == [asked]


def test_a_long_text_is_routed_in_windows_that_the_model_takes(sources):
    asked = sources.parse({"source": "live", "router": "expert_choice"})
    traces = [make() for make in windows(sources, asked, "a few words and then some more of them. " * 3)]
    lengths = [len(trace.header.tokens) for trace in traces]
    assert len(lengths) > 2 and max(lengths) <= 20
    load = sum((Load.of(trace) for trace in traces[1:]), Load.of(traces[0]))
    assert load.tokens == sum(lengths)
    assert load.measures["max_violation"].max() < 0.01, "Expert Choice gives each expert as many"


@pytest.mark.parametrize(
    ("keys", "text", "field"),
    [({}, "words", "source"), ({"source": "live"}, "", "text"), ({"source": "live"}, "x" * 20_001, "text")],
)
def test_a_text_that_cannot_be_counted_is_refused_by_name(sources, keys, text, field):
    with pytest.raises(BadRequest) as refused:
        windows(sources, sources.parse(keys), text)
    assert [problem.field for problem in refused.value.problems] == [field]


def test_an_unknown_span_is_refused_with_those_that_there_are():
    with pytest.raises(BadRequest, match="over: expected one of prompt, scenarios, got 'all'"):
        check_over("all")


def test_the_load_over_all_scenarios_is_answered_once_and_kept(server_url):
    with httpx.Client(base_url=server_url) as client:
        keys = {"over": "scenarios", "router": "switch", "capacity": "0.5"}
        answer = client.get("/api/load", params=keys)
        load = answer.json()
        assert load["texts"] == len(client.get("/api/scenarios").json())
        assert np.array(load["assigned"]).sum(axis=1).tolist() == [load["tokens"]] * 6
        assert min(load["measures"]["dropped_share"]) > 0.2
        again = client.get("/api/load", params=keys, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304


def test_a_pasted_text_is_refused_for_an_authored_source_with_the_reason(server_url):
    answer = httpx.post(f"{server_url}/api/load", content="some words")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "source"
    assert "authored routing is about given tokens" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("name", sorted(shapes()))
def test_every_published_shape_takes_nearly_half_of_the_updates_that_a_small_one_may(sources, name):
    keys = {"scenario": "code", "router": "sigmoid_bias", "k": 1, "updates": 90}
    asked = sources.parse({**keys, "shape": name})
    shape = sources.available.shaped(name).shape
    check_updates(asked, shape, tokens=13)


def test_more_updates_are_refused_than_anybody_shall_wait_for(sources):
    router = {"router": "sigmoid_bias", "updates": 200}
    small = sources.parse({**router, "scenario": "code", "experts": 512, "k": 1})
    assert sources.open(small).header.bias.shape == (6, 512)
    large = sources.parse({**router, "scenario": "code", "shape": "switch-c-2048", "k": 1})
    with pytest.raises(BadRequest, match="updates: expected 0 to 125 with 13 tokens, 30 layers and 2048 exp"):
        sources.open(large)


def test_more_updates_are_refused_over_a_long_text_by_a_router_that_reads_them():
    sources = SourceRegistry(load_scenarios(Settings().scenarios), Settings().models)
    live = {"source": "live", "experts": 64, "updates": 200}
    text = sources.parse({**live, "router": "sigmoid_bias"})
    with pytest.raises(BadRequest, match="choose fewer updates, tokens or experts"):
        windows(sources, text, "a b " * 5000)
    unread = sources.parse({**live, "router": "topk"})
    assert windows(sources, unread, "a b " * 5000)


def test_the_golden_load_is_what_is_counted_of_its_trace():
    golden = json.loads((Path(__file__).parents[1] / "golden" / "loads.json").read_text())
    scores = (np.array(golden["scores"]) / 255) ** 2
    trace = dropping(trace_of(golden["experts"], 6, scores=scores), np.array(golden["dropped"], bool))
    load = Load.of(trace).to_json()
    assert {name: load[name] for name in ("texts", "tokens", "assigned", "kept")} == {
        name: golden[name] for name in ("texts", "tokens", "assigned", "kept")
    }
    for name, values in golden["measures"].items():
        np.testing.assert_allclose(load["measures"][name], values, atol=1e-5)
