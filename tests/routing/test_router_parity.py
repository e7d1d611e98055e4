"""Our routers against the router classes of transformers, which nobody here wrote. Needs the extra `train`.

Each class gets the identity as its weight, so that the hidden states are the logits.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from app.routing.capacity import gshard, switch
from app.routing.hash_table import hash_routing, random_table
from app.routing.joint import joint_sigmoid, topk_norm_scaled
from app.routing.sigmoid import sigmoid_bias, sigmoid_top1
from app.routing.softmax import group_limited, softmax_after, softmax_bias, topk, topk_norm
from app.routing.sqrt_softplus import sqrt_softplus_bias
from app.routing.topk import gather
from app.routing.zero_experts import softmax_with_zeros

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytestmark = pytest.mark.parity

N = 64
LOGITS = np.random.default_rng(0).normal(0, 2, (200, N)).astype(np.float32)
BIAS = np.random.default_rng(1).normal(0, 0.2, N).astype(np.float32)


def theirs(family, name, **config):
    """Returns an instance of a router class with the identity as its weight."""
    module = pytest.importorskip(f"transformers.models.{family}.modeling_{family}")
    sizes = {"hidden_size": N, "num_experts": N, "num_local_experts": N}
    router = getattr(module, name)(SimpleNamespace(**sizes, **config))
    weight = router.classifier.weight if hasattr(router, "classifier") else router.weight
    with torch.no_grad():
        weight.copy_(torch.eye(N))
    return router.eval()


def run(router, *arguments):
    with torch.no_grad():
        return router(torch.from_numpy(LOGITS.copy()), *arguments)


def by_expert(experts, weights):
    """Returns weights at their experts, 0 elsewhere: the order of the choices differs between
    implementations."""
    dense = np.zeros((len(experts), N), np.float32)
    np.put_along_axis(dense, np.asarray(experts), np.asarray(weights), axis=1)
    return dense


def assert_same(routed, indices, weights):
    assert np.array_equal(np.sort(routed.experts, axis=1), np.sort(indices.numpy(), axis=1))
    ours, expected = by_expert(routed.experts, routed.weights), by_expert(indices, weights)
    np.testing.assert_allclose(ours, expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("k", [1, 2, 4, 8])
def test_topk_norm_agrees_with_mixtral(k):
    _, weights, indices = run(theirs("mixtral", "MixtralTopKRouter", num_experts_per_tok=k))
    assert_same(topk_norm(LOGITS, k), indices, weights)


@pytest.mark.parametrize(("normed", "ours"), [(False, topk), (True, topk_norm)])
def test_topk_agrees_with_olmoe(normed, ours):
    config = {"num_experts_per_tok": 8, "norm_topk_prob": normed}
    _, weights, indices = run(theirs("olmoe", "OlmoeTopKRouter", **config))
    assert_same(ours(LOGITS, 8), indices, weights)


@pytest.mark.parametrize(
    ("family", "name"), [("gpt_oss", "GptOssTopKRouter"), ("granitemoe", "GraniteMoeTopKRouter")]
)
def test_softmax_after_agrees_with_gpt_oss_and_granite(family, name):
    _, weights, indices = run(theirs(family, name, num_experts_per_tok=4))
    assert_same(softmax_after(LOGITS, 4), indices, weights)


def test_sigmoid_top1_agrees_with_llama_4():
    dense, _ = run(theirs("llama4", "Llama4Router", num_experts_per_tok=1))
    routed = sigmoid_top1(LOGITS)
    np.testing.assert_allclose(by_expert(routed.experts, routed.weights), dense.numpy(), atol=1e-6)


@pytest.mark.parametrize(("groups", "kept", "k"), [(8, 3, 6), (4, 2, 4)])
def test_group_limited_agrees_with_deepseek_v2(groups, kept, k):
    router = theirs(
        "deepseek_v2",
        "DeepseekV2TopkRouter",
        num_experts_per_tok=k,
        routed_scaling_factor=16.0,
        topk_method="group_limited_greedy",
        n_group=groups,
        topk_group=kept,
    )
    _, weights, indices = run(router)
    assert_same(group_limited(LOGITS, k, groups, kept, 16.0), indices, weights)


@pytest.mark.parametrize(("groups", "kept", "k"), [(8, 4, 8), (4, 1, 2), (1, 1, 8)])
@pytest.mark.parametrize("shift", [0.0, -1.5])
def test_sigmoid_bias_agrees_with_deepseek_v3(groups, kept, k, shift):
    router = theirs(
        "deepseek_v3",
        "DeepseekV3TopkRouter",
        num_experts_per_tok=k,
        routed_scaling_factor=2.5,
        n_group=groups,
        topk_group=kept,
        norm_topk_prob=True,
    )
    bias = BIAS + np.float32(shift)
    router.e_score_correction_bias.copy_(torch.from_numpy(bias))
    _, weights, indices = run(router)
    assert_same(sigmoid_bias(LOGITS, k, bias, groups, kept, 2.5), indices, weights)


def test_softmax_bias_agrees_with_ernie():
    router = theirs("ernie4_5_moe", "Ernie4_5_MoeTopKRouter", num_experts_per_tok=6, moe_norm_min=1e-12)
    bias = BIAS / 10
    with torch.no_grad():
        router.moe_statics.e_score_correction_bias.copy_(torch.from_numpy(bias)[None])
    _, weights, indices = run(router)
    assert_same(softmax_bias(LOGITS, 6, bias), indices, weights)


@pytest.mark.parametrize("capacity", [1, 3, 200])
def test_switch_agrees_with_switch_transformers(capacity):
    """Their capacity is a constant of the config; what is over it has no expert in their mask."""
    router = theirs(
        "switch_transformers",
        "SwitchTransformersTop1Router",
        expert_capacity=capacity,
        router_bias=False,
        router_jitter_noise=0.0,
        router_ignore_padding_tokens=False,
        router_dtype="float32",
    )
    with torch.no_grad():
        mask, probability, _ = router(torch.from_numpy(LOGITS)[None])
    routed = switch(LOGITS, capacity)
    assert np.array_equal(by_expert(routed.experts, ~routed.dropped), mask[0].numpy().astype(np.float32))
    chosen = gather(routed.scores, routed.experts)
    np.testing.assert_allclose(chosen, probability[0].numpy(), atol=1e-6)


@pytest.mark.parametrize("capacity", [1, 4, 200])
def test_gshard_agrees_with_nllb_where_every_second_choice_is_taken(capacity):
    """NLLB-MoE's router is the nearest in transformers: same queues, weights divided before dropping."""
    router = theirs(
        "nllb_moe",
        "NllbMoeTop2Router",
        expert_capacity=capacity,
        router_bias=False,
        router_ignore_padding_tokens=False,
        router_dtype="float32",
        second_expert_policy="all",
        normalize_router_prob_before_dropping=True,
        batch_prioritized_routing=False,
        moe_eval_capacity_token_fraction=-1.0,
    )
    with torch.no_grad():
        _, combined = router.route_tokens(torch.from_numpy(LOGITS.copy()))
    routed = gshard(LOGITS, capacity, np.zeros(len(LOGITS), np.float32))
    np.testing.assert_allclose(by_expert(routed.experts, routed.weights), combined.numpy(), atol=1e-6)


