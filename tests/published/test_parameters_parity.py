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
defaults = pytest.importorskip("tests.published.make_default_configs")

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests" / "data" / "parameter_counts.json").read_text())["cases"]
ELSEWHERE = {"arctic", "deepseek", "grok-1"}  # families that transformers does not have
PAPERS = {"glam", "gshard"}
TYPES = {"kimi_k2": "deepseek_v3", "minimax_text_01": "minimax", "minimax_m3": "minimax_m3_vl_text"}
# Untied, transformers 5 gives encoder and decoder an embedding each; T5 and Switch share one. It has rows
# for LongCat's zero experts, and has Kimi Linear without Kimi K3's latent experts.
OTHERWISE = {"switch-c-2048", "longcat-flash", "kimi-k3"}
WITH_VISION = {"llama4": "AutoModelForImageTextToText"}


def in_transformers(config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Returns a published config as transformers' own class takes it, of a wrapper its text part."""
    inner = config.get("text_config", {}) if config.get("model_type") not in WITH_VISION else {}
    tied = {"tie_word_embeddings": config["tie_word_embeddings"]} if "tie_word_embeddings" in config else {}
    fields = {**tied, **(inner or config)}
    kind = fields.pop("model_type")
    fields.pop("architectures", None)
    if kinds := fields.pop("attn_type_list", None):
        fields["layer_types"] = [("linear_attention", "full_attention")[number] for number in kinds]
    if kind == "minimax_m3":
        fields["mlp_layer_types"] = [("dense", "sparse")[flag] for flag in fields.pop("moe_layer_freq")]
        fields.pop("moe_intermediate_size", None)
    if kind == "dbrx":
        fields["attn_config"] = {"rope_theta": 500000.0, **fields["attn_config"]}
    return TYPES.get(kind, kind), fields


def count_of_transformers(values: dict[str, Any]) -> int:
    """Returns parameters of the model that transformers builds; tied matrices once, selection biases left
    out."""
    kind, fields = in_transformers(values)
    config = transformers.AutoConfig.for_model(kind, **fields)
    if kind in WITH_VISION:
        with torch.device("meta"):
            model = getattr(transformers, WITH_VISION[kind]).from_config(config)
        model.tie_weights()
        return defaults.total_of(model)
    model = defaults.build(config)
    return defaults.total_of(model) + defaults.missing_head(model, config)


def published_config(key: str) -> dict[str, Any]:
    path = ROOT / "app" / "published" / "models" / f"{key}.json"
    config: dict[str, Any] = json.loads(path.read_text())["config"]
    return config


def comparable() -> list[str]:
    keys = [entry.key for entry in catalogue() if entry.parameters.config.family not in ELSEWHERE | PAPERS]
    return [key for key in keys if key not in OTHERWISE]


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
