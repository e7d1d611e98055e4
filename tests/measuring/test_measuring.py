"""Measurements on held-out text against slow loops, other libraries and the training's figures."""

import json
import math
from argparse import Namespace
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from app.commands import measure as command
from app.measuring import results as file
from app.measuring.heldout import FILE, HeldOut, hash_of
from app.measuring.heldout_pass import RecordingForward, cross_entropy, run_windows
from app.measuring.specialisation import by_chance, by_random_weights, preferred_tokens
from app.metrics.divergence import divergence
from app.metrics.specialisation import group_counts
from app.routing import ROUTERS
from app.settings import Settings
from app.sources.live.models import Models
from tests.sources.live import reference_transformer as live_oracle
from tests.sources.live.tiny_checkpoints import MIXTRAL, mixtral_tensors, write_checkpoint

SHIPPED = Settings().models
MEASURED = file.read(SHIPPED)


@pytest.fixture
def folder(tmp_path):
    """Returns two models and held-out text for them."""
    for seed, name in enumerate(("trio-6", "trio-6-other")):
        write_checkpoint(tmp_path / name, seed=seed)
    random = np.random.default_rng(0)
    windows = {name: random.integers(0, 256, (8, 17)).astype(np.int32) for name in ("french", "english")}
    heldout = HeldOut(windows, hash_of(tmp_path / "trio-6" / "tokenizer.json"), "noise")
    (tmp_path / FILE).write_bytes(heldout.to_bytes())
    return tmp_path


def test_held_out_text_comes_back_from_its_file(folder):
    heldout = HeldOut.open(folder)
    assert heldout.languages == ["english", "french"]
    assert heldout.rows == {"english": slice(0, 8), "french": slice(8, 16)}
    np.testing.assert_array_equal(heldout.ids[8:], heldout.windows["french"])
    assert HeldOut.from_bytes(heldout.to_bytes()).digest == heldout.digest
    assert [len(ids) for ids in heldout.every(4).windows.values()] == [2, 2]
    assert heldout.every(4).digest != heldout.digest


def test_another_file_is_no_held_out_text(tmp_path):
    (tmp_path / FILE).write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="expected a safetensors file"):
        HeldOut.open(tmp_path)


def test_the_loss_of_a_window_is_that_of_the_slow_loop(folder):
    heldout = HeldOut.open(folder)
    window = heldout.windows["french"][:1]
    model = Models(folder).open("trio-6")
    (passed,) = run_windows(RecordingForward(model.checkpoint), window, 2, ROUTERS["topk_norm"])
    oracle = live_oracle.trace(MIXTRAL, mixtral_tensors(MIXTRAL), window[0, :-1].tolist(), 2)
    expected = [
        -math.log(live_oracle.softmax(row)[id]) for row, id in zip(oracle.logits, window[0, 1:], strict=True)
    ]
    np.testing.assert_allclose(passed.losses, expected, atol=5e-5)


def test_cross_entropy_of_even_logits_is_the_logarithm_of_the_vocabulary():
    np.testing.assert_allclose(
        cross_entropy(np.full((3, 50), 1e4, np.float32), np.arange(3)), np.log(50), 1e-6
    )


def test_what_routers_read_is_what_makes_their_logits(folder):
    model = Models(folder).open("trio-6")
    ids = HeldOut.open(folder).ids[:2]
    for passed in run_windows(RecordingForward(model.checkpoint), ids, 2, ROUTERS["topk_norm"]):
        for layer, (routed, read) in enumerate(zip(passed.layers, passed.inputs, strict=True)):
            logits = read @ model.checkpoint.kept.router(layer)
            np.testing.assert_array_equal(ROUTERS["topk_norm"].route(logits, 2).experts, routed.experts)


@pytest.mark.parametrize("seed", range(5))
def test_divergence_of_two_groups_agrees_with_scipy(seed):
    loads = np.random.default_rng(seed).integers(0, 50, (2, 3, 8))
    expected = jensenshannon(loads[0], loads[1], base=2, axis=-1) ** 2
    np.testing.assert_allclose(divergence(loads), expected, atol=1e-12)


def test_divergence_is_0_for_equal_shares_and_log_3_for_groups_that_share_no_expert():
    equal = np.array([[[1, 2, 3]], [[10, 20, 30]], [[5, 10, 15]]])
    apart = np.array([[[7, 0, 0]], [[0, 1, 0]], [[0, 0, 2]]])
    np.testing.assert_allclose([divergence(equal)[0], divergence(apart)[0]], [0, np.log2(3)], atol=1e-12)


def test_loads_of_groups_are_counted_by_the_group_of_the_token():
    experts, groups = np.array([[0, 1], [2, 1], [0, 2]], np.int32), np.array([0, 1, 1], np.int32)
    assert group_counts(experts, groups, 2, 3).tolist() == [[1, 1, 0], [1, 1, 2]]


