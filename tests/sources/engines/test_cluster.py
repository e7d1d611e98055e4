"""Engines over HTTP: steps from a sound answer, one sentence for each way of going wrong."""

import asyncio
import json
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import numpy as np
import pytest

from app.problem import BadRequest
from app.sources.engines.cluster import Cluster, EngineAddress, EngineError, connection
from app.sources.engines.cluster.ask import Ask
from app.sources.engines.cluster.background_loop import Closed
from app.sources.engines.cluster.model_facts import ModelFacts
from app.trace import RoutingTrace
from tests.sources.engines.plugin_answers import END, FACTS, INFO, PROMPT, START, packed, rows
from tests.sources.engines.scripted_engine import hangs_up, lines, raw, says, scripted, silent

ASK = Ask("Once", 1)
WRITTEN = {"id": 7, "text": "!"}
ROUTE, INFORMS = "/v1/moescope/route", "/v1/moescope/info"
SOUND = (START, rows(0, PROMPT), rows(2, [WRITTEN]), END)


@contextmanager
def cluster_of(*addresses: EngineAddress) -> Iterator[Cluster]:
    found = Cluster(addresses)
    try:
        yield found
    finally:
        found.stop()


@contextmanager
def engine_that(reply, info=None) -> Iterator[Cluster]:
    """Yields an engine with the plugin, whose route answers so."""
    with (
        scripted({INFORMS: info or says(INFO), ROUTE: reply}) as engine,
        cluster_of(engine.address) as cluster,
    ):
        yield cluster


def trace_of(cluster: Cluster, ask: Ask = ASK) -> RoutingTrace:
    made = cluster.open("cpu", ask)
    return RoutingTrace.from_steps(made.header, made.steps())


def test_rows_become_steps_with_the_best_expert_first():
    with engine_that(lines(*SOUND)) as cluster:
        trace = trace_of(cluster)
    assert [token.text for token in trace.header.tokens] == ["On", "ce", "!"]
    assert trace.experts[:, 0].tolist() == [[1, 2], [2, 3], [3, 0]]
    np.testing.assert_allclose(trace.weights[0, 0], [0.7310586, 0.2689414], rtol=1e-6)
    np.testing.assert_allclose(trace.scores.sum(-1), 1, rtol=1e-6)
    assert trace.header.origin["badge"] == "LIVE"
    assert trace.header.model == {"name": "cpu", "router": "topk_norm", "settings": {}}
    assert (trace.header.shape.layers, trace.header.shape.d_model) == (2, 32)


def test_one_token_more_is_asked_for_and_the_key_is_sent_as_a_header_alone():
    seen = []

    def info(handler):
        seen.append(handler.headers["authorization"])
        says(INFO)(handler)

    with (
        scripted({INFORMS: info, ROUTE: lines(*SOUND)}) as engine,
        cluster_of(engine.address) as cluster,
    ):
        trace_of(cluster, Ask("Once", 1, temperature=0.5, seed=3))
        expected = {"prompt": "Once", "max_tokens": 2, "temperature": 0.5, "seed": 3}
        assert engine.asked == [expected]
    assert set(seen) == {"Bearer secret"}


def test_steps_come_while_the_engine_still_answers():
    text = b"".join(json.dumps(each).encode() + b"\n" for each in SOUND[:2])
    with engine_that(silent(text)) as cluster:
        made = cluster.open("cpu", ASK)
        steps = made.steps()
        assert [next(steps).experts[0].tolist() for _ in range(2)] == [[1, 2], [2, 3]]
        made.cancel()
        with pytest.raises(Closed):
            list(steps)


def test_trace_that_is_pulled_again_asks_again():
    with (
        scripted({INFORMS: says(INFO), ROUTE: lines(*SOUND)}) as engine,
        cluster_of(engine.address) as cluster,
    ):
        made = cluster.open("cpu", ASK)
        assert len(list(made.steps())) == len(list(made.steps())) == 3
        assert len(engine.asked) == 2


def test_cancel_from_another_thread_frees_one_that_waits_for_the_header():
    with engine_that(silent()) as cluster, ThreadPoolExecutor(1) as pool:
        made = cluster.open("cpu", ASK)
        waiting = pool.submit(lambda: made.header)
        made.cancel()
        with pytest.raises(Closed):
            waiting.result(10)


def test_slow_engine_does_not_hold_up_another():
    with (
        scripted({INFORMS: silent()}) as slow,
        scripted({INFORMS: says(INFO), ROUTE: lines(*SOUND)}) as quick,
        cluster_of(slow.address, EngineAddress("quick", quick.address.url, "secret")) as cluster,
    ):
        assert cluster.known() == {"cpu": None, "quick": None}
        assert isinstance(cluster.facts("quick"), ModelFacts)
        assert len(list(cluster.open("quick", ASK).steps())) == 3
        assert cluster.known()["cpu"] is None


