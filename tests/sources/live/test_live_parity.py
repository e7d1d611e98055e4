"""The live model against transformers in float32: shipped checkpoints, and tiny random ones of each family.

Where the k-th and the k+1-th probability differ by less than the tolerance, either expert may be chosen, and
all that follows from the choice differs: there, and only there, our model is made to choose as transformers.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest

from app.routing.alterations import altered, parse_alterations
from app.sources.live.checkpoint import Checkpoint
from app.sources.live.forward import Forward
from app.sources.live.next_tokens import next_tokens
from tests.sources.live.tiny_checkpoints import (
    TRIO,
    byte_tokenizer,
    edit_config,
    fuse_experts,
    quantise_fp8,
    quantise_mxfp4,
    split_in_shards,
    write_checkpoint,
)

torch = pytest.importorskip("torch")
safetensors_torch = pytest.importorskip("safetensors.torch")
transformers = pytest.importorskip("transformers")
pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore"),  # of transformers, about itself
]

torch.set_num_threads(1)  # more are slower for models as small as these
SCORES, LOGITS = 1e-5, 1e-3  # tolerances
MODELS = sorted(path.parent for path in (Path(__file__).parents[3] / "models").glob("*/model.safetensors"))
PROMPTS = {
    "english": "The package manager keeps a list of the files that each package has installed.",
    "french": "Le gestionnaire de paquets tient la liste des fichiers installés, où qu'ils soient.",
    "python": "def fibonacci(n):\n    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)\n",
}
PIECES = {"at once": None, "token by token": 1, "uneven pieces": 7}


def oracle(folder):
    """Returns the checkpoint in transformers, in float32."""
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def routers(model):
    """Returns the router modules of transformers, which know k."""
    return [module for module in model.modules() if type(module).__name__.lower().endswith("topkrouter")]


def scores_of(logits, found):
    """Returns the scores of a router from its logits: affinities where it is DeepSeek's."""
    sigmoid = type(found).__name__.startswith("Deepseek")
    return (torch.sigmoid(logits.float()) if sigmoid else torch.softmax(logits.float(), -1)).numpy()


def theirs(model, ids, k):
    """Returns columns of the routing [T, L, .] as its router modules return them, and logits [T, V]."""
    found = []
    hooks = [
        router.register_forward_hook(lambda module, __, output: found.append((module, *output)))
        for router in routers(model)
    ]
    for router in routers(model):
        router.top_k = k
    with torch.inference_mode():
        head = model(torch.tensor(ids[None].astype(np.int64))).logits[0].numpy()
    for hook in hooks:
        hook.remove()
    scores = np.stack([scores_of(logits, module) for module, logits, _, _ in found], 1)
    weights = np.stack([weights.numpy() for _, _, weights, _ in found], 1)
    experts = np.stack([experts.numpy() for _, _, _, experts in found], 1)
    return {"scores": scores, "experts": experts, "weights": weights, "head": head}


def ours(forward, ids, k, expected, piece=None):
    """Returns the same here, in pieces of that many tokens and one in turn."""
    cache, steps, logits, start = forward.cache(len(ids)), [], [], 0
    route = following(forward.checkpoint.router, expected)
    sizes = [piece or len(ids), 1 if piece else len(ids)]
    while start < len(ids):
        chunk = ids[start : start + sizes[0]]
        routing = forward.extend(chunk, cache, k, route, keep=len(chunk))
        steps += routing.steps()
        logits.append(forward.head(routing.hidden))
        start, sizes = start + len(chunk), sizes[::-1]
    found = {
        name: np.stack([getattr(step, name) for step in steps]) for name in ("scores", "experts", "weights")
    }
    return found | {"head": np.concatenate(logits)}


def following(router, expected):
    """Returns the router, with the choices of transformers where two experts tie for the last place."""

    def follow(logits, k, layer, start):
        routed = router.route(logits, k, layer, start)
        there = slice(start, start + len(logits)), layer
        compared = expected["scores"][there] + (0 if router.bias is None else router.bias[layer])
        tied = margin(compared, k) <= SCORES
        routed.experts[tied] = expected["experts"][there][tied]
        routed.weights[tied] = expected["weights"][there][tied]
        return routed

    return follow


