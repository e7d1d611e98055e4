"""The forward pass against a slow loop in float64, and what must not change its result."""

import numpy as np
import pytest

from app.routing import ROUTERS, LayerRouting
from app.sources.live.checkpoint import Checkpoint
from app.sources.live.forward import Forward
from tests.sources.live import reference_transformer as live_oracle
from tests.sources.live.tiny_checkpoints import MIXTRAL, mixtral_tensors, write_checkpoint

ROUTER = ROUTERS["topk_norm"]
IDS = np.array([5, 80, 3, 3, 299, 17, 0, 44, 12, 200, 7, 101, 56], np.int32)


@pytest.fixture
def make(tmp_path):
    """Returns a random Mixtral with changes to its config, and its tensors."""

    def make(**changes):
        seed = changes.pop("seed", 0)
        folder = write_checkpoint(tmp_path / str(len(list(tmp_path.iterdir()))), seed=seed, **changes)
        return Forward(Checkpoint.open(folder)), mixtral_tensors({**MIXTRAL, **changes}, seed)

    return make


def run(forward, ids=IDS, k=2, pieces=None, route=ROUTER.route):
    """Returns columns [T, L, .] of the routing, and logits [T, V], the prompt run in these pieces."""
    cache, steps, logits = forward.cache(len(ids)), [], []
    for piece in np.split(ids, np.cumsum(pieces or [len(ids)])[:-1]):
        routing = forward.extend(piece, cache, k, route, keep=len(piece))
        steps += routing.steps()
        logits.append(forward.head(routing.hidden))
    columns = {
        name: np.stack([getattr(step, name) for step in steps]) for name in ("scores", "experts", "weights")
    }
    return columns | {"head": np.concatenate(logits)}


def assert_close(found, expected, tolerance):
    for name in ("scores", "weights", "head"):
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=tolerance, err_msg=name)
    np.testing.assert_array_equal(found["experts"], expected["experts"])


@pytest.mark.parametrize("k", [1, 2, 3, 6])
def test_forward_agrees_with_a_slow_loop_for_every_k(make, k):
    forward, tensors = make()
    oracle = live_oracle.trace(MIXTRAL, tensors, IDS.tolist(), k)
    expected = {
        "scores": oracle.scores,
        "experts": oracle.experts,
        "weights": oracle.weights,
        "head": oracle.logits,
    }
    assert_close(run(forward, k=k), {name: np.array(value) for name, value in expected.items()}, 2e-5)


@pytest.mark.parametrize(
    "changes",
    [
        {"num_key_value_heads": 4},  # no grouping
        {"num_key_value_heads": 1},  # one of keys and values for all
        {"tie_word_embeddings": True},
        {"rope_theta": 100.0},
        {"rms_norm_eps": 0.1},
        {"num_local_experts": 2},
        {"num_hidden_layers": 1},
    ],
)
def test_forward_agrees_with_a_slow_loop_for_every_config(make, changes):
    config = {**MIXTRAL, **changes}
    forward, tensors = make(**changes)
    oracle = live_oracle.trace(config, tensors, IDS.tolist(), 2)
    found = run(forward)
    np.testing.assert_allclose(found["scores"], oracle.scores, rtol=0, atol=2e-5)
    np.testing.assert_allclose(found["head"], oracle.logits, rtol=0, atol=1e-4)


@pytest.mark.parametrize("pieces", [[1] * 13, [1, 12], [12, 1], [3, 1, 5, 4]])
def test_forward_in_pieces_with_the_cache_gives_the_same_as_at_once(make, pieces):
    forward, _ = make()
    assert_close(run(forward, pieces=pieces), run(forward), 1e-5)


def test_forward_over_several_attention_blocks_gives_the_same_as_token_by_token(make):
    forward, _ = make()
    ids = np.random.default_rng(3).integers(0, 300, 150).astype(np.int32)
    assert_close(run(forward, ids, pieces=[20, 130]), run(forward, ids, pieces=[1] * 150), 2e-5)


def test_forward_with_products_beyond_the_range_of_exp_agrees_with_a_slow_loop(make):
    forward, tensors = make()
    for name in tensors:
        if "q_proj" in name or "k_proj" in name:
            tensors[name] *= 12
    forward.checkpoint.tensors.read = tensors.__getitem__
    oracle = live_oracle.trace(MIXTRAL, tensors, IDS.tolist(), 2)
    for pieces in (None, [1] * 13):
        found = run(forward, pieces=pieces)
        assert np.isfinite(found["head"]).all()
        np.testing.assert_allclose(found["scores"], oracle.scores, rtol=0, atol=1e-3)