def test_experts_by_chance_are_different_ones_and_even_in_the_long_run():
    chosen = by_chance(4000, 8, 3, np.random.default_rng(0))
    assert (np.diff(np.sort(chosen)) > 0).all()
    np.testing.assert_allclose(np.bincount(chosen.ravel()) / 1500, 1, atol=0.1)


def test_a_router_of_random_weights_sends_equal_vectors_to_the_same_experts():
    inputs = np.random.default_rng(0).normal(size=(1, 16)).repeat(5, axis=0).astype(np.float32)
    chosen = by_random_weights(inputs, 8, 2, np.random.default_rng(1))
    assert (chosen == chosen[0]).all() and chosen[0, 0] != chosen[0, 1]


def test_an_expert_likes_what_it_receives_more_often_than_others_do():
    ids = np.array([5] * 10 + [7] * 10 + [9] * 2, np.int32)
    experts = np.array([[0]] * 10 + [[1]] * 6 + [[0]] * 4 + [[1]] * 2, np.int32)
    assert preferred_tokens(experts, ids, 3, 12) == [[(5, 10, 10)], [(7, 6, 10)], []]
    # token 7 falls to expert 0 less often than expected, token 9 is too rare, expert 2 receives nothing


def test_measuring_writes_every_router_and_k_that_the_model_takes(folder, capsys):
    assert command.run(Settings(models=folder), Namespace(names=[], again=False)) == 0
    written = json.loads((folder / "measured.json").read_text(encoding="utf-8"))
    entry = written["models"]["trio-6"]
    assert {name: list(found) for name, found in entry["routers"].items()} == {
        name: [str(router.fixed_k)] if router.fixed_k else ["1", "2", "3", "4"]
        for name, router in ROUTERS.items()
    }
    assert entry["routers"]["topk_norm"]["2"]["cost"] == entry["by_k"]["2"]["cost"] == 0
    assert (
        abs(entry["routers"]["softmax_after"]["3"]["cost"] - entry["routers"]["topk_norm"]["3"]["cost"])
        < 2e-4
    )
    assert (
        entry["routers"]["switch"]["1"]["dropped_share"] > 0 == entry["routers"]["base"]["1"]["dropped_share"]
    )
    assert entry["loss"]["mean"] == pytest.approx(
        (entry["loss"]["english"] + entry["loss"]["french"]) / 2, abs=1e-4
    )
    assert entry["finished"] is False
    learned = entry["learned"]
    assert {len(learned[name]) for name in ("js_bits", "js_bits_untrained", "max_violation", "likes")} == {3}
    assert np.sum(learned["language_loads"]["french"], axis=-1) == pytest.approx(1, abs=1e-3)
    (pair,) = written["compared"]
    difference = written["models"]["trio-6-other"]["loss"]["mean"] - entry["loss"]["mean"]
    assert pair["models"] == ["trio-6", "trio-6-other"]
    assert pair["change"] == pytest.approx(difference, abs=2e-4)


def test_measuring_again_measures_what_has_changed_alone(folder, capsys):
    run = Namespace(names=[], again=False)
    command.run(Settings(models=folder), run)
    before = file.read(folder)
    write_checkpoint(folder / "trio-6-other", seed=5)
    capsys.readouterr()
    command.run(Settings(models=folder), run)
    assert "trio-6: as it was" in capsys.readouterr().out
    after = file.read(folder)
    assert after["trio-6"] == before["trio-6"]
    assert after["trio-6-other"]["loss"] != before["trio-6-other"]["loss"]


def test_a_model_with_another_tokenizer_is_passed_over(folder, capsys):
    heldout = replace(HeldOut.open(folder), tokenizer="another")
    (folder / FILE).write_bytes(heldout.to_bytes())
    assert command.run(Settings(models=folder), Namespace(names=["trio-6"], again=False)) == 0
    assert "its tokenizer is not that of the held-out text" in capsys.readouterr().out
    assert file.read(folder) == {}


def test_measuring_without_text_or_a_model_says_what_is_missing(folder, capsys):
    assert command.run(Settings(models=folder), Namespace(names=["nope"], again=False)) == 1
    assert "nope: expected one of trio-6, trio-6-other" in capsys.readouterr().err
    (folder / FILE).unlink()
    assert command.run(Settings(models=folder), Namespace(names=[], again=False)) == 2
    assert "python -m app.training heldout" in capsys.readouterr().err


@pytest.mark.parametrize("name", [name for name, entry in MEASURED.items() if entry["finished"]])
def test_shipped_figures_are_those_of_the_shipped_weights(name):
    entry, model = MEASURED[name], Models(SHIPPED).open(name)
    assert file.is_right(entry, model.checkpoint.digest, HeldOut.open(SHIPPED)), "run `python -m app measure`"
    report = json.loads((SHIPPED / name / "training.json").read_text(encoding="utf-8"))
    assert entry["loss"] == pytest.approx(report["held_out"]["loss"], abs=2e-4)  # which PyTorch computed
    assert entry["learned"]["max_violation"] == pytest.approx(report["held_out"]["max_vio"], abs=2e-3)
