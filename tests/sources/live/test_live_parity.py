"""The live model against transformers in float32: shipped checkpoints, and tiny random ones of each family.

Where the k-th and the k+1-th probability differ by less than the tolerance, either expert may be chosen, and
all that follows from the choice differs: there, and only there, our model is made to choose as transformers.
"""

from pathlib import Path

import numpy as np
import pytest

from app.routing import ROUTERS
from app.sources.live.checkpoint import Checkpoint
from app.sources.live.forward import Forward
from tests.sources.live.tiny_checkpoints import TRIO, byte_tokenizer, split_in_shards, write_checkpoint

torch = pytest.importorskip("torch")
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
    """The checkpoint in transformers, in float32."""
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def routers(model):
    """The router modules of transformers, which know k."""
    return [module for module in model.modules() if type(module).__name__.endswith("TopKRouter")]


def theirs(model, ids, k):
    """Columns of the routing [T, L, .] as its router modules return them, and logits [T, V]."""
    found = []
    hooks = [
        router.register_forward_hook(lambda _, __, output: found.append(output)) for router in routers(model)
    ]
    for router in routers(model):
        router.top_k = k
    with torch.inference_mode():
        head = model(torch.tensor(ids[None].astype(np.int64))).logits[0].numpy()
    for hook in hooks:
        hook.remove()
    scores = np.stack([torch.softmax(logits.float(), -1).numpy() for logits, _, _ in found], 1)
    weights = np.stack([weights.numpy() for _, weights, _ in found], 1)
    experts = np.stack([experts.numpy() for _, _, experts in found], 1)
    return {"scores": scores, "experts": experts, "weights": weights, "head": head}


def ours(forward, ids, k, expected, piece=None):
    """The same here, in pieces of that many tokens and one in turn."""
    cache, steps, logits, start = forward.cache(len(ids)), [], [], 0
    route = following(ROUTERS[forward.config.router].route, expected)
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


def following(route, expected):
    """The router, with the choices of transformers where two experts tie for the last place."""

    def follow(logits, k, layer, start):
        routed = route(logits, k)
        there = slice(start, start + len(logits)), layer
        tied = margin(expected["scores"][there], k) <= SCORES
        routed.experts[tied] = expected["experts"][there][tied]
        routed.weights[tied] = expected["weights"][there][tied]
        return routed

    return follow


def margin(scores, k):
    """By how much the k-th probability is larger than the next [T, L]; infinite where there is no next."""
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
FAMILIES = {
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
    """A random checkpoint that transformers makes and writes, no gain and no bias at its start value."""
    name, settings = FAMILIES[family]
    torch.manual_seed(len(family))
    model = getattr(transformers, f"{name}ForCausalLM")(
        getattr(transformers, f"{name}Config")(**settings)
    ).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            spread = parameter.shape[-1] ** -0.5 if parameter.dim() > 1 else 0.3
            parameter.add_(torch.randn_like(parameter) * spread)
    model.to(dtype or torch.float32).save_pretrained(
        folder, **({"max_shard_size": shard_size} if shard_size else {})
    )
    byte_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


IDS = np.random.default_rng(8).integers(0, 300, 40).astype(np.int32)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_agrees_with_transformers(tmp_path, family):
    folder = save_random(tmp_path, family)
    forward, model = Forward(Checkpoint.open(folder)), oracle(folder)
    for k in (1, 2, 3, 4):
        expected = theirs(model, IDS, k)
        for piece in PIECES.values():
            assert_same(ours(forward, IDS, k, expected, piece), expected)


@pytest.mark.parametrize("family", ["mixtral", "olmoe", "qwen3 with a dense layer"])
def test_parameters_that_are_counted_are_those_that_transformers_has(tmp_path, family):
    folder = save_random(tmp_path, family)
    shape = Checkpoint.open(folder).config.shape
    assert shape.total_p + shape.rest == sum(parameter.numel() for parameter in oracle(folder).parameters())


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("family", ["mixtral", "olmoe", "qwen3"])
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
