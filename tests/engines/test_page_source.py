"""A model that numpy refuses, as a source of the page: a header first, then steps."""

from __future__ import annotations

import shutil

import pytest

pytest.importorskip("transformers")

from app.settings import ROOT
from app.sources.engines.engine_models import EngineModels
from app.trace import RoutingTrace
from tests.engines.tiny_families import save

pytestmark = [pytest.mark.engines, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A gpt-oss with the tokenizer of a shipped model."""
    made = save("gpt_oss", tmp_path_factory.mktemp("page") / "small-oss", vocab_size=4096)
    shutil.copy(ROOT / "models" / "trio-16" / "tokenizer.json", made)
    return made


def test_prompt_becomes_header_and_steps(folder):
    models = EngineModels()
    made = models.trace(folder, "The cat sat on the mat.", more=3)
    header = made.header
    trace = RoutingTrace.from_steps(header, made.steps())
    assert (header.model["name"], header.origin["engine"]) == ("small-oss", "transformers")
    assert "by transformers" in header.origin["note"]
    assert len(header.tokens) < len(trace.header.tokens) <= len(header.tokens) + 3
    assert trace.scores is not None and ((trace.scores >= 0) & (trace.scores <= 1)).all()
    assert models.open(folder) is made.model


def test_two_prompts_at_once_do_not_mix(folder):
    models = EngineModels()
    first = models.trace(folder, "The cat sat on the mat.", more=4)
    second = models.trace(folder, "Il pleut sur la ville.", more=4)
    alone = [list(each.steps()) for each in (first, second)]
    both = ([], [])
    running = [first.steps(), second.steps()]
    for steps, found in [*zip(running, both, strict=True)] * 40:
        step = next(steps, None)
        if step is not None:
            found.append(step)
    for expected, found in zip(alone, both, strict=True):
        assert [step.experts.tolist() for step in found] == [step.experts.tolist() for step in expected]


def test_menu_knows_the_engine_without_loading(folder, tmp_path):
    models = EngineModels()
    info = models.info(folder)
    assert info == {"name": "small-oss", "family": "gpt_oss", "engine": "transformers", "problem": ""}
    assert "expected" in models.info(tmp_path)["problem"]
