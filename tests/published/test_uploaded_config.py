"""A config.json that somebody sends: counted, recognised, turned into a shape, or refused in words."""

from __future__ import annotations

import json

import httpx
import pytest

from app.problem import BadRequest
from app.published.architectures.registry import LARGEST_FILE
from app.published.catalogue import catalogue
from app.published.named_shape import read_shape
from app.published.uploaded_config import count_config
from app.settings import ROOT
from tests.published_models import find_published

MIXTRAL = json.loads((ROOT / "app" / "published" / "models" / "mixtral-8x7b.json").read_text())["config"]
OWN = {**MIXTRAL, "num_local_experts": 24, "num_experts_per_tok": 3, "_name_or_path": "somebody/My-24x7B"}


def send(client, config):
    return client.post("/api/shape", content=config if isinstance(config, bytes) else json.dumps(config))


@pytest.fixture(scope="module")
def client(server_url):
    with httpx.Client(base_url=server_url) as client:
        yield client


def test_config_of_a_published_model_is_recognised(client):
    found = send(client, MIXTRAL).json()
    assert (found["key"], found["name"], found["published"]) == ("mixtral-8x7b", "Mixtral-8x7B", True)
    assert found["total"] == find_published("mixtral-8x7b").parameters.total


def test_own_config_gives_a_shape_that_a_trace_can_be_asked_on(client):
    found = send(client, OWN).json()
    assert (found["name"], found["published"]) == ("My-24x7B", False)
    assert found["key"].startswith("32x24x3-")
    trace = client.get("/api/trace", params={"shape": found["key"], "scenario": "code"})
    assert trace.status_code == 200
    assert read_shape(found["key"]).shape.to_json()["whole_total"] == found["total"]


@pytest.mark.parametrize(
    ("config", "field", "words"),
    [
        ({"architectures": ["LlamaForCausalLM"], "model_type": "llama"}, "architecture", "LlamaForCausalLM"),
        ({"architectures": ["BertModel"]}, "architecture", "got BertModel"),
        (b"not json", "config.json", "expected JSON, got something else"),
        (b"[1, 2]", "config.json", "expected an object of fields, got list"),
        (b"", "config.json", "expected JSON"),
        (b" " * (LARGEST_FILE + 1), "config.json", f"expected at most {LARGEST_FILE:,} bytes, got more"),
        ({**MIXTRAL, "num_local_experts": 1}, "experts", "expected at least 2 a layer, got 1"),
        ({**MIXTRAL, "num_local_experts": "eight"}, "num_local_experts", "got 'eight'"),
        ({**MIXTRAL, "num_local_experts": 4096}, "config.json", "expected 2 to 2048 experts, got 4096"),
        ({**MIXTRAL, "num_hidden_layers": 4000}, "config.json", "expected 1 to 512 layers, got 4000"),
    ],
)
def test_config_that_cannot_be_used_is_refused_in_words(client, config, field, words):
    answer = send(client, config)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert words in error["message"]


def test_catalogue_is_sent_whole_and_compressed(client):
    answer = client.get("/api/catalogue", headers={"accept-encoding": "gzip"})
    assert answer.json()["models"] == [json.loads(json.dumps(entry.to_json())) for entry in catalogue()]
    assert answer.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("name", [None, 7, "a/\ud800", "x" * 99, "\x1b[2J"])
def test_odd_names_in_a_config_are_left_out(name):
    assert count_config(json.dumps({**OWN, "_name_or_path": name}).encode())["name"] == ""


@pytest.mark.parametrize("field", ["hidden_size", "num_hidden_layers", "tie_word_embeddings"])
def test_no_depth_of_a_field_is_more_than_words_can_tell(field):
    head = json.dumps({key: value for key, value in MIXTRAL.items() if key != field})[:-1]
    for depth in range(900, 1101):
        nested = f'{head}, "{field}": {"[" * depth}{"]" * depth}}}'
        with pytest.raises(BadRequest) as refused:
            count_config(nested.encode())
        assert len(refused.value.problems[0].found) < 200


def test_config_with_a_router_that_cannot_route_its_shape_is_refused():
    config = json.loads((ROOT / "app" / "published" / "models" / "deepseek-v3.json").read_text())["config"]
    with pytest.raises(BadRequest, match=r"config\.json: expected .* groups of router sigmoid_bias"):
        count_config(json.dumps({**config, "n_group": 7}).encode())
