"""Atlases by name: those of shipped models reproduce measured.json; routes and commands ask them."""

import ast
import json
import subprocess
import sys
from argparse import Namespace

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.answers.files import open_sources
from app.atlas.dataset import corpus as corpora
from app.atlas.dataset.manifest import FILE, AtlasError
from app.atlas.dataset.queries import Atlas
from app.atlas.shipped import Atlases
from app.commands import atlas as atlas_command
from app.commands import record_corpus
from app.measuring import results
from app.measuring.specialisation import by_chance
from app.metrics.divergence import divergence
from app.metrics.specialisation import group_counts
from app.settings import Settings
from app.stream.workers import Workers
from app.web.admission import Desk
from app.web.atlas_routes import BODY_BYTES, TEXT_BYTES, atlas_routes
from tests.atlas.recorded import MODEL, record_texts
from tests.run_async import run_apart

SHIPPED = Settings().models
TOLD = "heldout/trio-64"


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("atlas-cache")


@pytest.fixture(scope="session")
def own(tmp_path_factory, models, texts):
    """Returns a folder with one atlas of a user."""
    folder = tmp_path_factory.mktemp("own")
    record_texts(folder / "mine", models, texts)
    return folder


@pytest.fixture(scope="session")
def atlases(cache, own):
    return Atlases(SHIPPED, own, cache)


ROUNDING = 5.01e-5  # half of the last of the four digits of measured.json
TIE = 5e-7  # scores that differ by less may change places on another processor: a few units of float32


def test_shipped_atlas_reproduces_the_measured_figures_of_its_model(atlases):
    found = atlases.answer(TOLD, "learned", {})
    known = results.read(SHIPPED)["trio-64"]["learned"]
    for name in ("js_bits", "entropy", "max_violation"):
        np.testing.assert_allclose(found[name], known[name], atol=ROUNDING, rtol=0)
    assert found["js_bits_most"] == known["js_bits_most"]
    one = 1 / (2 * min(atlases.open(TOLD).tokens_by_label("domain").values()))  # assignment of a language
    for language, loads in known["language_loads"].items():
        np.testing.assert_allclose(found["language_loads"][language], loads, atol=ROUNDING + one, rtol=0)


def test_shipped_atlas_reproduces_the_measured_tokens_of_its_experts(atlases):
    """All counts are equal on the processor that measured. On another one, a choice between scores that are
    equal but for the last bits may differ: 94 of 442,368. A count may be off by as many such choices as its
    token has in its layer, and two choices in all: one was, of a token that occurs 150 times."""
    found = atlases.answer(TOLD, "learned", {})["likes"]
    known = results.read(SHIPPED)["trio-64"]["learned"]["likes"]
    ties, moved = near_ties(atlases.open(TOLD)), 0
    assert sum(ties.values()) < 200
    for layer in range(6):
        for one, other in zip(found[layer], known[layer], strict=True):
            assert [(text, of) for text, _, of in one] == [(text, of) for text, _, of in other]
            for (text, times, _), (_, measured, _) in zip(one, other, strict=True):
                assert abs(times - measured) <= ties.get((layer, text), 0), (layer, text)
                moved += abs(times - measured)
    assert moved <= 2 * 2, "each choice leaves one expert and comes to another"


def near_ties(atlas):
    """How many choices of each (layer, text of the token) a last bit decides."""
    rows = atlas.ask(
        "select layer, text, count(*) n from routing join (select distinct token_id, text from tokens) "
        "using (token_id) where margin < ? group by all",
        TIE,
    )
    keys = zip(rows["layer"].tolist(), rows["text"].tolist(), strict=True)
    return dict(zip(keys, rows["n"].tolist(), strict=True))