def test_nobody_at_the_address_is_unreachable_and_later_restarting():
    with engine_that(lines(*SOUND)) as cluster:
        trace_of(cluster)
        gone = cluster
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = EngineAddress("cpu", f"http://127.0.0.1:{free.getsockname()[1]}")
        with cluster_of(address) as cluster, pytest.raises(EngineError) as error:
            cluster.facts("cpu")
    assert error.value.code == "unreachable"
    assert str(error.value) == (
        "engine cpu: expected an answer, got nothing: no server answers; "
        "the operator starts it or corrects ENGINES"
    )
    assert "127.0.0.1" not in str(error.value)
    assert gone.names == ("cpu",)


def test_engine_that_answered_before_is_restarting():
    with engine_that(lines(*SOUND)) as cluster:
        trace_of(cluster)
    with (
        scripted({INFORMS: says(INFO), ROUTE: lines(*SOUND)}) as engine,
        cluster_of(engine.address) as cluster,
    ):
        trace_of(cluster)
        engine.shutdown()
        engine.server_close()
        with pytest.raises(EngineError, match="it may be restarting") as error:
            trace_of(cluster)
    assert error.value.code == "restarting"


def test_engine_is_looked_at_again_after_it_failed():
    answers = [hangs_up, says(INFO)]
    now = [0.0]
    with scripted({INFORMS: lambda handler: answers.pop(0)(handler)}) as engine:
        cluster = Cluster([engine.address], clock=lambda: now[0])
        with pytest.raises(EngineError, match="a connection that broke off"):
            cluster.facts("cpu")
        now[0] = 5
        assert cluster.facts("cpu").model == "tiny"
        now[0] = 10
        assert cluster.facts("cpu").model == "tiny"  # fresh enough: not asked a third time
        cluster.stop()


REFUSALS = {
    "key": (says({"error": "Unauthorized"}, 401), "key", "the operator sets ENGINE_KEY_CPU"),
    "forbidden": (says({}, 403), "key", "a refusal of the server's key"),
    "no-moe": (
        says({"error": {"code": "no-moe", "message": "dense"}}, 501),
        "no-moe",
        "choose another engine",
    ),
    "checking": (
        says({"error": {"code": "checking", "message": "It checks itself."}}, 503),
        "refused",
        "It checks itself.",
    ),
    "another server": (says({"hello": "world"}), "nonsense", "moescope.route/1"),
    "no JSON": (raw(b"<html>"), "nonsense", "expected JSON"),
    "nested too deeply": (raw(b"[" * 200_000), "nonsense", "expected JSON"),
    "a list": (says([1]), "nonsense", "moescope.route/1"),
    "no layers": (says({**INFO, "layers": []}), "no-moe", "a model without experts"),
    "wrong layers": (says({**INFO, "layers": [2, 0]}), "nonsense", "ascending"),
    "too many experts": (says({**INFO, "experts": 10**9}), "nonsense", "experts from 1 to 2048"),
    "k above N": (says({**INFO, "top_k": 5}), "nonsense", "k up to N"),
    "failed": (says({"error": {"message": "boom"}}, 500), "nonsense", "boom"),
    "hung up": (hangs_up, "restarting", "a connection that broke off"),
    "cut short": (raw(b'{"a"', promised=100), "restarting", "a connection that broke off"),
}


@pytest.mark.parametrize(("info", "code", "said"), REFUSALS.values(), ids=REFUSALS)
def test_engine_that_is_no_engine_is_told_in_a_sentence(info, code, said):
    with engine_that(lines(*SOUND), info) as cluster, pytest.raises(EngineError) as error:
        cluster.facts("cpu")
    assert (error.value.code, error.value.engine) == (code, "cpu")
    assert re.fullmatch(r"engine cpu: expected .+, got .+; .+", str(error.value), re.DOTALL)
    assert said in str(error.value)
    assert "secret" not in str(error.value)


NAN = packed(np.full((2, 2, 4), np.nan, "<f4"))
BAD_IDS = packed(np.full((2, 2, 2), 4, "<i4"))
TWICE = packed(np.ones((2, 2, 2), "<i4"))
ZEROS = packed(np.zeros((2, 2, 2), "<i4"))
FAULTS = {
    "nothing": ((), "an answer that stopped after 0 rows"),
    "no end": (SOUND[:3], "an answer that stopped after 3 rows"),
    "no start": (SOUND[1:], "event 'rows' after 0 rows"),
    "another event": (({"event": "x"},), "event 'x'"),
    "no event": (([],), "expected a JSON object on each line"),
    "engine failed": (({"event": "error", "message": "EngineDeadError"},), "EngineDeadError"),
    "another model": (({**START, "experts": 8},), "another model than a moment ago"),
    "prompt without text": (({**START, "prompt": [{"id": 1}]},), "a token with id and text"),
    "rows of another prompt": ((START, rows(0, PROMPT[::-1])), "token 6 in row 0"),
    "gap": ((START, rows(0, PROMPT[:1]), rows(2, [WRITTEN])), "rows from 1 on"),
    "rows twice": ((*SOUND[:2], rows(0, PROMPT)), "rows from 2 on"),
    "too many rows": ((*SOUND[:3], rows(3, [WRITTEN])), "rows from 3 on"),
    "rows behind the end": ((*SOUND, rows(3, [WRITTEN])), "event 'rows' after 3 rows"),
    "lost rows": ((*SOUND[:2], {**END, "missing": 1}), "1 missing"),
    "other shape": ((START, rows(0, PROMPT[:1]) | {"first": 0, "tokens": PROMPT}), "logits of"),
    "too few bytes": (
        (
            START,
            rows(0, PROMPT, weights=np.ones((2, 2, 2), "<f4"))
            | {"weights": {**ZEROS, "dtype": "<f4", "data": ""}},
        ),
        "0 bytes of weights",
    ),
    "no base64": ((START, rows(0, PROMPT) | {"logits": {**NAN, "data": "%"}}), "that is not base64"),
    "not finite": (
        (START, rows(0, PROMPT) | {"logits": NAN}),
        "logits that are not finite, row 0, MoE layer 0",
    ),
    "id above N": ((START, rows(0, PROMPT) | {"experts": BAD_IDS}), "expert 4 in row 0, MoE layer 0"),
    "one expert twice": ((START, rows(0, PROMPT) | {"experts": TWICE}), "one expert twice in row 0"),
    "all zero": ((START, rows(0, PROMPT) | {"experts": ZEROS}), "all experts 0 in row 0"),
}


