"""The models of a folder: listed without opening, opened once for all."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from app.routing import ROUTERS
from app.sources.live.checkpoint import Checkpoint
from app.sources.live.models import Models
from tests.sources.live.tiny_checkpoints import write_checkpoint

ROUTER = ROUTERS["topk_norm"]


@pytest.fixture
def folder(tmp_path):
    for experts in (16, 4, 8):
        write_checkpoint(tmp_path / "models" / f"trio-{experts}", num_local_experts=experts)
    return tmp_path / "models"


def test_list_names_the_models_from_their_configs_alone(folder):
    for weights in folder.glob("*/model.safetensors"):
        weights.unlink()
    found, problems = Models(folder).list()
    assert problems == []
    assert [(m.name, m.experts, m.top_k, m.router) for m in found.values()] == [
        ("trio-4", 4, 2, "topk_norm"),
        ("trio-8", 8, 2, "topk_norm"),
        ("trio-16", 16, 2, "topk_norm"),
    ]
    assert found["trio-4"].note.startswith("3 layers of 4 experts, trained with 2 a token; ")
    assert json.dumps([m.to_json() for m in found.values()])


def test_list_says_what_is_wrong_with_one_folder_and_has_the_others(folder):
    (folder / "trio-8" / "config.json").write_text('{"model_type": "bert"}')
    found, problems = Models(folder).list()
    assert list(found) == ["trio-4", "trio-16"]
    assert len(problems) == 1 and "trio-8" in problems[0] and "bert" in problems[0]


def test_list_of_a_folder_that_is_not_there_is_empty(tmp_path):
    assert Models(tmp_path / "nowhere").list() == ({}, [])


def test_list_of_two_folders_has_both_and_the_first_of_one_name(folder, tmp_path):
    mine = tmp_path / "mine"
    write_checkpoint(mine / "own", num_local_experts=3)
    write_checkpoint(mine / "trio-4", num_local_experts=5)
    found, problems = Models(folder, mine).list()
    assert list(found) == ["trio-4", "trio-8", "trio-16", "own"]
    assert found["trio-4"].experts == 4
    assert len(problems) == 1 and "expected a name of its own" in problems[0]


def test_a_model_added_later_is_found_without_a_restart(folder):
    models = Models(folder)
    models.list()
    write_checkpoint(folder / "new", num_local_experts=2)
    assert models.open("new").listing.experts == 2


def test_open_of_an_unknown_name_names_those_that_there_are(folder):
    with pytest.raises(ValueError, match="model: expected one of trio-4, trio-8, trio-16, got 'trio-9'"):
        Models(folder).open("trio-9")


@pytest.mark.parametrize("name", ["../models/trio-4", "", ".", "trio-4/"])
def test_open_takes_names_and_no_paths(folder, name):
    with pytest.raises(ValueError, match="model: expected one of"):
        Models(folder).open(name)


def test_open_reads_a_checkpoint_once_for_all_viewers(folder, monkeypatch):
    opened = []
    really = Checkpoint.open.__func__
    monkeypatch.setattr(
        Checkpoint,
        "open",
        classmethod(lambda cls, *arguments: opened.append(arguments) or really(cls, *arguments)),
    )
    models = Models(folder)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: models.open("trio-8"), range(16)))
    assert len(opened) == 1
    assert len({id(model) for model in found}) == 1


def test_viewers_at_the_same_time_get_what_one_alone_gets(folder):
    model = Models(folder).open("trio-8")
    prompts = [f"viewer {number} types {'x' * number}" for number in range(10)]

    def scores(prompt):
        return np.stack([step.scores for step in model.steps(model.tokens(prompt), 2, ROUTER)])

    with ThreadPoolExecutor(10) as pool:
        together = list(pool.map(scores, prompts))
    for prompt, found in zip(prompts, together, strict=True):
        np.testing.assert_array_equal(found, scores(prompt))


def test_tokens_of_a_prompt_over_the_limit_are_refused_with_numbers(folder):
    model = Models(folder).open("trio-4")
    assert len(model.tokens("a" * 256)) == 256
    with pytest.raises(ValueError, match="prompt: expected 1 to 256 tokens, got 257"):
        model.tokens("a" * 257)