def test_chance_of_a_corpus_is_that_of_experts_drawn_for_each_token(atlases):
    """The slow way, as `measure` has it, gives the same over draws."""
    found = atlases.answer("mine", "learned", {})
    atlas = atlases.open("mine")
    tokens = {name: count for name, count in atlas.tokens_by_label("domain").items() if name}
    groups = np.repeat(np.arange(len(tokens)), list(tokens.values())).astype(np.int32)
    shape, random = atlas.shape, np.random.default_rng(0)
    slow = [
        divergence(
            group_counts(
                by_chance(len(groups), shape.experts, shape.top_k, random), groups, len(tokens), shape.experts
            )
        )
        for _ in range(400)
    ]
    low, high = np.quantile(slow, (0.0005, 0.9995))
    assert all(low <= bits <= high for bits in found["js_bits_chance"]), (low, high)
    assert max(found["js_bits_chance"]) > 0


def test_load_of_a_corpus_is_its_assignments(atlases):
    found = atlases.answer("mine", "load", {})
    atlas = atlases.open("mine")
    assert np.sum(found["assigned"], axis=1).tolist() == [atlas.tokens * 2] * 3
    assert (found["texts"], found["tokens"], found["model"]) == (40, atlas.tokens, MODEL)


def test_shipped_atlas_is_made_once_and_found_again(atlases, cache, own, monkeypatch):
    atlases.open(TOLD)
    monkeypatch.setattr(
        "app.atlas.recording.writer.make_part", lambda *given: pytest.fail("it is there already")
    )
    again = Atlases(SHIPPED, own, cache)
    assert again.open(TOLD).tokens == atlases.open(TOLD).tokens == 73_728


def test_names_are_those_of_the_folder_and_of_models_that_read_the_held_out_text(atlases, own):
    found = {each["name"]: each for each in atlases.list()}
    assert found["mine"]["tokens"] > 0 and found["mine"]["complete"]
    assert {f"heldout/trio-{n}" for n in (8, 16, 32, 64)} <= set(found)
    assert found["mine"]["model"] == MODEL and not found["mine"]["runs"], "its model is not in the folder"
    told = found[TOLD]
    assert (told["model"], told["layers"], told["experts"], told["runs"]) == ("trio-64", 6, 64, True)
    (own / "broken").mkdir(exist_ok=True)
    (own / "broken" / "manifest.json").write_text("{")
    broken = next(each for each in atlases.list() if each["name"] == "broken")
    assert "expected JSON" in broken["problem"]


@pytest.mark.parametrize("name", ["nope", "heldout/nope", "../models", "", "heldout/../trio-8"])
def test_unknown_name_is_refused_with_those_that_are_known(atlases, name):
    with pytest.raises(AtlasError, match=r"atlas: expected one of .*mine.*heldout/trio-8"):
        atlases.open(name)


def desk():
    """Threads alone: what a long body is read in is a matter of the desk's own tests."""
    return Desk(open_sources(Settings().scenarios, SHIPPED), Workers(1))


@pytest.fixture
def ask(atlases):
    """Sends requests to the routes alone."""
    app = FastAPI()
    app.include_router(atlas_routes(atlases, desk()))

    def send(method, path, **more):
        answers = []

        async def run():
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                answers.append(await client.request(method, path, **more))

        run_apart(run)
        return answers[0]

    return send


def test_routes_answer_questions_and_list_what_there_is(ask):
    names = ask("GET", "/api/atlases").json()
    assert any(each["name"] == "mine" for each in names["atlases"])
    assert "trio-8" in names["trainings"]
    page = ask("GET", "/api/atlas/expert", params={"atlas": TOLD, "layer": 2, "expert": 5})
    assert page.status_code == 200
    assert page.json()["sentence"]["finding"]["value"] == " the"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/atlas/expert?atlas=mine&layer=1", "expert"),
        ("/api/atlas/nothing?atlas=mine", "question"),
        ("/api/atlas/overview?atlas=nope", "atlas"),
        ("/api/atlas-plan?atlas=mine&devices=4", "devices"),
        ("/api/atlas-plan?atlas=mine&devices=3&format=x", "format"),
        ("/api/training?name=nope", "name"),
    ],
)
def test_routes_refuse_a_wrong_question_by_its_field(ask, path, field):
    answer = ask("GET", path)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("format", ["sglang", "trtllm"])
