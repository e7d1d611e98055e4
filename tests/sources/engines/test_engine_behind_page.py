"""Engines behind the page: in the menu, as a live source, and as a sentence when they fail."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from urllib.parse import urlencode

import pytest

from app.answers.estimate import shape_of, text_secs, trace_secs
from app.request.cost import cost_of_trace
from app.settings import Settings
from app.sources.authored.scenario import load_scenarios
from app.sources.engines.cluster.connection import AT_ONCE
from app.sources.registry import SourceRegistry
from app.web.application import create_app
from tests.live_server import serving
from tests.socket_client import ask, hear, viewer, watch
from tests.sources.engines.plugin_answers import INFO, PROMPT
from tests.sources.engines.scripted_engine import ScriptedEngine, lines, says, scripted, silent
from tests.sources.engines.test_cluster import INFORMS, ROUTE, SOUND, engine_that

LIVE = {"source": "live", "model": "there", "prompt": "Once", "continue": 1}


@contextmanager
def page_with(reply, info=None) -> Iterator[tuple[str, ScriptedEngine]]:
    """Yields a server of the page, and the engine that its operator named."""
    with scripted({INFORMS: info or says(INFO), ROUTE: reply}) as engine:
        settings = Settings(port=0, engines={"ENGINES": f"there={engine.address.url}"})
        with serving(settings) as url:
            wait_until(lambda: not any("none yet" in problem for problem in problems(url)))
            yield url, engine


def wait_until(condition) -> None:
    """Asks again until it holds; a look at an engine takes its own time."""
    pause = Event()
    for _ in range(1200):
        if condition():
            return
        pause.wait(0.05)
    raise AssertionError("the server never got there")


def get(url: str, path: str, **query) -> tuple[int, dict]:
    try:
        with urllib.request.urlopen(f"{url}{path}?{urlencode(query)}", timeout=60) as answer:
            return answer.status, json.load(answer) if "json" in answer.headers["content-type"] else {}
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def problems(url: str) -> list[str]:
    """Returns what a request for the engine's model is told, without a prompt reaching the engine."""
    _, answer = get(url, "/api/trace", **{**LIVE, "prompt": "x" * 2001})
    return [each["message"] for each in answer["errors"]]


def error_of(url: str, **request) -> str:
    with viewer(url) as page:
        ask(page, **{**LIVE, **request})
        message = hear(page)
        while isinstance(message, tuple) or message["op"] != "error":
            message = hear(page)
    return message["message"]


def test_engine_is_in_the_menu_and_its_model_runs_as_a_live_source():
    with page_with(lines(*SOUND)) as (url, engine):
        _, models = get(url, "/api/models")
        (listed,) = [model for model in models if model["name"] == "there"]
        assert (listed["experts"], listed["top_k"], listed["layers"]) == (4, 2, 2)
        with viewer(url) as page:
            ask(page, **LIVE)
            trace, steps = watch(page)
        assert [step.experts[0].tolist() for step in steps] == [[1, 2], [2, 3], [3, 0]]
        assert trace["origin"]["badge"] == "LIVE"
        assert trace["written"] == [{"text": "!", "id": 7}]
        assert engine.asked[0]["prompt"] == "Once"
        assert engine.asked[0]["max_tokens"] == 2


@pytest.mark.parametrize("model", ["cpu", "trio-16"])
def test_a_text_costs_what_a_prompt_of_it_costs_wherever_the_model_runs(model):
    with engine_that(lines(*SOUND)) as cluster:
        cluster.facts("cpu")
        sources = SourceRegistry(load_scenarios(Settings().scenarios), Settings().models, engines=cluster)
        asked = sources.parse({"source": "live", "model": model, "prompt": "Once"})
        forward = cost_of_trace(asked, shape_of(sources, asked), 4) - trace_secs(sources, asked)
        assert sources.elsewhere(asked) is (forward > 0) is (model == "cpu")
        assert text_secs(sources, asked, "Once") == trace_secs(sources, asked)


def test_answers_in_one_piece_of_a_silent_engine_hold_up_nobody_else():
    with page_with(silent()) as (url, engine), ThreadPoolExecutor(8) as readers:
        paths = ("/api/trace", "/preview.svg", "/preview.png", "/api/load", "/api/devices")
        waiting = [readers.submit(get, url, path, **LIVE, seed=seed) for seed, path in enumerate(paths)]
        wait_until(lambda: len(engine.asked) >= len(paths))
        assert get(url, "/api/trace", scenario="code")[0] == 200
        assert get(url, "/preview.png", scenario="code", experts=64)[0] == 200
        assert not any(each.done() for each in waiting)
        engine.released.set()
        assert {each.result()[0] for each in waiting} == {502}


