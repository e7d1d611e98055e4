"""Pruning loss against a model without the experts, and REAP against a loop."""

import numpy as np
import pytest

from app.measuring.heldout import HeldOut, hash_of
from app.measuring.heldout_pass import RecordingForward, run_windows
from app.measuring.pruning import NormRecordingForward, PrunedRouter, pruned_loss, reap_scores
from app.routing import ROUTERS
from app.sources.live.experts import run
from app.sources.live.models import Models
from tests.sources.live.tiny_checkpoints import write_checkpoint


@pytest.fixture
def model(tmp_path):
    write_checkpoint(tmp_path / "tiny", seed=1)
    return Models(tmp_path).open("tiny")


@pytest.fixture
def heldout(model):
    random = np.random.default_rng(0)
    windows = {name: random.integers(0, 256, (8, 17)).astype(np.int32) for name in ("a", "b")}
    return HeldOut(windows, hash_of(model.listing.folder / "tokenizer.json"))


def test_removed_experts_are_never_chosen_and_the_others_as_without_them(model):
    kept = np.array([[True, False, True, True, False, True]] * 3)
    logits = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    own = ROUTERS["topk_norm"]
    routed = PrunedRouter(own, kept).route(logits, 2, 1)
    fewer = own.route(logits[:, kept[1]], 2)
    np.testing.assert_array_equal(routed.experts, np.flatnonzero(kept[1])[fewer.experts])
    np.testing.assert_allclose(routed.weights, fewer.weights, rtol=1e-6)


def test_a_router_with_a_bias_does_not_choose_removed_experts_either():
    own = ROUTERS["sigmoid_bias"].with_bias(np.full((1, 8), 5, np.float32))
    kept = np.array([[True] * 3 + [False] * 5])
    routed = PrunedRouter(own, kept).route(
        np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32), 2
    )
    assert set(np.unique(routed.experts)) <= {0, 1, 2}


def test_keeping_every_expert_costs_nothing_and_dropping_some_something(model, heldout):
    everything = pruned_loss(model, heldout, [list(range(6))] * 3)
    assert everything["cost"] == 0
    less = pruned_loss(model, heldout, [[0, 1, 2]] * 3)
    assert less["cost"] != 0
    assert less["windows"] == 4 and less["tokens"] == 4 * 16


def test_fewer_experts_than_a_token_needs_are_refused(model, heldout):
    with pytest.raises(ValueError, match="keep: expected at least 2 experts in each layer, got 1"):
        pruned_loss(model, heldout, [[0, 1], [0], [0, 1]])


def test_reap_is_the_mean_of_weight_times_norm_over_the_tokens_of_a_loop(model, heldout):
    scores, counts = reap_scores(model, heldout)
    sums, tokens = np.zeros((3, 6)), np.zeros((3, 6), int)
    forward, router = RecordingForward(model.checkpoint), ROUTERS[model.listing.router]
    for passed in run_windows(forward, heldout.every(4).ids, 2, router):
        for layer, (routed, inputs) in enumerate(zip(passed.layers, passed.inputs, strict=True)):
            for token, (experts, weights) in enumerate(zip(routed.experts, routed.weights, strict=True)):
                for expert, weight in zip(experts.tolist(), weights.tolist(), strict=True):
                    out = run(inputs[token : token + 1], model.checkpoint.weights.expert(layer, expert))
                    sums[layer, expert] += weight * np.linalg.norm(out)
                    tokens[layer, expert] += 1
    np.testing.assert_array_equal(counts, tokens)
    np.testing.assert_allclose(scores, sums / np.maximum(tokens, 1), rtol=1e-4)


def test_norms_do_not_change_what_the_model_computes(model, heldout):
    ids = heldout.ids[:2]
    router = ROUTERS[model.listing.router]
    one = [passed.losses for passed in run_windows(RecordingForward(model.checkpoint), ids, 2, router)]
    two = [passed.losses for passed in run_windows(NormRecordingForward(model.checkpoint), ids, 2, router)]
    np.testing.assert_array_equal(one, two)