def test_forward_of_an_earlier_token_does_not_depend_on_later_ones(make):
    forward, _ = make()
    other = np.concatenate([IDS[:6], IDS[:1:-1][:7]])
    assert_close(
        {name: column[:6] for name, column in run(forward, other).items()},
        {name: column[:6] for name, column in run(forward).items()},
        1e-6,
    )


def test_forward_without_hidden_wanted_routes_the_same(make):
    forward, _ = make()
    whole = forward.extend(IDS, forward.cache(13), 2, ROUTER.route, keep=13)
    last = forward.extend(IDS, forward.cache(13), 2, ROUTER.route, keep=1)
    none = forward.extend(IDS, forward.cache(13), 2, ROUTER.route)
    np.testing.assert_allclose(last.hidden, whole.hidden[-1:], rtol=0, atol=1e-6)
    assert none.hidden.shape == (0, 24)
    for layer in range(3):
        np.testing.assert_array_equal(none.logits[layer], whole.logits[layer])


@pytest.mark.parametrize("pieces", [None, [1] * 13])
def test_forward_with_empty_choices_leaves_them_out(make, pieces):
    forward, _ = make()

    def one_less(logits, k, layer, start):
        """Returns the k best with the last choice taken away: what k - 1 not renormalised would do."""
        routed = ROUTERS["topk"].route(logits, k)
        experts, weights = routed.experts.copy(), routed.weights.copy()
        experts[:, -1], weights[:, -1] = -1, 0
        return LayerRouting(routed.scores, experts, weights)

    fewer = run(forward, k=2, route=ROUTERS["topk"].route)
    found = run(forward, k=3, pieces=pieces, route=one_less)
    np.testing.assert_allclose(found["head"], fewer["head"], rtol=0, atol=1e-5)


@pytest.mark.parametrize("pieces", [None, [1] * 13])
def test_forward_with_no_expert_for_any_token_passes_by_on_the_residual(make, pieces):
    forward, tensors = make()

    def nobody(logits, k, layer, start):
        routed = ROUTER.route(logits, k)
        return LayerRouting(routed.scores, np.full_like(routed.experts, -1), np.zeros_like(routed.weights))

    for name in tensors:
        if "experts" in name:
            tensors[name][:] = 0
    oracle = live_oracle.trace(MIXTRAL, tensors, IDS.tolist(), 2)
    found = run(forward, pieces=pieces, route=nobody)
    np.testing.assert_allclose(found["head"], oracle.logits, rtol=0, atol=1e-4)


def test_forward_tells_the_router_layer_and_position(make):
    forward, _ = make()
    seen = []

    def note(logits, k, layer, start):
        seen.append((len(logits), layer, start))
        return ROUTER.route(logits, k)

    run(forward, pieces=[4, 9], route=note)
    assert seen == [(4, 0, 0), (4, 1, 0), (4, 2, 0), (9, 0, 4), (9, 1, 4), (9, 2, 4)]


def test_forward_past_the_cache_is_refused_with_numbers(make):
    forward, _ = make()
    cache = forward.cache(5)
    forward.extend(IDS[:3], cache, 2, ROUTER.route)
    with pytest.raises(ValueError, match="expected at most 2 more tokens, got 3"):
        forward.extend(IDS[:3], cache, 2, ROUTER.route)


def test_cache_longer_than_the_model_allows_is_refused_by_name(make):
    forward, _ = make(max_position_embeddings=9)
    forward.cache(9)
    with pytest.raises(ValueError, match=r"at most 9 tokens, got 10.*max_position_embeddings"):
        forward.cache(10)


@pytest.mark.parametrize("pieces", [[1] * 13, [13], [4, 9]])
def test_a_window_hides_earlier_positions_alike_in_any_pieces(make, pieces):
    windowed, _ = make(sliding_window=3, num_hidden_layers=1)
    plain, _ = make(num_hidden_layers=1)
    last_three = run(plain, IDS[-3:])["head"][-1]
    np.testing.assert_allclose(run(windowed, pieces=pieces)["head"][-1], last_three, rtol=0, atol=2e-5)
