"""A real vLLM server (make engine-vllm): its routing is that of the numpy forward, however it is run."""

from __future__ import annotations

import json
import os
import shutil
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from websockets.sync.client import ClientConnection

from app.routing import ROUTERS
from app.settings import ROOT, Settings
from app.shape import ModelShape
from app.sources.engines.cluster import Ask, Cluster, EngineAddress, EngineError
from app.sources.engines.cluster.background_loop import Closed
from app.sources.live.models import Model, Models
from app.trace import RoutingTrace, Token, TraceHeader
from tests.live_server import serving
from tests.socket_client import ask, hear, viewer, watch
from tests.sources.engines.vllm_server import KEY, WAYS, VllmServer

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.skipif("ENGINE_VENV" not in os.environ, reason="starts real servers: make engine-vllm"),
]

PROMPTS = (
    "Once upon a time",
    "Le café coûte 3 €, c'est cher. def add(a, b):\n    return a + b 🙂 <|endoftext|>",
    "The river is cold and the house is old. " * 12,
)


@pytest.fixture(scope="module", params=WAYS)
def server(request, tmp_path_factory) -> Iterator[VllmServer]:
    with VllmServer(tmp_path_factory.mktemp("vllm") / "log", request.param) as running:
        yield running


@pytest.fixture(scope="module")
def cluster(server) -> Iterator[Cluster]:
    found = Cluster([server.address])
    yield found
    found.stop()


@pytest.fixture(scope="module")
def model() -> Model:
    return Models(ROOT / "models").open("trio-16")


def remote(cluster: Cluster, asked: Ask) -> RoutingTrace:
    made = cluster.open("cpu", asked)
    return RoutingTrace.from_steps(made.header, made.steps())


def by_numpy(model: Model, asked: Ask, header) -> RoutingTrace:
    tokens = model.checkpoint.tokenizer.encode(asked.prompt)
    steps = model.generate(tokens, 2, ROUTERS["topk_norm"], count=asked.more, temperature=0, seed=0)
    return RoutingTrace.from_steps(replace(header, tokens=tokens), steps)


def check_equal(theirs: RoutingTrace, ours: RoutingTrace) -> None:
    assert theirs.header.tokens == ours.header.tokens
    np.testing.assert_array_equal(theirs.experts, ours.experts)
    np.testing.assert_allclose(theirs.logits, ours.logits, atol=2e-5)
    np.testing.assert_allclose(theirs.scores, ours.scores, atol=5e-6)
    np.testing.assert_allclose(theirs.weights, ours.weights, atol=5e-6)