def test_preview_of_an_engine_s_model_is_drawn_as_svg_and_as_png():
    with page_with(lines(*SOUND)) as (url, _):
        for path in ("/preview.svg", "/preview.png", "/api/load"):
            assert get(url, path, **LIVE)[0] == 200, path


def test_router_and_k_are_the_engine_s_whatever_is_asked():
    with page_with(lines(*SOUND)) as (url, engine):
        for k, router in ((1, "topk"), (4, "sigmoid_bias")):
            with viewer(url) as page:
                ask(page, **LIVE, k=k, router=router)
                trace, _ = watch(page)
                assert (trace["model"]["top_k"], trace["model"]["router"]) == (2, "topk_norm")
        assert len(engine.asked) == 1  # the second time it is the same trace, which was kept


def test_trace_is_a_file_too():
    with page_with(lines(*SOUND)) as (url, _):
        assert get(url, "/api/trace", **LIVE)[0] == 200


def test_engine_that_fails_in_the_middle_is_a_sentence_on_the_page():
    with page_with(lines(*SOUND[:2])) as (url, _):
        assert error_of(url) == (
            "engine there: expected an answer, got an answer that stopped after 2 rows; try again in a moment"
        )
        status, answer = get(url, "/api/trace", **LIVE)
        assert status == 502
        assert answer["errors"][0]["field"] == "engine there"


@pytest.mark.parametrize(
    ("info", "said"),
    [
        (says({}, 401), "the operator sets ENGINE_KEY_THERE"),
        (says({"error": {"code": "no-moe", "message": "dense"}}, 501), "got a model without experts"),
    ],
)
def test_engine_that_cannot_serve_says_why_where_its_model_is_named(info, said):
    with page_with(lines(*SOUND), info) as (url, _):
        assert [model for model in get(url, "/api/models")[1] if model["name"] == "there"] == []
        with viewer(url) as page:
            ask(page, **LIVE)
            (notice,) = hear(page)["notices"]
        assert notice["message"].startswith("model: expected")
        assert said in notice["message"]
        assert notice["used"] == "trio-8", "the page shows a model that can be run, and says why"


def test_viewer_who_asks_for_something_else_is_not_kept_by_an_engine_that_is_silent():
    with page_with(silent()) as (url, engine), viewer(url) as page:
        ask(page, id=1, **LIVE)
        wait_until(lambda: engine.asked)
        ask(page, id=2, source="authored")
        trace, steps = watch(page, id=2)
        assert len(steps) == len(trace["tokens"])


def test_engine_that_is_silent_keeps_nobody_else_waiting():
    with page_with(silent()) as (url, engine), viewer(url) as one, viewer(url) as two, viewer(url) as three:
        for page in (one, two, three):
            ask(page, **LIVE)
        wait_until(lambda: len(engine.asked) == 3)
        with viewer(url) as other:
            ask(other, source="authored")
            assert watch(other)[1]


def test_more_prompts_at_once_than_an_engine_is_given_are_put_off():
    with page_with(silent()) as (url, engine):
        pages = [viewer(url) for _ in range(AT_ONCE)]
        for page in pages:
            ask(page.__enter__(), **LIVE)
        wait_until(lambda: len(engine.asked) == AT_ONCE)
        assert "got 16 already; try again in a moment" in error_of(url)
        for page in pages:
            page.__exit__(None, None, None)


def test_wrong_engines_stop_the_server_from_starting():
    with pytest.raises(ValueError, match="ENGINES: expected name=URL"):
        create_app(Settings(engines={"ENGINES": "https://gpu-1"}))


def test_keys_are_read_from_the_environment_and_printed_nowhere():
    settings = Settings.from_env({"ENGINES": "a=http://h", "ENGINE_KEY_A": "secret", "HOME": "/"})
    assert settings.engines == {"ENGINES": "a=http://h", "ENGINE_KEY_A": "secret"}
    assert "secret" not in repr(settings)


def test_engine_has_the_texts_of_its_own_tokens():
    with page_with(lines(*SOUND)) as (url, _), viewer(url) as page:
        ask(page, **LIVE)
        assert watch(page)[0]["tokens"] == PROMPT
