"""The published models: computed beside published figures, routers, shapes."""

from __future__ import annotations

import json
import re
from math import floor, log10
from pathlib import Path

import numpy as np
import pytest

from app.published.catalogue import BILLION, CLOSE, Comparison, catalogue, read_published
from app.routing import RouterSettings, find_router
from app.shape import ModelShape
from tests.published_models import find_published

MODELS = catalogue()
BUILT = json.loads((Path(__file__).parents[1] / "data" / "published" / "catalogue.json").read_text())[
    "totals"
]
COMPUTED = json.loads((Path(__file__).parents[1] / "data" / "computed.json").read_text())["models"]


def comparisons():
    return [
        pytest.param(entry, which, id=f"{entry.key}-{which}")
        for entry in MODELS
        for which in ("total", "active")
    ]


def prints_as(computed: float, published: float) -> bool:
    """Returns whether the computed figure, rounded or cut to as many digits as the published one has, is
    that one."""
    digits = len(f"{published:g}".replace(".", "").strip("0"))
    step = 10.0 ** (floor(log10(published)) - digits + 1)
    return any(abs(turn(computed / step) * step - published) < step / 100 for turn in (round, floor))


def test_catalogue_has_every_model_that_was_counted_and_kimi_k3():
    assert {entry.key for entry in MODELS} == set(COMPUTED) | set(BUILT) | {"kimi-k3"}
    assert len({entry.name for entry in MODELS}) == len(MODELS)


@pytest.mark.parametrize(("entry", "which"), comparisons())
def test_figure_is_within_one_per_cent_or_says_why_not(entry, which):
    comparison = entry.compare(which)
    near = comparison.deviation is not None and abs(comparison.deviation) <= CLOSE
    unpublished = comparison.published is None
    assert bool(comparison.reason) == (not near and not unpublished)


@pytest.mark.parametrize(("entry", "which"), comparisons())
def test_figure_further_off_prints_as_the_published_one(entry, which):
    """The reasons say that a figure was rounded or cut; this checks it. Switch-C's 1.5 B is the exception."""
    comparison = entry.compare(which)
    if (
        not comparison.reason
        or comparison.computed is None
        or (entry.key, which) == ("switch-c-2048", "active")
    ):
        return
    assert prints_as(comparison.computed / BILLION, comparison.published)


@pytest.mark.parametrize(
    ("computed", "published", "same"),
    [
        (36.63, 37, True),
        (3.353, 3.3, True),
        (21.8, 21, True),
        (1.614, 1.5, False),
        (36.4, 37, False),
        (618, 600, True),
    ],
)
def test_prints_as_tells_rounding_from_error(computed, published, same):
    assert prints_as(computed, published) is same


@pytest.mark.parametrize("entry", MODELS, ids=lambda entry: entry.key)
def test_sources_are_named(entry):
    assert len(entry.source) > 5
    assert len(entry.config_source) > 5
    assert len(entry.note) > 10
    assert 2017 <= entry.year <= 2026
    assert len(entry.paper) > 15


def test_paper_of_an_entry_agrees_with_its_sources():
    """Where the source of a figure names an arXiv number of its own year, it is the paper's."""
    for entry in MODELS:
        told = re.findall(r"arXiv (\d{4}\.\d{5})", entry.source.split(";")[0])
        assert not told or told[0] in entry.paper or "GLaM" in entry.source, entry.key


def test_deepseek_v3_has_its_dense_layers_below_58_of_256_experts():
    entry = find_published("deepseek-v3")
    shape = entry.shape
    assert (shape.layers, shape.experts, shape.top_k) == (58, 256, 8)
    assert shape.dense_layers == (0, 1, 2)
    assert shape.d_shared == 2048
    assert entry.routing.name == "sigmoid_bias"
    assert entry.routing.settings == {"groups": 8, "topk_groups": 4, "scale": 2.5}


def test_kimi_k3_has_92_layers_of_896_experts_in_a_latent_space():
    shape = find_published("kimi-k3").shape
    assert (shape.layers, shape.experts, shape.top_k, shape.d_latent) == (92, 896, 16, 3584)
    assert shape.expert_size == 3 * 3584 * 3072


