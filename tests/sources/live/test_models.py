"""The models of a folder: listed without opening, opened once for all."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from app.routing import ROUTERS
from app.sources.live.checkpoint import Checkpoint
from app.sources.live.models import Models, Refused
from tests.sources.live.tiny_checkpoints import edit_config, write_checkpoint

ROUTER = ROUTERS["topk_norm"]


@pytest.fixture
def folder(tmp_path):
    for experts in (16, 4, 8):
        write_checkpoint(tmp_path / "models" / f"trio-{experts}", num_local_experts=experts)
    return tmp_path / "models"


def test_list_names_the_models_in_the_order_of_their_sizes(folder):
    found = Models(folder).list()
    assert [(m.name, m.experts, m.top_k, m.router) for m in found.values()] == [
        ("trio-4", 4, 2, "topk_norm"),
        ("trio-8", 8, 2, "topk_norm"),
        ("trio-16", 16, 2, "topk_norm"),
    ]
    assert found["trio-4"].note.startswith("3 layers of 4 experts, trained with 2 a token; ")
    assert json.dumps([m.to_json() for m in found.values()])


def spoil_config(text):
    return lambda folder: (folder / "config.json").write_text(text)


def shorten_weights(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])


FAULTS = {
    "another type": (spoil_config('{"model_type": "bert"}'), "model_type: expected one of .*'bert'"),
    "a list as type": (spoil_config('{"model_type": [1]}'), r"model_type: expected one of .*got \[1\]"),
    "brackets": (spoil_config("[" * 200_000), "nested too deep"),
    "weights cut short": (shorten_weights, r"model\.safetensors: expected a whole safetensors file"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "got neither"),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), r"tokenizer\.json"),
    "a tokenizer that is none": (
        lambda folder: (folder / "tokenizer.json").write_text('{"model": 3}'),
        r"tokenizer\.json: expected a tokenizer",
    ),
    "a tokenizer of brackets": (
        lambda folder: (folder / "tokenizer.json").write_text("[" * 200_000),
        r"tokenizer\.json: expected a tokenizer",
    ),
    "two billion layers": (
        lambda folder: edit_config(folder, num_hidden_layers=2_000_000_000),
        "num_hidden_layers",
    ),
    "sizes as text": (lambda folder: edit_config(folder, hidden_size="24"), "hidden_size"),
    "lists as numbers": (lambda folder: edit_config(folder, rms_norm_eps=[1e-5]), "rms_norm_eps"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_list_has_a_folder_that_cannot_be_run_with_its_reason_and_the_others_as_ever(folder, fault):
    spoil, reason = FAULTS[fault]
    spoil(folder / "trio-8")
    models = Models(folder)
    assert list(models.list()) == ["trio-4", "trio-8", "trio-16"]
    assert list(models.runnable()) == ["trio-4", "trio-16"]
    refused = models.list()["trio-8"]
    assert isinstance(refused, Refused) and re.search(reason, refused.reason)
    assert str(folder) not in refused.reason  # no path of this machine
    assert models.open("trio-16").listing.experts == 16
    with pytest.raises(ValueError, match="model: trio-8 cannot be run: "):
        models.open("trio-8")


def test_a_folder_that_was_mended_is_found_without_a_restart(folder):
    models, path = Models(folder), folder / "trio-8" / "config.json"
    good = path.read_text()
    path.write_text("{")
    assert isinstance(models.list()["trio-8"], Refused)
    path.write_text(good)
    assert models.open("trio-8").listing.experts == 8


def test_list_of_a_folder_that_is_not_there_is_empty(tmp_path):
    assert Models(tmp_path / "nowhere").list() == {}


def test_list_of_two_folders_has_both_and_the_first_of_one_name(folder, tmp_path):
    mine = tmp_path / "mine"
    write_checkpoint(mine / "own", num_local_experts=3)
    write_checkpoint(mine / "trio-4", num_local_experts=5)
    found = Models(folder, mine).list()
    assert list(found) == ["trio-4", "trio-8", "trio-16", "own", "trio-4 (mine)"]
    assert found["trio-4"].experts == 4
    assert "expected a name of its own" in found["trio-4 (mine)"].reason


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
    really = vars(Checkpoint)["open"].__func__
    monkeypatch.setattr(
        Checkpoint,
        "open",
        classmethod(lambda cls, *arguments: opened.append(arguments) or really(cls, *arguments)),
    )
    models = Models(folder)
    models.list()  # looks at each once
    opened.clear()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: models.open("trio-8"), range(16)))
    assert len(opened) == 1
    assert len({id(model) for model in found}) == 1


def test_viewers_at_the_same_time_get_what_one_alone_gets(folder):
    model = Models(folder).open("trio-8")
    prompts = [f"viewer {number} types {'x' * number}" for number in range(10)]

    def scores(prompt):
        return np.stack(
            [step.scores for step in model.steps(model.checkpoint.tokenizer.encode(prompt), 2, ROUTER)]
        )

    with ThreadPoolExecutor(10) as pool:
        together = list(pool.map(scores, prompts))
    for prompt, found in zip(prompts, together, strict=True):
        np.testing.assert_array_equal(found, scores(prompt))


def test_a_prompt_over_the_limit_is_refused_with_numbers(folder):
    model = Models(folder).open("trio-4")
    encode = model.checkpoint.tokenizer.encode
    assert len(list(model.steps(encode("a" * 256), 2, ROUTER))) == 256
    with pytest.raises(ValueError, match="prompt: expected 1 to 256 tokens, got 257"):
        model.steps(encode("a" * 257), 2, ROUTER)
