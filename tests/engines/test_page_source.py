"""A model that numpy refuses, as a source of the page: a header first, then steps."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

pytest.importorskip("transformers")

import torch

from app.problem import BadRequest
from app.settings import ROOT, Settings
from app.sources.authored.scenario import load_scenarios
from app.sources.engines.engine_models import EngineListing, EngineModels
from app.sources.live.models import Refused
from app.sources.registry import SourceRegistry
from app.trace import RoutingTrace
from tests.engines.tiny_families import save

pytestmark = [pytest.mark.engines, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Returns a gpt-oss with the tokenizer of a shipped model."""
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
    found = models.entry(folder)
    assert isinstance(found, EngineListing)
    assert (found.name, found.family, found.engine) == ("small-oss", "gpt_oss", "transformers")
    refused = models.entry(tmp_path)
    assert isinstance(refused, Refused) and "expected" in refused.reason


def test_page_runs_it_says_what_comes_next_and_who_moved_when_it_is_altered(folder):
    sources = SourceRegistry(load_scenarios(Settings().scenarios), folder.parent, engine="transformers")
    keys = {"source": "live", "model": "small-oss", "prompt": "The cat sat on the mat."}
    plain = sources.open(sources.parse(keys)).trace()
    assert plain.header.origin["engine"] == "transformers"
    expert = int(plain.experts[0, 0, 0])
    request = sources.parse({**keys, "alter": f"1.{expert}-off"})
    changed = sources.open(request).trace()
    found, before = sources.live.predict(request, changed.header.tokens)
    assert not (changed.experts[:, 0] == expert).any() and (before.experts == plain.experts).all()
    assert found.next.ids.shape == (len(changed.header.tokens), 5)
    assert found.next.mean_loss != before.next.mean_loss
    with pytest.raises(BadRequest, match="alter: expected layers from 1 to"):
        sources.open(sources.parse({**keys, "alter": "99.1-off"}))


def test_next_tokens_are_those_of_the_model_itself(folder):
    models = EngineModels()
    made = models.trace(folder, "The cat sat on the mat.")
    ids = torch.tensor([[token.id for token in made.tokens]])
    with torch.no_grad():
        model: Any = made.model
        shares = model.model(ids).logits[0].float().softmax(-1)
    best = shares.topk(5)
    found = made.model.predict(made.tokens, ()).next
    assert (found.ids == best.indices.numpy()).mean() > 0.95  # bfloat16 ties
    assert torch.allclose(torch.tensor(found.probabilities), best.values, atol=1e-4)
    loss = -shares[torch.arange(len(ids[0]) - 1), ids[0, 1:]].log()
    assert torch.allclose(torch.tensor(found.loss), loss, atol=1e-3)