def test_placement_that_a_route_writes_is_read_back_and_weighed(ask, format):
    query = {"atlas": "mine", "devices": 3, "slots": 9, "format": format}
    written = ask("GET", "/api/atlas-plan", params=query)
    assert "attachment" in written.headers["content-disposition"]
    weighed = ask("POST", "/api/atlas-plan", params=query, content=written.content).json()
    found = ask("GET", "/api/atlas/placement", params={"atlas": "mine", "devices": 3, "slots": 9}).json()
    assert weighed["imbalance"] == found["strategies"]["eplb"]["imbalance"]
    assert ask("POST", "/api/atlas-plan", params=query, content=b"{").status_code == 422


def test_routes_compare_a_routing_with_the_corpus(ask, atlases):
    rows = atlases.open("mine")
    body = {"ids": rows.document_ids(0)[:3], "experts": rows.trace(30)[:3].tolist()}
    found = ask("POST", "/api/atlas-kind", params={"atlas": "mine"}, json=body)
    assert len(found.json()["tokens"]) == 3
    long = ask("POST", "/api/atlas-kind", params={"atlas": "mine"}, content=b" " * (BODY_BYTES + 5))
    assert (long.status_code, long.json()["errors"][0]["field"]) == (422, "body")


def test_text_is_routed_by_the_model_of_the_atlas_and_compared(ask):
    found = ask("POST", "/api/atlas-text", params={"atlas": TOLD}, content=b"the file is read").json()
    assert "".join(token["text"] for token in found["tokens"]) == "the file is read"
    told = [token for token in found["tokens"] if token["mean"] is not None]
    assert told and all(found["even"] < token["mean"] <= 1 for token in told)


@pytest.mark.parametrize(
    ("atlas", "text", "field"),
    [
        (TOLD, "", "text"),
        (TOLD, "a " * 9000, "text"),
        (TOLD, "a" * (TEXT_BYTES + 1), "text"),
        ("mine", "a", "model"),
        ("nope", "a", "atlas"),
    ],
)
def test_text_that_cannot_be_compared_is_refused_by_field(ask, atlas, text, field):
    answer = ask("POST", "/api/atlas-text", params={"atlas": atlas}, content=text.encode())
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_routes_tell_a_training_over_its_steps(ask):
    found = ask("GET", "/api/training", params={"name": "trio-8-unbalanced"}).json()
    assert found["steps"][-1] == 5400 and None not in found["collapse"]


