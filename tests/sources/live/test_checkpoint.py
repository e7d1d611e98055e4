"""Reading checkpoints: types, shards, only what is touched, within a budget; refusals name the fault."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from app.routing import ROUTERS, NonFinite
from app.sources.live.checkpoint import Checkpoint
from app.sources.live.config import CheckpointError
from app.sources.live.families.registry import FAMILIES, config_of
from app.sources.live.forward import Forward
from app.sources.live.tensors import Stored, Tensors
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


def logits_of(folder, kept_bytes=1 << 30):
    forward = Forward(Checkpoint.open(folder, kept_bytes))
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


@pytest.mark.parametrize("kind", ["F32", "F16", "BF16"])
def test_a_checkpoint_that_is_streamed_gives_the_same_as_one_that_is_kept(folder, kind):
    write_typed(folder / "model.safetensors", mixtral_tensors(MIXTRAL), kind)
    assert Checkpoint.open(folder, kept_bytes=0).kept is None
    np.testing.assert_allclose(logits_of(folder, kept_bytes=0), logits_of(folder), rtol=0, atol=1e-5)


def test_a_streamed_checkpoint_reads_only_the_experts_that_are_chosen(folder, monkeypatch):
    touched = []
    values = Stored.values
    monkeypatch.setattr(
        Stored, "values", lambda self, *rest: touched.append(self.start) or values(self, *rest)
    )
    forward = Forward(Checkpoint.open(folder, kept_bytes=0))
    routing = forward.extend(IDS[:1], forward.cache(1), 2, ROUTE, keep=1)
    stored = forward.checkpoint.tensors.stored
    found = {name.rsplit(".", 2)[0] for name in stored if "experts" in name and stored[name].start in touched}
    assert found == {
        f"model.layers.{layer}.block_sparse_moe.experts.{expert}"
        for layer, routed in enumerate(routing.layers)
        for expert in routed.experts[0]
    }


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
    assert "lm_head.weight" not in touched


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
    shape = Checkpoint.open(folder).shape
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
    config = config_of(values | {"mlp_only_layers": [1]})
    shape = FAMILIES[family].shape(config)
    counted = sum(int(np.prod(size)) for _, size in FAMILIES[family].tensors(config))
    assert shape.total_p + shape.rest == counted
    assert shape.layers == (2 if family == "qwen3_moe" else 3)


@pytest.mark.parametrize(
    "family, says, router",
    [
        ("mixtral", {}, "topk_norm"),
        ("mixtral", {"norm_topk_prob": False}, "topk_norm"),
        ("olmoe", {}, "topk"),
        ("olmoe", {"norm_topk_prob": True}, "topk_norm"),
        ("qwen3_moe", {}, "topk"),
        ("qwen3_moe", {"norm_topk_prob": True}, "topk_norm"),
        ("gpt_oss", {}, "softmax_after"),
    ],
)
def test_router_that_a_model_was_trained_with_follows_from_family_and_config(family, says, router):
    config = config_of({**MIXTRAL, "model_type": family, **says})
    assert FAMILIES[family].router(config) == router


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"model_type": "llama"}, "model_type: expected one of mixtral, olmoe, .*, got 'llama'"),
        ({"model_type": ...}, "model_type: expected one of mixtral, olmoe, .*, got None"),
        ({"model_type": [1]}, r"model_type: expected one of mixtral, .*, got \[1\]"),
        ({"hidden_size": "24"}, "hidden_size: .*valid integer, got '24'"),
        ({"hidden_size": [24]}, r"hidden_size: .*valid integer, got \[24\]"),
        ({"hidden_size": True}, "hidden_size: .*valid integer, got True"),
        ({"num_hidden_layers": 2_000_000_000}, "num_hidden_layers: .*less than or equal to 4096"),
        ({"num_attention_heads": 0}, "num_attention_heads: .*greater than or equal to 1, got 0"),
        ({"rope_theta": "1e6"}, "rope_theta: expected a positive number, got '1e6'"),
        ({"rope_scaling": [1]}, r"rope_parameters: expected an object, got \[1\]"),
        ({"is_causal": False}, "is_causal: expected true, got false"),
        (
            {"quantization_config": {"quant_method": "awq"}},
            "quantization_config: expected fp8 with blocks of 128 x 128, or mxfp4 for gpt_oss, got 'awq'",
        ),
        ({"rope_scaling": {"type": "dynamic", "factor": 4.0}}, "expected rope_type default.*, got 'dynamic'"),
        ({"rope_scaling": {"type": "yarn"}}, "rope_parameters.factor: missing"),
        ({"rope_parameters": {"rope_type": "llama3", "factor": 8}}, "expected rope_type default.*'llama3'"),
        ({"rope_scaling": {"rope_type": "default", "partial_rotary_factor": 0.5}}, "partial_rotary_factor"),
        ({"hidden_act": "gelu"}, "hidden_act: Input should be 'silu', got 'gelu'"),
        ({"hidden_size": ...}, "hidden_size: missing"),
        ({"num_hidden_layers": 0}, "num_hidden_layers: .*greater than or equal to 1, got 0"),
        ({"num_experts_per_tok": 7}, "num_experts_per_tok: expected 1 to 6, got 7"),
        ({"num_key_value_heads": 3}, "num_attention_heads a multiple of num_key_value_heads"),
        ({"attention_sink_size": 4}, "attention_sink_size = 4 is not implemented"),
        (
            {"model_type": "qwen3_moe", "mlp_only_layers": [0, 1, 2]},
            "expected a layer with experts, got none",
        ),
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
        {"attention_bias": True, "mlp_only_layers": [0]},
        {"is_causal": True, "unsloth_version": "2026.1", "top_p": 0.9},
    ],
)
def test_config_asking_for_nothing_more_is_accepted(folder, changes):
    plain = logits_of(folder)
    rewrite(folder, **changes)
    np.testing.assert_array_equal(logits_of(folder), plain)


def test_config_that_is_no_json_is_refused_with_its_path(folder):
    (folder / "config.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"config\.json: expected JSON"):
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
    with pytest.raises(CheckpointError, match=r"w: expected F32, F16, BF16, .*, got I8; quantised"):
        Checkpoint.open(folder)


@pytest.mark.parametrize(
    "content", [b"", b"not a file of weights at all", (2**60).to_bytes(8, "little") + b"{}"]
)
def test_a_file_that_is_no_safetensors_is_refused_with_its_path(folder, content):
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"model\.safetensors: expected a whole safetensors file"):
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


def test_brackets_nested_too_deep_are_refused(folder):
    (folder / "config.json").write_text("[" * 200_000)
    with pytest.raises(CheckpointError, match=r"config\.json: expected JSON, got brackets nested too deep"):
        Checkpoint.open(folder)


def test_a_config_of_many_megabytes_is_refused_before_it_is_parsed(folder):
    (folder / "config.json").write_text(" " * (5 << 20))
    with pytest.raises(CheckpointError, match=r"config\.json: .*at most 4,194,304 bytes, got 5,242,880"):
        Checkpoint.open(folder)


def test_a_git_lfs_pointer_is_told_as_such(folder):
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    (folder / "model.safetensors").write_text(pointer)
    with pytest.raises(CheckpointError, match=r"model\.safetensors: .*Git LFS pointer; run git lfs pull"):
        Checkpoint.open(folder)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "consolidated.00.pth", "model.pt"])
def test_pickled_weights_are_refused_with_the_way_to_convert_them(folder, name):
    (folder / "model.safetensors").rename(folder / name)
    with pytest.raises(CheckpointError, match=rf"{name}: .*pickled weights.*save_pretrained"):
        Checkpoint.open(folder)


def test_lora_weights_beside_a_model_are_refused_and_not_left_out(folder):
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(CheckpointError, match=r"adapter_config\.json: .*LoRA.*merge"):
        Checkpoint.open(folder)


def test_lora_matrices_among_the_weights_are_refused_by_name(folder):
    name = "model.layers.0.self_attn.q_proj.lora_A.weight"
    change_tensors(folder, lambda tensors: tensors.update({name: np.zeros((4, 24), np.float32)}))
    with pytest.raises(CheckpointError, match=r"q_proj\.lora_A\.weight: expected merged weights"):
        Checkpoint.open(folder)


def test_weights_larger_than_the_memory_are_refused_with_both_figures(folder, monkeypatch):
    monkeypatch.setattr("app.sources.live.checkpoint.memory_bytes", lambda: 20_000)
    with pytest.raises(CheckpointError, match=r"weights: expected at most 0\.0 GB, .*got 0\.0 GB"):
        Checkpoint.open(folder)


def test_the_language_model_of_a_wrapper_runs(folder):
    plain = logits_of(folder)
    inner = json.loads((folder / "config.json").read_text())
    wrapped = {"model_type": "llava", "text_config": inner, "vision_config": {"hidden_size": 8}}
    (folder / "config.json").write_text(json.dumps(wrapped))
    tensors = mixtral_tensors(MIXTRAL)
    save_file(
        {f"language_model.{name}": each for name, each in tensors.items()}, folder / "model.safetensors"
    )
    np.testing.assert_array_equal(logits_of(folder), plain)


def test_weights_that_are_shortened_while_they_are_used_give_an_error_and_not_a_dead_process(folder):
    forward = Forward(Checkpoint.open(folder, kept_bytes=0))
    forward.extend(IDS, forward.cache(3), 2, ROUTE)
    path = folder / "model.safetensors"
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 4)
    with pytest.raises(CheckpointError, match=r"model\.safetensors: .*the file was shortened"):
        forward.extend(IDS, forward.cache(3), 2, ROUTE, keep=3)


@pytest.mark.parametrize("kept_bytes", [0, 1 << 30])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_give_an_error_that_names_layer_and_token(folder, value, kept_bytes):
    name = "model.layers.1.block_sparse_moe.gate.weight"
    change_tensors(folder, lambda tensors: tensors[name].__setitem__((4, 0), value))
    forward = Forward(Checkpoint.open(folder, kept_bytes))
    with pytest.raises(NonFinite, match="for expert 4 in layer 1 at token 0"):
        forward.extend(IDS, forward.cache(3), 2, ROUTE)


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
