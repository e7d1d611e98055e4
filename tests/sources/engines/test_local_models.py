"""Models of a folder by the engine that runs each: the menu, the page's refusals, and the setting ENGINE."""

import json
import shutil
import struct

import httpx
import pytest

from app.problem import BadRequest
from app.settings import ROOT, Settings
from app.sources.authored.scenario import load_scenarios
from app.sources.engines import registry as engines
from app.sources.registry import SourceRegistry
from tests.live_server import serving

TRIO = ROOT / "models" / "trio-16"
OTHER = {"model_type": "jamba", "num_hidden_layers": 4, "num_experts": 8, "num_experts_per_tok": 2}


def write_gguf(path, **numbers):
    """The header of a GGUF file with numbers of its architecture, and nothing else."""
    entries = [(f"qwen3moe.{key}", value) for key, value in numbers.items()]
    body = b"".join(struct.pack("<Q", len(k)) + k.encode() + struct.pack("<II", 4, v) for k, v in entries)
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries)) + body)


@pytest.fixture
def folder(tmp_path):
    """Returns a model that numpy runs, one of another family, a GGUF file, and one whose weights are
    missing."""
    models = tmp_path / "models"
    shutil.copytree(TRIO, models / "mine")
    shutil.copytree(TRIO, models / "other")
    (models / "other" / "config.json").write_text(json.dumps(OTHER))
    (models / "empty").mkdir()
    (models / "empty" / "config.json").write_text(json.dumps(OTHER))
    write_gguf(models / "small.gguf", block_count=6, expert_count=16, expert_used_count=4)
    return models


def sources_of(folder, engine=""):
    return SourceRegistry(load_scenarios(Settings().scenarios), folder, engine=engine)


def install(monkeypatch, *names):
    """These engines are installed, whatever is."""
    monkeypatch.setattr(engines.Engine, "installed", property(lambda self: self.name in ("numpy", *names)))


def refused(sources):
    return {each["name"]: each["refused"] for each in sources.refused_infos()}


def offered(sources):
    return {
        each["name"]: (each.get("engine"), each["experts"], each["top_k"]) for each in sources.model_infos()
    }


def test_model_that_numpy_refuses_is_offered_with_the_engine_that_runs_it(folder, monkeypatch):
    install(monkeypatch, "transformers", "llama.cpp")
    sources = sources_of(folder)
    assert offered(sources) == {
        "mine": (None, 16, 2),
        "other": ("transformers", 8, 2),
        "small": ("llama.cpp", 16, 4),
    }
    assert list(refused(sources)) == ["empty"]


def test_menu_says_which_extra_to_install_and_what_numpy_said(folder, monkeypatch):
    install(monkeypatch)
    sources = sources_of(folder)
    found = refused(sources)
    assert set(offered(sources)) == {"mine"}
    assert "jamba" in found["other"] and "pip install 'moescope[transformers]'" in found["other"]
    assert "pip install 'moescope[llama-cpp]'" in found["small"]


def test_refused_model_in_a_link_falls_back_with_its_reason(folder, monkeypatch):
    install(monkeypatch)
    understood = sources_of(folder).read({"source": "live", "model": "other"})
    assert understood.request.model == "mine"
    (notice,) = understood.answer.notices
    assert notice["field"] == "model" and "pip install 'moescope[transformers]'" in notice["advice"]


@pytest.mark.parametrize(("engine", "runs"), [("numpy", {"mine"}), ("transformers", {"mine", "other"})])
def test_setting_names_the_engine_of_all_models_of_the_folder(folder, monkeypatch, engine, runs):
    install(monkeypatch, "transformers", "llama.cpp")
    sources = sources_of(folder, engine)
    assert set(offered(sources)) == runs
    by = {name: found[0] for name, found in offered(sources).items()}
    assert by["mine"] == (None if engine == "numpy" else "transformers")


def test_keys_that_an_engine_decides_are_fixed_and_what_it_does_not_alter_is_told(folder, monkeypatch):
    install(monkeypatch, "transformers", "llama.cpp")
    sources = sources_of(folder)
    request = sources.read({"source": "live", "model": "other", "k": 4, "alter": "1.3-off"}).request
    assert (request.k, request.alter) == (2, "1.3-off")
    understood = sources.read({"source": "live", "model": "small", "alter": "1.3-off"})
    assert understood.request.alter == "" and understood.problems[0].field == "alter"


def test_model_that_an_engine_cannot_open_after_all_is_told_by_name(folder, monkeypatch):
    monkeypatch.setattr(
        engines.Engine, "open", lambda self, files: (_ for _ in ()).throw(ValueError("no memory"))
    )
    install(monkeypatch, "transformers", "llama.cpp")
    sources = sources_of(folder)
    with pytest.raises(
        BadRequest, match="model: expected a checkpoint that can be run, got 'other'; no memory"
    ):
        sources.open(sources.parse({"source": "live", "model": "other"}))


def test_every_refusal_reaches_the_api_and_the_page(folder):
    with serving(Settings(port=0, models=folder)) as url:
        told = {each["name"]: each.get("refused") for each in httpx.get(f"{url}/api/models").json()}
        assert told["mine"] is None and "weights" in told["empty"]
        assert told["empty"] in httpx.get(url).text.replace("\\u0027", "'").replace('\\"', '"')