def margin(scores, k):
    """Returns by how much the k-th probability is larger than the next [T, L]; infinite if there is no
    next."""
    ordered = -np.sort(-scores, axis=-1)
    return (
        ordered[..., k - 1] - ordered[..., k] if k < scores.shape[-1] else np.full(scores.shape[:-1], np.inf)
    )


def assert_same(found, expected):
    """Scores, experts, weights and logits agree, tokens and layers one by one."""
    np.testing.assert_allclose(found["scores"], expected["scores"], rtol=0, atol=SCORES)
    order, other = found["experts"].argsort(-1), expected["experts"].argsort(-1)
    for name, tolerance in (("experts", 0), ("weights", 2 * SCORES)):
        np.testing.assert_allclose(
            np.take_along_axis(found[name], order, -1),
            np.take_along_axis(expected[name], other, -1),
            rtol=0,
            atol=tolerance,
            err_msg=name,
        )
    np.testing.assert_allclose(found["head"], expected["head"], rtol=0, atol=LOGITS)


@pytest.fixture(scope="module", params=MODELS, ids=lambda folder: folder.name)
def shipped(request):
    return Forward(Checkpoint.open(request.param)), oracle(request.param)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("language", PROMPTS)
def test_shipped_models_agree_with_transformers(shipped, language, k):
    forward, model = shipped
    ids = np.array([token.id for token in forward.checkpoint.tokenizer.encode(PROMPTS[language])], np.int32)
    expected = theirs(model, ids, k)
    for piece in PIECES.values():
        assert_same(ours(forward, ids, k, expected, piece), expected)


@pytest.mark.parametrize("language", PROMPTS)
def test_tokenizer_of_shipped_models_agrees_with_transformers(shipped, language):
    forward, _ = shipped
    folder = forward.checkpoint.folder
    fast = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    assert [token.id for token in forward.checkpoint.tokenizer.encode(PROMPTS[language])] == fast(
        PROMPTS[language]
    )["input_ids"]


@pytest.mark.parametrize("experts", [8, 64])
def test_a_prompt_as_long_as_is_allowed_agrees_with_transformers(tmp_path, experts):
    folder = write_checkpoint(tmp_path / "model", TRIO, num_local_experts=experts, seed=experts)
    ids = np.random.default_rng(experts + 2).integers(0, 4096, 256).astype(np.int32)
    expected = theirs(oracle(folder), ids, 2)
    assert_same(ours(Forward(Checkpoint.open(folder)), ids, 2, expected), expected)


