"""The live model under every router, against a slow loop in float64 whose routers are slow loops too."""

import numpy as np
import pytest

from app.metrics.balance import max_violation
from app.routing import ROUTERS, RouterSettings
from app.routing.bias_updates import with_updated_bias as settled_by_hand
from app.sources.live.checkpoint import Checkpoint
from app.sources.live.forward import Forward
from app.sources.live.generation import steps
from app.sources.live.prompt_trace import settled
from tests.routing import reference_routers as slow
from tests.sources.live import reference_transformer as live_oracle
from tests.sources.live.tiny_checkpoints import MIXTRAL, mixtral_tensors, write_checkpoint

IDS = np.array([5, 80, 3, 3, 299, 17, 0, 44, 12, 200, 7, 101, 56], np.int32)
N, LAYERS = MIXTRAL["num_local_experts"], MIXTRAL["num_hidden_layers"]
CAPACITY = int(len(IDS) * 1.25 / N)


@pytest.fixture(scope="module")
def forward(tmp_path_factory):
    return Forward(Checkpoint.open(write_checkpoint(tmp_path_factory.mktemp("models") / "tiny")))


def bias_of(layer):
    return np.random.default_rng(layer).normal(0, 0.1, N).astype(np.float32)


BIAS = np.stack([bias_of(layer) for layer in range(LAYERS)])
CASES = {  # router: (k, the slow one from (logits [T][N], layer))
    "topk": (2, lambda rows, layer: slow.topk(rows, 2)),
    "softmax_after": (3, lambda rows, layer: slow.softmax_after(rows, 3)),
    "switch": (1, lambda rows, layer: slow.queueing(rows, 1, CAPACITY)),
    "st_moe": (2, lambda rows, layer: slow.queueing(rows, 2, CAPACITY)),
    "expert_choice": (2, lambda rows, layer: slow.expert_choice(rows, len(IDS) * 2 // N)),
    "sigmoid_top1": (1, lambda rows, layer: slow.sigmoid_top1(rows)),
    "group_limited": (2, lambda rows, layer: slow.group_limited(rows, 2, 2, 1, 1.0)),
    "sigmoid_bias": (2, lambda rows, layer: slow.sigmoid_bias(rows, 2, BIAS[layer].tolist(), 2, 1, 1.0)),
    "softmax_bias": (2, lambda rows, layer: slow.softmax_bias(rows, 2, BIAS[layer].tolist())),
}


def chooser(slow_router):
    """Returns what the oracle calls layer after layer."""
    layers = iter(range(LAYERS))

    def choose(rows):
        scores, tokens = slow_router(rows, next(layers))
        return [
            (row, [expert for expert, _, _ in token], [0.0 if dropped else w for _, w, dropped in token])
            for row, token in zip(scores, tokens, strict=True)
        ]

    return choose


@pytest.mark.parametrize("name", CASES)
def test_what_a_router_chooses_weighs_and_drops_flows_through_the_experts(forward, name):
    k, slow_router = CASES[name]
    router = ROUTERS[name].with_bias(BIAS) if "bias" in ROUTERS[name].uses else ROUTERS[name]
    expected = live_oracle.trace(
        MIXTRAL, mixtral_tensors(MIXTRAL), IDS.tolist(), k, chooser(slow_router), name == "sigmoid_top1"
    )
    routing = forward.extend(IDS, forward.cache(len(IDS)), k, router.route, keep=len(IDS))
    np.testing.assert_allclose(forward.head(routing.hidden), expected.logits, rtol=0, atol=3e-5)
    for step, experts, weights in zip(routing.steps(), expected.experts, expected.weights, strict=True):
        for layer in range(LAYERS):
            chosen = step.experts[layer] >= 0
            assert step.experts[layer][chosen].tolist() == experts[layer]
            np.testing.assert_allclose(step.weights[layer][chosen], weights[layer], atol=1e-5)


@pytest.mark.parametrize("name", [name for name, router in ROUTERS.items() if not router.whole_batch])
def test_routing_of_a_prompt_does_not_depend_on_its_chunks(forward, name):
    router, k = ROUTERS[name], ROUTERS[name].fixed_k or 2
    whole = forward.extend(IDS, forward.cache(len(IDS)), k, router.route).steps()
    for step, other in zip(steps(forward, IDS, k, router), whole, strict=True):
        np.testing.assert_array_equal(step.experts, other.experts)
        np.testing.assert_allclose(step.weights, other.weights, rtol=0, atol=1e-5)


def test_token_dropped_in_every_layer_passes_by_on_the_residual(forward):
    router = ROUTERS["switch"].with_settings(RouterSettings(capacity=0.05), N, 1)  # one token per expert
    routing = forward.extend(IDS, forward.cache(len(IDS)), 1, router.route, keep=len(IDS))
    dropped = np.stack([layer.dropped[:, 0] for layer in routing.layers], axis=1)  # [T, L]
    assert dropped.sum(axis=0).tolist() == [
        len(IDS) - len(set(layer.experts[:, 0])) for layer in routing.layers
    ]
    last = dropped[:, -1]
    assert last.any() and not last.all()
    before = Forward(forward.checkpoint)
    unfed = []
    before._feed = lambda x, layer, routed: unfed.append(x) or Forward._feed(before, x, layer, routed)
    again = before.extend(IDS, before.cache(len(IDS)), 1, router.route, keep=len(IDS))
    fed = Forward._feed(before, unfed[-1], LAYERS - 1, again.layers[-1])
    assert (fed[last] == 0).all() and (np.abs(fed[~last]).max(axis=1) > 0).all()


@pytest.mark.parametrize("name", ["sigmoid_bias", "softmax_bias"])
def test_updates_settle_the_bias_from_the_first_layer_up_until_loads_are_even(forward, name):
    ids = np.random.default_rng(0).integers(0, 300, 120).astype(np.int32)
    router = ROUTERS[name].with_settings(RouterSettings(updates=100, rate=0.01), N, 2)
    biased = settled(forward, ids, 2, router)
    assert biased.bias.shape == (LAYERS, N) and biased.settings == router.settings
    loads = []
    for tried in (router, biased):
        ran = forward.extend(ids, forward.cache(len(ids)), 2, tried.route)
        loads.append(np.stack([np.bincount(layer.experts.ravel(), minlength=N) for layer in ran.layers]))
    assert max_violation(loads[1]).max() < max_violation(loads[0]).max() / 2
    first = forward.extend(ids, forward.cache(len(ids)), 2, router.route).logits[0]
    by_hand = settled_by_hand(router, first[:, None], 2, updates=100, rate=0.01)
    np.testing.assert_array_equal(biased.bias[0], by_hand.bias[0])


def test_router_without_updates_keeps_no_bias(forward):
    assert settled(forward, IDS, 2, ROUTERS["sigmoid_bias"]).bias is None
    assert settled(forward, IDS, 2, ROUTERS["topk"]) is ROUTERS["topk"]