@pytest.mark.parametrize(("answer", "said"), FAULTS.values(), ids=FAULTS)
def test_answer_that_is_no_routing_is_told_in_a_sentence(answer, said):
    with engine_that(lines(*answer)) as cluster, pytest.raises(EngineError) as error:
        trace_of(cluster)
    assert said in str(error.value)


def test_prompt_of_too_many_tokens_is_a_problem_of_the_prompt():
    long = {**START, "prompt": [PROMPT[0]] * 257}
    with engine_that(lines(long)) as cluster, pytest.raises(BadRequest, match="prompt: expected 1 to 256"):
        trace_of(cluster)


def test_answer_larger_than_allowed_is_not_read(monkeypatch):
    monkeypatch.setattr(connection, "LINE_BYTES", 1000)
    with engine_that(raw(b" " * 100_000)) as cluster, pytest.raises(EngineError, match="at most 1,000 bytes"):
        trace_of(cluster)


def test_engine_that_says_nothing_for_too_long_is_too_slow(monkeypatch):
    monkeypatch.setattr(connection, "SILENT_SECS", 0.2)
    with (
        engine_that(silent()) as cluster,
        pytest.raises(EngineError, match=r"nothing for 0\.2 seconds") as error,
    ):
        trace_of(cluster)
    assert error.value.code == "slow"


def test_certificate_that_is_not_trusted_is_told_apart_from_nobody_at_the_address():
    def fail(request):
        raise httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed")

    async def ask():
        address = EngineAddress("cpu", "https://gpu-1")
        await connection.Connection(address, httpx.MockTransport(fail)).ask("/v1/models")

    with pytest.raises(EngineError, match="SSL_CERT_FILE") as error:
        asyncio.run(ask())
    assert error.value.code == "certificate"


def test_redirect_is_not_followed_with_the_key():
    def elsewhere(handler):
        handler.send_response(307)
        handler.send_header("location", "http://127.0.0.1:9/")
        handler.send_header("content-length", "0")
        handler.end_headers()

    with engine_that(lines(*SOUND), elsewhere) as cluster, pytest.raises(EngineError, match="status 307"):
        cluster.facts("cpu")


def test_scale_that_the_engine_applies_behind_the_experts_is_in_the_weights():
    rule = {**FACTS["rule"], "scores": "sigmoid", "groups": 2, "topk_groups": 1, "output_scale": 2.5}
    own = {"rule": rule, "bias": packed(np.zeros((2, 4), "<f4"))}
    with engine_that(lines({**START, **own}, *SOUND[1:]), says({**INFO, **own})) as cluster:
        trace = trace_of(cluster)
    np.testing.assert_allclose(trace.weights.sum(-1), 2.5, rtol=1e-6)
    assert trace.header.model["settings"] == {"groups": 2, "topk_groups": 1, "scale": 2.5}


RULES = {
    "topk_norm": ({"scores": "softmax", "renormalise": True}, False),
    "topk": ({"scores": "softmax", "renormalise": False}, False),
    "softmax_bias": ({"scores": "softmax", "renormalise": True}, True),
    "group_limited": ({"scores": "softmax", "groups": 2, "topk_groups": 1}, False),
    "sigmoid_bias": ({"scores": "sigmoid", "groups": 2, "topk_groups": 1, "scale": 2.5}, True),
    "Own": ({"scores": "softmax", "custom": True, "router": "Own"}, False),
}


@pytest.mark.parametrize("router", RULES)
def test_router_is_named_by_the_rule_that_the_engine_states(router):
    rule, biased = RULES[router]
    bias = packed(np.arange(8, dtype="<f4").reshape(2, 4)) if biased else None
    own = {**FACTS, "rule": rule} | ({"bias": bias} if biased else {})
    answer = ({**START, **own}, *SOUND[1:])
    with engine_that(lines(*answer), says({**INFO, **own})) as cluster:
        header = cluster.open("cpu", ASK).header
    assert header.model["router"] == router
    assert (header.bias is not None) == biased