SMALL = {
    "vocab_size": 300,
    "hidden_size": 32,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_experts_per_tok": 3,
    "max_position_embeddings": 512,
    "pad_token_id": None,
    "bos_token_id": None,
    "eos_token_id": 299,
}
OLMOE = SMALL | {"intermediate_size": 24, "num_experts": 10}
QWEN3 = OLMOE | {"moe_intermediate_size": 20, "head_dim": 12, "num_key_value_heads": 2}
GPT_OSS = SMALL | {
    "intermediate_size": 32,
    "num_local_experts": 10,
    "num_key_value_heads": 2,
    "head_dim": 12,
    "sliding_window": 9,
}
YARN = {"rope_type": "yarn", "factor": 40.0, "rope_theta": 1e4, "original_max_position_embeddings": 64}
DEEPSEEK = SMALL | {
    "intermediate_size": 40,
    "moe_intermediate_size": 20,
    "n_routed_experts": 12,
    "num_key_value_heads": 4,
    "n_group": 3,
    "topk_group": 2,
    "n_shared_experts": 2,
    "first_k_dense_replace": 1,
    "q_lora_rank": 18,
    "kv_lora_rank": 14,
    "qk_rope_head_dim": 6,
    "qk_nope_head_dim": 8,
    "v_head_dim": 10,
    "num_nextn_predict_layers": 0,
}
FAMILIES = {
    "gpt-oss": ("GptOss", GPT_OSS),
    "gpt-oss without yarn": (
        "GptOss",
        GPT_OSS | {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4}, "attention_bias": False},
    ),
    "deepseek": ("DeepseekV3", DEEPSEEK),
    "deepseek with yarn": (
        "DeepseekV3",
        DEEPSEEK | {"rope_parameters": YARN | {"mscale": 1.0, "mscale_all_dim": 0.8}, "attention_bias": True},
    ),
    "deepseek plain queries": (
        "DeepseekV3",
        DEEPSEEK | {"q_lora_rank": None, "rope_interleave": False, "n_group": 1, "topk_group": 1},
    ),
    "mixtral with a window": (
        "Mixtral",
        SMALL
        | {
            "intermediate_size": 24,
            "num_local_experts": 10,
            "num_key_value_heads": 2,
            "sliding_window": 9,
        },
    ),
    "qwen3 with a window": ("Qwen3Moe", QWEN3 | {"use_sliding_window": True, "sliding_window": 11}),
    "qwen3 with yarn": ("Qwen3Moe", QWEN3 | {"rope_parameters": YARN}),
    "qwen3 with linear positions": (
        "Qwen3Moe",
        QWEN3 | {"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 1e4}},
    ),
    "mixtral": (
        "Mixtral",
        SMALL | {"intermediate_size": 24, "num_local_experts": 10, "num_key_value_heads": 2},
    ),
    "olmoe": ("Olmoe", OLMOE),
    "olmoe grouped": ("Olmoe", OLMOE | {"num_key_value_heads": 2}),
    "olmoe renormalised": ("Olmoe", OLMOE | {"norm_topk_prob": True}),
    "olmoe clipped": ("Olmoe", OLMOE | {"clip_qkv": 0.5}),
    "olmoe with biases": ("Olmoe", OLMOE | {"attention_bias": True}),
    "qwen3": ("Qwen3Moe", QWEN3 | {"norm_topk_prob": True}),
    "qwen3 not renormalised": ("Qwen3Moe", QWEN3 | {"norm_topk_prob": False}),
    "qwen3 with biases": ("Qwen3Moe", QWEN3 | {"attention_bias": True}),
    "qwen3 with a dense layer": ("Qwen3Moe", QWEN3 | {"mlp_only_layers": [1]}),
    "qwen3 every other layer": ("Qwen3Moe", QWEN3 | {"decoder_sparse_step": 2}),
    "qwen3 tied": ("Qwen3Moe", QWEN3 | {"tie_word_embeddings": True}),
    "qwen3 other rotary base": (
        "Qwen3Moe",
        QWEN3 | {"rope_parameters": {"rope_type": "default", "rope_theta": 500.0}},
    ),
}


def save_random(folder, family, dtype=None, shard_size=None):
    """Returns a random checkpoint that transformers makes and writes, no gain and no bias at its start
    value."""
    name, settings = FAMILIES[family]
    torch.manual_seed(len(family))
    model = getattr(transformers, f"{name}ForCausalLM")(
        getattr(transformers, f"{name}Config")(**settings)
    ).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            spread = parameter.shape[-1] ** -0.5 if parameter.dim() > 1 else 0.3
            parameter.add_(torch.randn_like(parameter) * spread)
        for name, buffer in model.named_buffers():
            if name.endswith("e_score_correction_bias"):
                buffer.add_(torch.randn_like(buffer) * 0.2)
    model.to(dtype or torch.float32).save_pretrained(
        folder, **({"max_shard_size": shard_size} if shard_size else {})
    )
    byte_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


IDS = np.random.default_rng(8).integers(0, 300, 40).astype(np.int32)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kept", [True, False], ids=["kept", "streamed"])
def test_every_family_agrees_with_transformers(tmp_path, family, kept):
    folder = save_random(tmp_path, family)
    checkpoint = Checkpoint.open(folder) if kept else Checkpoint.open(folder, kept_bytes=0)
    if kept and checkpoint.kept is None:
        pytest.skip("this family is streamed always")
    forward, model = Forward(checkpoint), oracle(folder)
    for k in (1, 2, 3, 4):
        expected = theirs(model, IDS, k)
        for piece in PIECES.values():
            assert_same(ours(forward, IDS, k, expected, piece), expected)