def test_route_measures_what_a_cut_costs_where_the_model_runs(ask):
    found = ask("GET", "/api/atlas-prune", params={"atlas": TOLD, "by": "reap", "drop": 0.25}).json()
    assert {len(row) for row in found["keep"]} == {48}
    assert 0 < found["loss"]["cost"] < 0.1
    other = ask("GET", "/api/atlas-prune", params={"atlas": "mine", "by": "frequency"}).json()
    assert other["loss"] is None and len(other["keep"]) == 3
    wrong = ask("GET", "/api/atlas-prune", params={"atlas": "mine", "by": "reap"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "by")


def test_question_is_put_off_while_too_many_wait(ask, monkeypatch):
    monkeypatch.setattr("app.web.atlas_routes.MOST_WAITING", 0)
    answer = ask("GET", "/api/atlases")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert ask("GET", "/api/atlas-plan", params={"atlas": "mine"}).status_code == 503


def test_routes_compare_two_atlases(ask):
    found = ask("GET", "/api/atlas-compare", params={"atlas": TOLD, "other": TOLD}).json()
    assert found["flips"] == [0] * 6
    wrong = ask("GET", "/api/atlas-compare", params={"atlas": TOLD, "other": "mine"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "other")


def test_a_server_that_nobody_asks_for_an_atlas_loads_no_database():
    code = "import sys, app.__main__, app.web.application\nprint([*sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "app.web.atlas_routes" in loaded
    assert not {"duckdb", "yaml", "ray"} & set(ast.literal_eval(loaded))


def settings(models, **more):
    return Settings(models=models, **more)


def recorded(tmp_path, models, texts, **more):
    options = {"model": MODEL, "corpus": str(texts), "out": str(tmp_path / "out"), "ray": False, **more}
    return record_corpus.run(settings(models), Namespace(**options))


def test_record_writes_an_atlas_and_says_what_lacks_a_label(tmp_path, models, texts, routes, capsys):
    assert recorded(tmp_path, models, texts) == 0
    told = capsys.readouterr()
    assert "40 documents" in told.out and "domain: 10 documents have none" in told.out
    assert "40 of 40 documents" in told.err
    assert Atlas(tmp_path / "out").manifest.complete


def test_record_takes_a_checkpoint_by_its_folder(tmp_path, models, texts, routes):
    assert recorded(tmp_path, tmp_path, texts, model=str(models / MODEL)) == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "nope"}, "record: model: expected one of"),
        ({"corpus": "nope.jsonl"}, "nope.jsonl: expected a file of texts"),
        ({"corpus": "heldout"}, "heldout.safetensors"),
    ],
)
def test_record_says_what_is_wrong(tmp_path, models, texts, routes, capsys, changes, message):
    assert recorded(tmp_path, models, texts, **changes) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_record_that_is_interrupted_says_how_to_go_on(tmp_path, models, texts, routes, capsys, monkeypatch):
    monkeypatch.setattr(corpora, "PART_DOCUMENTS", 4)
    shown = record_corpus.ProgressLine.__call__

    def stop(self, progress):
        shown(self, progress)
        if progress.documents >= 8:
            raise KeyboardInterrupt

    monkeypatch.setattr(record_corpus.ProgressLine, "__call__", stop)
    assert recorded(tmp_path, models, texts) == 130
    assert "the same command goes on" in capsys.readouterr().err
    monkeypatch.setattr(record_corpus.ProgressLine, "__call__", shown)
    assert recorded(tmp_path, models, texts) == 0
    assert Atlas(tmp_path / "out").manifest.documents == 40


def test_command_answers_plans_prunes_and_tells_a_training(tmp_path, cache, capsys, monkeypatch):
    monkeypatch.setenv("ATLAS_CACHE", str(cache))

    def run(**options):
        code = atlas_command.run(settings(SHIPPED), Namespace(**options))
        return code, capsys.readouterr()

    code, told = run(action="ask", atlas=TOLD, question="coverage", values=[])
    assert code == 0 and len(json.loads(told.out)["curves"]) == 6
    plan = tmp_path / "plan.json"
    code, _ = run(action="plan", atlas=TOLD, strategy="eplb", devices=8, slots=80, format="sglang", out=plan)
    assert code == 0 and np.array(json.loads(plan.read_text())["physical_to_logical_map"]).shape == (6, 80)
    keep = tmp_path / "keep.json"
    code, told = run(action="prune", atlas=TOLD, by="reap", drop=0.25, out=keep)
    written = json.loads(keep.read_text())
    assert code == 0 and {len(row) for row in written["keep"]} == {48}
    assert 0 < written["loss"]["cost"] < 0.1
    code, told = run(action="training", folder=SHIPPED / "trio-8" / "snapshots", ep=None)
    assert code == 0 and json.loads(told.out)["steps"][-1] == 5400
    code, told = run(action="ask", atlas="nope", question="load", values=[])
    assert code == 2 and "atlas: expected one of" in told.err


def test_stranger_asking_a_broken_atlas_is_told_its_name_and_no_folder(tmp_path):
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / FILE).write_text("{}")
    server = FastAPI()
    server.include_router(atlas_routes(Atlases(SHIPPED, tmp_path, tmp_path / "cache"), desk()))
    client = TestClient(server)
    answers = [client.get("/api/atlases"), client.get("/api/atlas/coverage", params={"atlas": "half"})]
    assert [answer.status_code for answer in answers] == [200, 422]
    for answer in answers:
        assert "half" in answer.text and str(tmp_path) not in answer.text
