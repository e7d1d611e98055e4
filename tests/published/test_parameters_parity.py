"""Counts and class defaults against transformers itself, on the meta device, where nothing is allocated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.published.architectures.config_fields import DEFAULTS
from app.published.architectures.registry import read_config
from app.published.catalogue import catalogue
from app.published.parameters import Parameters

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore")]
transformers = pytest.importorskip("transformers")
torch = pytest.importorskip("torch")

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests" / "data" / "counted.json").read_text())["cases"]
ELSEWHERE = {"arctic", "deepseek", "grok-1"}  # families that transformers does not have
PAPERS = {"glam", "gshard"}
TYPES = {"kimi_k2": "deepseek_v3", "minimax_text_01": "minimax"}
HEADS = {"switch_transformers": "AutoModelForSeq2SeqLM", "llama4": "AutoModelForImageTextToText"}
# Untied, transformers 5 gives encoder and decoder an embedding each; T5 and Switch share one.
SHARED_EMBEDDING = {"switch-c-2048"}


def in_transformers(config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A published config as transformers' own class takes it."""
    fields = {name: value for name, value in config.items() if name not in ("architectures", "model_type")}
    kind = TYPES.get(config["model_type"], config["model_type"])
    if kinds := fields.pop("attn_type_list", None):
        fields["layer_types"] = [("linear_attention", "full_attention")[number] for number in kinds]
    if kind == "dbrx":
        fields["attn_config"] = {"rope_theta": 500000.0, **fields["attn_config"]}
    return kind, fields


def count_of_transformers(config: dict[str, Any]) -> int:
    """Parameters of the model that transformers builds; tied matrices once, correction biases left out."""
    kind, fields = in_transformers(config)
    head = getattr(transformers, HEADS.get(kind, "AutoModelForCausalLM"))
    with torch.device("meta"):
        model = head.from_config(transformers.AutoConfig.for_model(kind, **fields))
    model.tie_weights()
    return sum(p.numel() for name, p in model.named_parameters() if "correction_bias" not in name)


def published_config(key: str) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((ROOT / "app" / "published" / "models" / f"{key}.json").read_text())[
        "config"
    ]
    return config


def comparable() -> list[str]:
    keys = [entry.key for entry in catalogue() if entry.parameters.config.family not in ELSEWHERE | PAPERS]
    return [key for key in keys if key not in SHARED_EMBEDDING]


@pytest.mark.parametrize("key", comparable())
def test_published_model_has_as_many_parameters_as_in_transformers(key):
    config = published_config(key)
    found = Parameters(read_config(config))
    assert found.under("all+vision").total == count_of_transformers(config)


@pytest.mark.parametrize("name", CASES)
def test_config_has_as_many_parameters_as_in_transformers(name):
    case = CASES[name]
    found = Parameters(read_config(case["config"]))
    assert found.total == count_of_transformers(case["config"]) == case["total"]


@pytest.mark.parametrize("family", sorted(set(DEFAULTS) - ELSEWHERE - PAPERS))
def test_class_defaults_are_those_of_transformers(family):
    name = DEFAULTS[family]["class"].removeprefix("transformers' ")
    holders = [getattr(transformers, name)]
    if family == "dbrx":
        holders += [holders[0].sub_configs["ffn_config"], holders[0].sub_configs["attn_config"]]
    for field, default in DEFAULTS[family]["defaults"].items():
        holder = next(holder for holder in holders if hasattr(holder, field))
        assert getattr(holder, field) == default, field