V4 = {
    "num_experts_per_tok": 6,
    "scoring_func": "sqrtsoftplus",
    "routed_scaling_factor": 2.5,
    "vocab_size": 50,
}


def test_sqrt_softplus_bias_agrees_with_deepseek_v4():
    router = theirs("deepseek_v4", "DeepseekV4TopKRouter", **V4)
    router.e_score_correction_bias.copy_(torch.from_numpy(BIAS))
    _, weights, indices = run(router)
    assert_same(sqrt_softplus_bias(LOGITS, 6, BIAS, 2.5), indices, weights)


def test_hash_routing_agrees_with_deepseek_v4_on_the_same_table():
    router = theirs("deepseek_v4", "DeepseekV4HashRouter", **V4)
    table = random_table(np.arange(50, dtype=np.int32), N, 6, seed=0, layer=0)
    router.tid2eid.copy_(torch.from_numpy(table.astype(np.int64)))
    ids = np.random.default_rng(5).integers(0, 50, len(LOGITS))
    _, weights, indices = run(router, torch.from_numpy(ids))
    assert_same(hash_routing(LOGITS, table[ids], 2.5), indices, weights)


def test_softmax_with_zeros_agrees_with_longcat_flash_where_ids_from_n_on_are_zero_experts():
    zeros = 24
    config = {"n_routed_experts": N - zeros, "zero_expert_num": zeros, "routed_scaling_factor": 6.0}
    router = theirs("longcat_flash", "LongcatFlashTopkRouter", num_experts_per_tok=12, **config)
    router.e_score_correction_bias.copy_(torch.from_numpy(BIAS / 10))
    _, weights, indices = run(router)
    routed = softmax_with_zeros(LOGITS, 12, zeros, BIAS / 10, 6.0)
    computed = indices.numpy() < N - zeros
    assert np.array_equal((routed.experts >= 0).sum(1), computed.sum(1))
    ours = by_expert(np.where(routed.experts >= 0, routed.experts, N - 1), routed.weights)
    expected = by_expert(np.where(computed, indices.numpy(), N - 1), np.where(computed, weights.numpy(), 0))
    np.testing.assert_allclose(ours, expected, atol=1e-6, rtol=1e-5)


def test_joint_sigmoid_agrees_with_inkling():
    config = {"n_routed_experts": N - 2, "n_shared_experts": 2, "route_scale": 2.5}
    router = theirs("inkling", "InklingTopkRouter", num_experts_per_tok=6, **config)
    router.e_score_correction_bias.copy_(torch.from_numpy(BIAS[:-2]))
    _, weights, indices, beside = run(router)
    routed, ours = joint_sigmoid(LOGITS[:, :-2], LOGITS[:, -2:], 6, BIAS[:-2], 2.5)
    assert_same(routed, indices, weights)
    np.testing.assert_allclose(ours, beside.numpy(), atol=1e-6)


def test_topk_norm_scaled_agrees_with_gemma_4():
    """Gemma 4 divides the hidden state by its root mean square first; ours starts after that."""
    config = SimpleNamespace(hidden_size=N, num_experts=N, top_k_experts=8, rms_norm_eps=0.0)
    module = pytest.importorskip("transformers.models.gemma4.modeling_gemma4")
    router, scales = module.Gemma4TextRouter(config).eval(), np.exp(BIAS)
    with torch.no_grad():
        router.proj.weight.copy_(torch.eye(N) * 8)
        router.per_expert_scale.copy_(torch.from_numpy(scales))
    _, weights, indices = run(router)
    logits = LOGITS / np.sqrt((LOGITS**2).mean(axis=1, keepdims=True))
    assert_same(topk_norm_scaled(logits, 8, scales), indices, weights)
