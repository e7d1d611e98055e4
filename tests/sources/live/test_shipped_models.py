"""The checkpoints that are shipped: what their files say of themselves, without any training library."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from app.trace import RoutingTrace

MODELS = Path(__file__).parents[3] / "models"
BALANCED = ("trio-8", "trio-16", "trio-32", "trio-64")
NAMES = (*BALANCED, "trio-8-unbalanced")
SNAPPED = ("trio-8", "trio-8-unbalanced")


def read(name, file):
    return json.loads((MODELS / name / file).read_text(encoding="utf-8"))


def test_five_models_together_stay_under_60_megabytes():
    files = [path for path in MODELS.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files if path.name == "model.safetensors"} == set(NAMES)
    assert sum(path.stat().st_size for path in files) < 60e6


def test_balanced_models_differ_in_the_number_of_experts_alone():
    configs = [read(name, "config.json") for name in BALANCED]
    assert [config.pop("num_local_experts") for config in configs] == [8, 16, 32, 64]
    assert all(config == configs[0] for config in configs)
    reports = [read(name, "training.json") for name in BALANCED]
    for same in ("recipe", "tokens_seen", "corpus"):
        assert all(report[same] == reports[0][same] for report in reports), same
    tokenizers = {(MODELS / name / "tokenizer.json").read_bytes() for name in NAMES}
    assert len(tokenizers) == 1


def test_unbalanced_model_lacks_the_balance_loss_and_nothing_else():
    with_it, without = (read(name, "training.json") for name in SNAPPED)
    assert without["recipe"].pop("balance_weight") == 0 < with_it["recipe"].pop("balance_weight")
    assert without["recipe"] == with_it["recipe"]
    assert read("trio-8", "config.json") == read("trio-8-unbalanced", "config.json")


@pytest.mark.parametrize("name", NAMES)
def test_loss_of_every_language_falls_from_about_uniform(name):
    report = read(name, "training.json")
    for language in ("english", "french", "python"):
        losses = [entry["loss"][language] for entry in report["log"]]
        assert losses[0] > 8.2
        assert losses[-1] < losses[0] / 2
        assert report["held_out"]["loss"][language] == pytest.approx(losses[-1], abs=0.3)
        assert abs(report["rounding"]["cost"][language]) < 0.01
    assert all(earlier["step"] < later["step"] for earlier, later in pairwise(report["log"]))
    assert report["log"][-1]["step"] == report["recipe"]["steps"]


@pytest.mark.parametrize("name", NAMES)
def test_quality_holds_over_the_positions_that_prompts_and_continuations_reach(name):
    spans = read(name, "training.json")["loss_by_position"]
    assert spans["256-384"] < spans["0-64"] and spans["384-512"] < spans["0-64"]
    assert read(name, "config.json")["max_position_embeddings"] >= 512


@pytest.mark.parametrize("name", BALANCED)
def test_balanced_model_keeps_its_experts_busy_in_every_layer(name):
    held_out = read(name, "training.json")["held_out"]
    config = read(name, "config.json")
    most = config["num_local_experts"] / config["num_experts_per_tok"] - 1  # every token to the same experts
    assert max(held_out["max_vio"]) < most / 5
    assert min(held_out["load_entropy"]) > 0.95


def test_unbalanced_model_has_collapsed_in_its_last_layers():
    even, collapsed = (read(name, "training.json")["held_out"]["max_vio"] for name in SNAPPED)
    assert min(collapsed[-2:]) > 1 > max(even[-2:])


@pytest.mark.parametrize("name", SNAPPED)
def test_snapshots_are_traces_of_the_same_prompts_from_the_first_step_to_the_last(name):
    report = read(name, "training.json")
    files = sorted((MODELS / name / "snapshots").glob("step-*.safetensors"))
    assert [int(path.stem.split("-")[1]) for path in files] == report["snapshots"]
    assert (report["snapshots"][0], report["snapshots"][-1]) == (1, report["recipe"]["steps"])
    traces = [RoutingTrace.from_bytes(path.read_bytes()) for path in files]
    assert len(traces) == 12
    assert len({trace.header.tokens for trace in traces}) == 1
    assert {token.group for token in traces[0].header.tokens} == {"english", "french", "python"}
    for step, trace in zip(report["snapshots"], traces, strict=True):
        assert trace.header.model["step"] == step
        np.testing.assert_allclose(trace.scores.sum(-1), 1, rtol=1e-5)
        np.testing.assert_allclose(trace.weights.sum(-1), 1, rtol=1e-5)


def test_page_about_the_models_has_the_figures_of_the_reports():
    page = (MODELS / "README.md").read_text(encoding="utf-8")
    for name in NAMES:
        loss = read(name, "training.json")["held_out"]["loss"]
        experts = read(name, "config.json")["num_local_experts"]
        row = " | ".join([name, str(experts), *(f"{loss[part]:.3f}" for part in loss)])
        assert f"| {row} |" in page
