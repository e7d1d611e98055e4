"""Reading checkpoints: types, shards, only what is touched, within a budget; refusals name the fault."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from app.routing import ROUTERS
from app.sources.live.checkpoint import Checkpoint
from app.sources.live.config import CheckpointError, parse_config, read_config
from app.sources.live.forward import Forward
from app.sources.live.tensor_layout import expected_tensors
from app.sources.live.tensors import Tensors
from tests.sources.live.tiny_checkpoints import (
    MIXTRAL,
    mixtral_tensors,
    split_in_shards,
    write_checkpoint,
    write_typed,
)

IDS = np.array([7, 3, 250], np.int32)
ROUTE = ROUTERS["topk_norm"].route


@pytest.fixture
def folder(tmp_path):
    return write_checkpoint(tmp_path / "model")


def logits_of(folder, budget_bytes=1 << 30):
    forward = Forward(Checkpoint.open(folder, budget_bytes))
    return forward.head(forward.extend(IDS, forward.cache(3), 2, ROUTE, keep=3).hidden)


def rewrite(folder, **changes):
    """Change config.json; None deletes a key."""
    path = folder / "config.json"
    config = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({key: value for key, value in config.items() if value is not ...}))


@pytest.mark.parametrize("kind, tolerance", [("F32", 0), ("F16", 1e-3), ("BF16", 2**-7)])
def test_tensors_read_a_type_as_the_nearest_float32(tmp_path, kind, tolerance):
    values = np.random.default_rng(0).standard_normal((30, 5)).astype(np.float32)
    write_typed(tmp_path / "model.safetensors", {"odd": values[0, :3], "matrix": values}, kind)
    tensors = Tensors(tmp_path)
    found = tensors.read("matrix")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, values, rtol=tolerance, atol=1e-6 if tolerance else 0)
    np.testing.assert_array_equal(tensors.rows("matrix", np.array([4, 4, 0])), found[[4, 4, 0]])


def test_bfloat16_is_read_exactly(tmp_path):
    exact = np.array([1.0, -2.5, 3.140625, 1e30, 0.0, -0.0078125], np.float32)
    write_typed(tmp_path / "model.safetensors", {"values": exact}, "BF16")
    assert Tensors(tmp_path).read("values").tolist()[:3] == [1.0, -2.5, 3.140625]
    assert Tensors(tmp_path).read("values")[4:].tolist() == [0.0, -0.0078125]


def test_shards_give_the_same_as_one_file(folder):
    whole = logits_of(folder)
    split_in_shards(folder, 3)
    np.testing.assert_array_equal(logits_of(folder), whole)


def test_a_checkpoint_over_the_budget_gives_the_same_within_it(folder):
    whole = logits_of(folder)
    small = Checkpoint.open(folder, budget_bytes=20_000)
    forward = Forward(small)
    for _ in range(2):
        hidden = forward.extend(IDS, forward.cache(3), 2, ROUTE, keep=3).hidden
        np.testing.assert_allclose(forward.head(hidden), whole, rtol=0, atol=1e-5)
    assert small.kept_bytes <= max(20_000, MIXTRAL["vocab_size"] * MIXTRAL["hidden_size"] * 4)


def test_forward_reads_only_the_experts_that_are_chosen(folder, monkeypatch):
    touched = []
    read = Tensors.read
    monkeypatch.setattr(Tensors, "read", lambda self, name: touched.append(name) or read(self, name))
    forward = Forward(Checkpoint.open(folder))
    assert touched == []
    routing = forward.extend(IDS[:1], forward.cache(1), 2, ROUTE)
    experts = {name.rsplit(".", 2)[0] for name in touched if "experts" in name}
    chosen = {
        f"model.layers.{layer}.block_sparse_moe.experts.{expert}"
        for layer, routed in enumerate(routing.layers[:-1])  # what the last ones add is not asked for
        for expert in routed.experts[0]
    }
    assert experts == chosen
    assert not any("embed_tokens" in name or "lm_head" in name for name in touched)


def test_weights_are_converted_once_for_all_viewers(folder, monkeypatch):
    touched = []
    read = Tensors.read
    monkeypatch.setattr(Tensors, "read", lambda self, name: touched.append(name) or read(self, name))
    forward = Forward(Checkpoint.open(folder))
    for _ in range(3):
        forward.extend(IDS, forward.cache(3), 6, ROUTE, keep=1)
    per_norm = [name for name in touched if name.endswith("layernorm.weight")]
    others = [name for name in touched if not name.endswith("layernorm.weight")]
    assert len(others) == len(set(others))
    assert len(set(per_norm)) == 6


@pytest.mark.parametrize("tied", [True, False])
def test_shape_counts_every_parameter_of_the_file(tmp_path, tied):
    folder = write_checkpoint(tmp_path / "model", tie_word_embeddings=tied)
    shape = read_config(folder).shape
    stored = sum(values.size for values in load_file(folder / "model.safetensors").values())
    assert shape.total_p + shape.rest == stored
    assert (shape.layers, shape.experts, shape.top_k) == (3, 6, 2)
    assert shape.expert_size == 3 * 24 * 20


@pytest.mark.parametrize(
    "family, key", [("olmoe", "intermediate_size"), ("qwen3_moe", "moe_intermediate_size")]
)
def test_shape_of_other_families_counts_the_tensors_that_are_expected(family, key):
    values = {**MIXTRAL, "model_type": family, "num_experts": 6, "attention_bias": True, key: 20}
    del values["num_local_experts"]
    config = parse_config(values | {"mlp_only_layers": [1]}, "config.json")
    shape = config.shape
    assert shape.total_p + shape.rest == sum(int(np.prod(size)) for _, size in expected_tensors(config))
    assert shape.layers == 2 and shape.dense == 3 * 24 * 20


@pytest.mark.parametrize(
    "family, says, router",
    [
        ("mixtral", {}, "topk_norm"),
        ("olmoe", {}, "topk"),
        ("olmoe", {"norm_topk_prob": True}, "topk_norm"),
        ("qwen3_moe", {}, "topk"),
        ("qwen3_moe", {"norm_topk_prob": True}, "topk_norm"),
    ],
)
def test_router_that_a_model_was_trained_with_follows_from_family_and_config(family, says, router):
    assert parse_config({**MIXTRAL, "model_type": family, **says}, "config.json").router == router


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"model_type": "llama"}, "model_type: expected one of mixtral, olmoe, qwen3_moe, got 'llama'"),
        ({"model_type": ...}, "model_type: expected one of mixtral, olmoe, qwen3_moe, got None"),
        (
            {"quantization_config": {"quant_method": "awq"}},
            "quantization_config = .*awq.* is not implemented",
        ),
        ({"rope_scaling": {"type": "yarn", "factor": 4.0}}, "rope_type 'default' and no more, got 'yarn'"),
        ({"rope_parameters": {"rope_type": "llama3", "factor": 8}}, "expected rope_type 'default'.*'llama3'"),
        ({"rope_scaling": {"rope_type": "default", "partial_rotary_factor": 0.5}}, "partial_rotary_factor"),
        ({"hidden_act": "gelu"}, "hidden_act: Input should be 'silu', got 'gelu'"),
        ({"attention_bias": True}, "attention_bias: Mixtral has none"),
        ({"hidden_size": ...}, "hidden_size: missing"),
        ({"num_hidden_layers": 0}, "num_hidden_layers: .*greater than 0, got 0"),
        ({"num_experts_per_tok": 7}, "num_experts_per_tok: expected 1 to 6, got 7"),
        ({"num_key_value_heads": 3}, "num_attention_heads a multiple of num_key_value_heads"),
        ({"attention_sink_size": 4}, "attention_sink_size = 4 is not implemented"),
        ({"mlp_only_layers": [0, 1, 2]}, "expected a layer with experts, got none"),
    ],
)
def test_config_asking_for_what_is_not_implemented_is_refused_by_name(folder, changes, sentence):
    rewrite(folder, **changes)
    with pytest.raises(CheckpointError, match=sentence):
        Checkpoint.open(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"quantization_config": None, "some_new_switch": False},
        {
            "rope_scaling": None,
            "rope_theta": ...,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e4},
        },
        {"rope_scaling": {"type": "default"}},
        {"dtype": "bfloat16", "router_aux_loss_coef": 0.02, "attention_dropout": 0.1},
        {"sliding_window": 4096},
    ],
)
def test_config_asking_for_nothing_more_is_accepted(folder, changes):
    plain = logits_of(folder)
    rewrite(folder, **changes)
    np.testing.assert_array_equal(logits_of(folder), plain)


def test_config_that_is_no_json_is_refused_with_its_path(folder):
    (folder / "config.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"config\.json: expected a model's configuration in JSON"):
        Checkpoint.open(folder)


def change_tensors(folder, change):
    tensors = mixtral_tensors(MIXTRAL)
    change(tensors)
    save_file(tensors, folder / "model.safetensors")


@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda t: t.pop("model.norm.weight"), r"model\.norm\.weight: expected \(24,\), got none"),
        (
            lambda t: t.update({"model.norm.weight": np.zeros(23, np.float32)}),
            r"model\.norm\.weight: expected \(24,\), got \(23,\)",
        ),
        (
            lambda t: t.update({"model.layers.0.self_attn.sinks": np.zeros(4, np.float32)}),
            r"1 tensors that nothing here uses, the first is model\.layers\.0\.self_attn\.sinks",
        ),
    ],
)
def test_tensors_that_do_not_fit_the_config_are_refused_by_name(folder, change, sentence):
    change_tensors(folder, change)
    with pytest.raises(CheckpointError, match=sentence):
        Checkpoint.open(folder)


def test_buffers_that_follow_from_the_config_are_left_aside(folder):
    plain = logits_of(folder)
    name = "model.layers.0.self_attn.rotary_emb.inv_freq"
    change_tensors(folder, lambda tensors: tensors.update({name: np.zeros(3, np.float32)}))
    np.testing.assert_array_equal(logits_of(folder), plain)


def test_quantised_weights_are_refused_by_type(folder):
    write_typed(folder / "model.safetensors", {"w": np.zeros((2, 2), np.float32)}, "I8")
    with pytest.raises(CheckpointError, match="w: expected F32, F16, BF16, got I8; quantised"):
        Checkpoint.open(folder)


@pytest.mark.parametrize(
    "content", [b"", b"not a file of weights at all", (2**60).to_bytes(8, "little") + b"{}"]
)
def test_a_file_that_is_no_safetensors_is_refused_with_its_path(folder, content):
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"model\.safetensors: expected a safetensors file"):
        Checkpoint.open(folder)


def test_missing_weights_and_missing_shards_are_named(folder):
    split_in_shards(folder, 2)
    (folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"missing model-00002-of-00002\.safetensors"):
        Checkpoint.open(folder)
    (folder / "model.safetensors.index.json").unlink()
    with pytest.raises(
        CheckpointError, match=r"expected model\.safetensors or model\.safetensors\.index\.json"
    ):
        Checkpoint.open(folder)


def test_an_index_cannot_name_files_elsewhere(folder):
    index = {"weight_map": {"model.norm.weight": "../elsewhere.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "model.safetensors").rename(folder.parent / "elsewhere.safetensors")
    with pytest.raises(CheckpointError, match="expected its shards beside it"):
        Checkpoint.open(folder)


def test_digest_changes_with_weights_config_and_tokenizer_alone(folder):
    first = Checkpoint.open(folder).digest
    (folder / "README.md").write_text("hello")
    assert Checkpoint.open(folder).digest == first
    seen = {first}
    change_tensors(folder, lambda tensors: tensors["model.norm.weight"].__setitem__(0, 2))
    seen.add(Checkpoint.open(folder).digest)
    rewrite(folder, rms_norm_eps=1e-6)
    seen.add(Checkpoint.open(folder).digest)
    (folder / "tokenizer.json").write_text("{}")
    seen.add(Checkpoint.open(folder).digest)
    assert len(seen) == 4