def test_kimi_k2_has_60_layers_of_384_experts_in_one_group():
    entry = find_published("kimi-k2")
    assert (entry.shape.layers, entry.shape.experts, entry.shape.dense_layers) == (60, 384, (0,))
    assert entry.routing.settings == {"groups": 1, "topk_groups": 1, "scale": 2.827}


@pytest.mark.parametrize(
    ("key", "moe_layers"),
    [
        ("llama-4-maverick", range(1, 48, 2)),
        ("jamba-v0-1", range(1, 32, 2)),
        ("ernie-4-5-21b-a3b", range(1, 28)),
        ("glm-4-5", range(3, 92)),
        ("switch-base-128", range(1, 24, 2)),
        ("mixtral-8x7b", range(32)),
    ],
)
def test_layers_with_experts_are_those_of_the_architecture(key, moe_layers):
    assert find_published(key).parameters.config.experts.layers == tuple(moe_layers)


ROUTERS = {
    "topk": "deepseekmoe-16b olmoe-1b-7b qwen1-5-moe-a2-7b jamba-v0-1 jamba-1-5-large grok-1",
    "topk_norm": "mixtral-8x7b mixtral-8x22b qwen3-30b-a3b qwen3-235b-a22b dbrx arctic minimax-text-01 "
    "mistral-large-4 qwen3-coder-480b-a35b qwen3-5-397b-a17b qwen3-5-35b-a3b",
    "softmax_after": "gpt-oss-20b gpt-oss-120b granite-3-0-1b-a400m",
    "sigmoid_top1": "llama-4-scout llama-4-maverick",
    "group_limited": "deepseek-v2",
    "sigmoid_bias": "deepseek-v3 deepseek-v3-2 kimi-k2 kimi-k2-5 kimi-k3 glm-4-5 glm-5-3 minimax-m3 hy4 "
    "muse-spark-open nemotron-3-nano nemotron-3-ultra ling-3-0-flash",
    "sqrt_softplus_bias": "deepseek-v4-pro deepseek-v4-flash",
    "zero_experts": "longcat-flash",
    "topk_norm_scaled": "gemma-4-26b-a4b",
    "softmax_bias": "ernie-4-5-21b-a3b",
    "switch": "switch-base-128 switch-c-2048",
    "gshard": "glam-64b-64e gshard-600b",
}


def test_each_model_has_the_router_of_its_paper():
    expected = {key: name for name, keys in ROUTERS.items() for key in keys.split()}
    assert {entry.key: entry.routing.name for entry in MODELS} == expected


@pytest.mark.parametrize("entry", MODELS, ids=lambda entry: entry.key)
def test_router_takes_the_settings_and_routes_at_that_size(entry):
    experts, k = entry.shape.experts, entry.shape.top_k
    router = find_router(entry.routing.name).with_settings(
        RouterSettings(**entry.routing.settings), experts, k
    )
    assert set(entry.routing.settings) <= set(router.uses)
    logits = np.random.default_rng(3).normal(size=(5, experts)).astype(np.float32)
    routed = router.route(logits, k)
    assert routed.experts.shape == (5, k)
    assert routed.experts.max() < experts


@pytest.mark.parametrize("entry", MODELS, ids=lambda entry: entry.key)
def test_entry_survives_json_and_its_shape_reads_back(entry):
    found = json.loads(json.dumps(entry.to_json()))
    assert ModelShape.from_json(found["shape"]) == entry.shape
    assert found["compared"]["total"]["published"] == entry.figures["total_B"]
    assert found["key"] == entry.key


def test_models_come_in_order_of_size():
    totals = [entry.parameters.total for entry in MODELS]
    assert totals == sorted(totals)


def test_deviation_is_a_share_of_the_published_figure():
    assert Comparison(100, "all", 101 * BILLION, "").deviation == pytest.approx(0.01)
    assert Comparison(None, "all", 101 * BILLION, "").deviation is None
    assert Comparison(100, None, None, "").deviation is None


def test_entry_with_a_config_that_cannot_be_counted_is_an_error():
    with pytest.raises(ValueError, match=r"architecture: .* got model_type 'bert'"):
        read_published("bert", {"name": "BERT", "year": 2018, "paper": "", "config": {"model_type": "bert"}})