def info(server: VllmServer) -> dict:
    headers = {"authorization": f"Bearer {KEY}"}
    request = urllib.request.Request(f"{server.url}/v1/moescope/info", headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def complete(server: VllmServer, **fields: object) -> dict:
    """Returns an ordinary completion."""
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    body = json.dumps({"model": "trio-16", "temperature": 0, **fields}).encode()
    request = urllib.request.Request(f"{server.url}/v1/completions", body, headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


@pytest.mark.parametrize("prompt", PROMPTS, ids=["short", "accents", "long"])
@pytest.mark.parametrize("more", [0, 9])
def test_engine_routes_as_the_numpy_forward(cluster, model, prompt, more):
    asked = Ask(prompt, more)
    theirs = remote(cluster, asked)
    assert theirs.header.origin["badge"] == "LIVE"
    assert theirs.header.shape == model.listing.shape
    check_equal(theirs, by_numpy(model, asked, theirs.header))


def test_requests_at_once_get_their_own_rows_with_a_cached_prefix_and_others_between(server, cluster, model):
    cached = PROMPTS[2]
    complete(server, prompt=cached, max_tokens=1)
    asked = [Ask(cached, 5), Ask(PROMPTS[1], 5), Ask(cached + " It was", 3)]
    with ThreadPoolExecutor(8) as threads:
        others = [threads.submit(complete, server, prompt=PROMPTS[0], max_tokens=20) for _ in range(4)]
        traces = list(threads.map(lambda each: remote(cluster, each), asked))
        assert all(each.result()["choices"][0]["text"] for each in others)
    for each, trace in zip(asked, traces, strict=True):
        check_equal(trace, by_numpy(model, each, trace.header))
    assert [worker["open"] for worker in info(server)["workers"]].count(0) == len(info(server)["workers"])


def test_prompt_that_is_typed_on_the_page_runs_on_the_engine(server, model):
    with page_before(server) as (_, page):
        ask(page, source="live", model="there", prompt=PROMPTS[1], **{"continue": 5, "temperature": 0})
        trace, steps = watch(page)
    ours = by_numpy(model, Ask(PROMPTS[1], 5), header_of(trace))
    assert [*trace["tokens"], *trace["written"]] == [token.to_json() for token in ours.header.tokens]
    np.testing.assert_array_equal([step.experts for step in steps], ours.experts)
    assert trace["origin"]["engine"] == "vLLM"


def header_of(trace: dict) -> TraceHeader:
    tokens = tuple(Token(**token) for token in trace["tokens"])
    return TraceHeader(tokens, ModelShape.from_json(trace["model"]), trace["model"], trace["origin"])


def test_every_stage_records_and_no_hook_failed(server, cluster):
    facts = info(server)
    assert facts["layers"] == [0, 1, 2, 3, 4, 5]
    assert facts["follows_rule"] == 1.0
    assert len(facts["workers"]) == (2 if server.way == "pipeline parallel 2" else 1)
    assert all(worker["errors"] == {} for worker in facts["workers"])


# What does not depend on how the server runs is asked of one worker.


@pytest.fixture(scope="module")
def single(tmp_path_factory) -> Iterator[VllmServer]:
    log = tmp_path_factory.mktemp("vllm") / "log"
    with VllmServer(log, environment={"MOESCOPE_KEEP_SECS": "2"}) as running:
        yield running


def wait_until(condition) -> None:
    """Asks again until it holds; the server acts in its own time."""
    pause = threading.Event()
    for _ in range(300):
        if condition():
            return
        pause.wait(0.1)
    raise AssertionError("the server never got there")


def test_wrong_key_is_refused_in_a_sentence(single):
    found = Cluster([EngineAddress("cpu", single.url, "wrong")])
    with pytest.raises(EngineError, match=r"engine cpu: .*ENGINE_KEY_CPU") as error:
        found.open("cpu", Ask("Once"))
    assert error.value.code == "key"
    found.stop()


def test_records_that_nobody_fetches_expire_while_the_engine_is_idle(single):
    before = info(single)["workers"][0]["expired"]
    complete(single, prompt="Once", max_tokens=3, vllm_xargs={"moescope": "nobody"})
    wait_until(lambda: info(single)["workers"][0]["expired"] > before)
    assert info(single)["workers"][0]["open"] == 0


def test_cancelled_trace_ends_on_the_engine_too(single):
    found = Cluster([single.address])
    made = found.open("cpu", Ask("Once upon a time", 256, temperature=1.0, seed=7))
    steps = made.steps()
    next(steps)
    made.cancel()
    with pytest.raises(Closed):
        list(steps)
    wait_until(lambda: info(single)["running"] == 0 and info(single)["workers"][0]["open"] == 0)
    found.stop()


def test_prompt_that_is_too_long_for_the_engine_is_refused_in_its_words(single):
    found = Cluster([single.address])
    with pytest.raises(EngineError, match="expected 1 to 511 tokens"):
        assert found.open("cpu", Ask("one two three " * 400)).header
    found.stop()


def long_answer(cluster: Cluster) -> Ask:
    """Returns a request after which the model writes for a second or more, and does not end its text."""
    for seed in range(20):
        asked = Ask("Once upon a time", 256, temperature=1.0, seed=seed)
        if len(remote(cluster, asked).experts) > 256:
            return asked
    raise AssertionError("the model always ends its text early")


def test_server_that_is_killed_under_a_client_and_comes_back(tmp_path, model):
    with VllmServer(tmp_path / "log") as server:
        found = Cluster([server.address])
        made = found.open("cpu", long_answer(found))
        steps = made.steps()
        next(steps)
        server.kill()
        with pytest.raises(EngineError, match="it may be restarting") as error:
            list(steps)
        assert error.value.code == "restarting"
        found.forget("cpu")
        with pytest.raises(EngineError, match="it may be restarting"):
            found.facts("cpu")
        server.start()
        wait_until(lambda: not isinstance(found.known()["cpu"], EngineError))
        asked = Ask("Once upon a time", 4)
        trace = remote(found, asked)
        check_equal(trace, by_numpy(model, asked, trace.header))
        found.stop()


FAULT = """
import moescope_vllm.recorder

def numbers(tensor):
    raise RuntimeError("a fault of the test")

moescope_vllm.recorder.numbers = numbers
"""


def test_engine_whose_hooks_fail_serves_everything_else_and_says_why_it_does_not_record(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(FAULT)
    with VllmServer(tmp_path / "log", environment={"PYTHONPATH": str(tmp_path)}) as server:
        found = Cluster([server.address])
        with pytest.raises(EngineError, match="The recorder does not fit this engine"):
            found.facts("cpu")
        answer = complete(server, prompt="Once", max_tokens=5, vllm_xargs={"moescope": "key"})
        assert len(answer["choices"][0]["text"]) > 0
        found.stop()


def test_server_that_is_killed_under_a_viewer_of_the_page_and_comes_back(tmp_path, model):
    with VllmServer(tmp_path / "log") as server, page_before(server) as (url, page):
        ask(page, source="live", model="there", prompt="Once upon a time")
        assert len(watch(page)[1]) == 6
        server.kill()
        ask(page, id=2, source="live", model="there", prompt="The river")
        message = hear(page)
        assert message["op"] == "error"
        assert "it may be restarting" in message["message"]
        ask(page, id=3, source="authored")
        assert watch(page, id=3)[1]
        server.start()
        wait_until(lambda: "there" in listed(url))
        ask(page, id=4, source="live", model="there", prompt="The river")
        trace, steps = watch(page, id=4)
        ours = by_numpy(model, Ask("The river"), header_of(trace))
        np.testing.assert_array_equal([step.experts for step in steps], ours.experts)


@contextmanager
def page_before(server: VllmServer) -> Iterator[tuple[str, ClientConnection]]:
    """Yields a server of the page whose operator named this engine, and a viewer's socket."""
    engines = {"ENGINES": f"there={server.url}", "ENGINE_KEY_THERE": KEY}
    with serving(Settings(port=0, engines=engines)) as url:
        wait_until(lambda: "there" in listed(url))
        with viewer(url) as page:
            yield url, page


def listed(url: str) -> list[str]:
    """Returns the names of the models that the page offers."""
    with urllib.request.urlopen(f"{url}/api/models", timeout=30) as answer:
        return [model["name"] for model in json.load(answer)]


def test_model_without_experts_is_refused_by_name(tmp_path):
    folder = dense_model(tmp_path)
    with VllmServer(tmp_path / "log", model=folder, extra=("--load-format", "dummy")) as server:
        found = Cluster([server.address])
        with pytest.raises(EngineError, match="a model without experts") as error:
            found.open("cpu", Ask("Once"))
        assert error.value.code == "no-moe"
        found.stop()


def dense_model(folder: Path) -> Path:
    """Returns a Llama of trio-16's sizes; vLLM fills its weights with numbers of its own."""
    made = folder / "dense"
    made.mkdir()
    config = json.loads((ROOT / "models" / "trio-16" / "config.json").read_text())
    config = {name: value for name, value in config.items() if "expert" not in name and "router" not in name}
    config |= {"architectures": ["LlamaForCausalLM"], "model_type": "llama"}
    (made / "config.json").write_text(json.dumps(config))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(ROOT / "models" / "trio-16" / name, made)
    return made