@pytest.mark.parametrize("family", ["mixtral", "olmoe", "qwen3 with a dense layer", "gpt-oss", "deepseek"])
def test_parameters_that_are_counted_are_those_that_transformers_has(tmp_path, family):
    folder = save_random(tmp_path, family)
    shape = Checkpoint.open(folder).shape
    assert shape.total_p + shape.rest == sum(parameter.numel() for parameter in oracle(folder).parameters())


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("family", ["mixtral", "olmoe", "qwen3", "gpt-oss", "deepseek"])
def test_sixteen_bit_shards_agree_with_transformers(tmp_path, family, dtype):
    folder = save_random(tmp_path, family, getattr(torch, dtype), "60KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 2
    expected = theirs(oracle(folder), IDS, 3)
    assert_same(ours(Forward(Checkpoint.open(folder)), IDS, 3, expected), expected)


def test_shards_written_by_hand_are_those_that_transformers_reads(tmp_path):
    folder = write_checkpoint(tmp_path / "model", seed=3)
    split_in_shards(folder, 4)
    expected = theirs(oracle(folder), IDS, 2)
    assert_same(ours(Forward(Checkpoint.open(folder)), IDS, 2, expected), expected)


def test_experts_in_mxfp4_agree_with_transformers(tmp_path):
    FAMILIES["gpt-oss for mxfp4"] = (
        "GptOss",
        GPT_OSS | {"hidden_size": 64, "intermediate_size": 64, "head_dim": 16},
    )
    folder = save_random(tmp_path, "gpt-oss for mxfp4")
    quantise_mxfp4(folder)
    settings = transformers.Mxfp4Config(dequantize=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, quantization_config=settings
    ).float()
    expected = theirs(model.eval(), IDS, 3)
    for piece in PIECES.values():
        assert_same(ours(Forward(Checkpoint.open(folder)), IDS, 3, expected, piece), expected)


LARGE_DEEPSEEK = DEEPSEEK | {
    "hidden_size": 160,
    "moe_intermediate_size": 132,
    "intermediate_size": 140,
    "q_lora_rank": 132,
}


@pytest.mark.parametrize("family", ["deepseek of 160", "qwen3 of 160"])
def test_matrices_in_blocks_of_e4m3_agree_with_transformers(tmp_path, family):
    FAMILIES["deepseek of 160"] = ("DeepseekV3", LARGE_DEEPSEEK)
    FAMILIES["qwen3 of 160"] = ("Qwen3Moe", QWEN3 | {"hidden_size": 160, "moe_intermediate_size": 132})
    folder = save_random(tmp_path, family)
    quantise_fp8(folder, keep=("embed_tokens", "lm_head", "mlp.gate.weight"))
    found = Forward(Checkpoint.open(folder))
    expected = theirs(oracle(dequantised(folder, tmp_path / "plain")), IDS, 3)
    assert_same(ours(found, IDS, 3, expected), expected)


def dequantised(folder, target):
    """Returns a copy in float32, decoded by torch: each block of 128 x 128 times its scale."""
    tensors = safetensors_torch.load_file(folder / "model.safetensors")
    scales = {name: tensors.pop(name) for name in list(tensors) if name.endswith("_scale_inv")}
    for name, scale in scales.items():
        codes = tensors[name.removesuffix("_scale_inv")]
        rows, columns = codes.shape
        wide = scale.repeat_interleave(128, 0)[:rows].repeat_interleave(128, 1)[:, :columns]
        tensors[name.removesuffix("_scale_inv")] = codes.float() * wide
    target.mkdir()
    safetensors_torch.save_file(tensors, target / "model.safetensors", metadata={"format": "pt"})
    shutil.copy(folder / "config.json", target)
    edit_config(target, quantization_config=...)
    return target


def test_all_experts_in_one_tensor_agree_with_transformers(tmp_path):
    folder = save_random(tmp_path, "qwen3")
    expected = theirs(oracle(folder), IDS, 3)
    fuse_experts(folder)
    assert_same(ours(Forward(Checkpoint.open(folder)), IDS, 3, expected), expected)


def test_a_head_on_disk_counts_beside_a_tied_config(tmp_path):
    folder = save_random(tmp_path, "qwen3")
    edit_config(folder, tie_word_embeddings=True)
    expected = theirs(oracle(folder), IDS, 3)
    for kept_bytes in (0, 1 << 30):
        assert_same(ours(Forward(Checkpoint.open(folder, kept_bytes)), IDS, 3, expected), expected)


@pytest.mark.parametrize(
    "family, changes",
    [
        ("qwen3", {"rms_norm_eps": ...}),
        ("olmoe", {"rms_norm_eps": ...}),
        ("mixtral", {"rms_norm_eps": ...}),
        ("mixtral", {"norm_topk_prob": False}),
        ("mixtral", {"clip_qkv": 0.1}),
        ("qwen3", {"clip_qkv": 0.1}),
        ("mixtral with a window", {"use_sliding_window": False}),
        ("qwen3 with a window", {"use_sliding_window": False}),
        ("qwen3", {"rope_scaling": YARN}),
        ("qwen3", {"unsloth_fixed": True, "max_length": 20, "temperature": 0.7, "sep_token_id": 4}),
        ("qwen3", {"router_z_loss_coef": 0.1, "layer_types": ["full_attention"] * 4}),
    ],
)
def test_keys_are_read_or_passed_over_as_transformers_does(tmp_path, family, changes):
    folder = save_random(tmp_path, family)
    edit_config(folder, **changes)
    expected = theirs(oracle(folder), IDS, 3)
    for kept_bytes in (0, 1 << 30):
        assert_same(ours(Forward(Checkpoint.open(folder, kept_bytes)), IDS, 3, expected), expected)


def mask_in_transformers(model, layer, expert, added):
    """Returns what adds to the logit of one expert in one layer: `linear`, which the router calls through
    torch."""
    router = routers(model)[layer]
    weight, plain = router.weight, torch.nn.functional.linear

    def linear(x, matrix, bias=None):
        logits = plain(x, matrix, bias)
        if matrix is weight:
            logits[..., expert] += added
        return logits

    return linear


@pytest.mark.parametrize("text, added", [("2.4-off", -1e9), ("2.4-add2.5", 2.5), ("2.4-add-1.5", -1.5)])
@pytest.mark.parametrize("family", ["mixtral", "qwen3", "olmoe"])
def test_an_altered_expert_changes_all_that_follows_as_in_transformers(
    tmp_path, monkeypatch, family, text, added
):
    folder = save_random(tmp_path, family)
    forward, model = Forward(Checkpoint.open(folder)), oracle(folder)
    plain = theirs(model, IDS, 3)
    monkeypatch.setattr(torch.nn.functional, "linear", mask_in_transformers(model, 1, 4, added))
    expected = theirs(model, IDS, 3)
    router = altered(forward.checkpoint.router, parse_alterations(text), 4, 10)
    routing = forward.extend(IDS, forward.cache(len(IDS)), 3, router.route, keep=len(IDS))
    steps = routing.steps()
    found = {
        name: np.stack([getattr(step, name) for step in steps]) for name in ("scores", "experts", "weights")
    }
    assert_same(found | {"head": forward.head(routing.hidden)}, expected)
    assert np.abs(expected["head"] - plain["head"]).max() > 0.01


def test_the_next_tokens_are_those_of_transformers(tmp_path):
    folder = save_random(tmp_path, "qwen3")
    forward, model = Forward(Checkpoint.open(folder)), oracle(folder)
    routing = forward.extend(IDS, forward.cache(len(IDS)), 3, forward.checkpoint.router.route, keep=len(IDS))
    found = next_tokens(forward.head(routing.hidden), IDS)
    batch = torch.tensor(IDS[None].astype(np.int64))
    with torch.inference_mode():
        output = model(batch, labels=batch)
    shares, ids = torch.softmax(output.logits[0], -1).topk(5)
    np.testing.assert_array_equal(found.ids, ids.numpy())
    np.testing.assert_allclose(found.probabilities, shares.numpy(), rtol=0, atol=1e-5)
    assert found.mean_loss == pytest.approx(output.loss.item(), abs=1e-4)
