"""Counting a checkpoint folder by its headers: sixty types, quantised formats, bad files."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import pytest

from app.__main__ import main
from app.published.architectures.config_fields import ConfigError
from app.published.architectures.registry import read_config
from app.published.parameters import Parameters
from app.published.tensor_headers import Tensor, read_tensors
from app.published.tensor_parts import count_tensors
from app.settings import ROOT

FILE = Path(__file__).parents[1] / "data" / "published" / "headers.json.gz"
CASES = json.loads(gzip.decompress(FILE.read_bytes()))["cases"]
WIDTHS = {"F32": 4, "BF16": 2, "F8_E4M3": 1, "U8": 1, "I32": 4, "I64": 8, "BOOL": 1}
BUFFERS = {"inkling2": 512, "inkling2_loop": 512}  # on disk and no parameters of a module
# jetmoe: only attention names its module experts. muse_spark: one norm there is for all experts.
EXPERTS = {"dbrx": 4, "longcat_flash": 9}  # the latter with 3 zero experts, which transformers alone saves
OTHERWISE = {"jetmoe": 219_392, "muse_spark": -160}


def tensor(name, dtype, *shape):
    return Tensor(name, dtype, shape, math.prod(shape) * WIDTHS[dtype])


def tensors_of(case):
    return [tensor(name, dtype, *shape) for name, (dtype, shape) in case["tensors"].items()]


@pytest.mark.parametrize("name", CASES)
def test_checkpoint_of_a_type_is_split_as_its_modules_are(name):
    case = CASES[name]
    found = count_tensors(tensors_of(case), case["config"])
    assert found.parts["experts"] == case["experts"] + OTHERWISE.get(name, 0)
    assert found.parts.get("shared", 0) == case["shared"]
    assert found.total == case["total"] + BUFFERS.get(name, 0)
    assert {block.experts for block in found.blocks} == {EXPERTS.get(name, 6)}
    assert found.active is None or found.total > found.active > 0


def test_active_leaves_out_what_the_other_experts_hold():
    case = CASES["mixtral"]
    found = count_tensors(tensors_of(case), case["config"])
    each = found.parts["experts"] // 6
    assert found.top_k == 2 and found.active == found.total - 4 * each
    assert count_tensors(tensors_of(case), {}).active is None


MODEL = [
    ("model.embed_tokens.weight", (128, 64)),
    ("model.layers.0.mlp.gate.weight", (4, 64)),
    *((f"model.layers.0.mlp.experts.{e}.down_proj.weight", (64, 32)) for e in range(4)),
]
ROUTED, OTHER = 4 * 64 * 32, (128 + 4) * 64


def quantised(part):
    """Returns the model with each expert's matrix in a format: `part` gives its tensors by the name of the
    matrix."""
    plain = [tensor(name, "BF16", *shape) for name, shape in MODEL if ".experts." not in name]
    stems = (name.removesuffix(".weight") for name, _ in MODEL if ".experts." in name)
    return plain + [each for stem in stems for each in part(stem)]


FORMATS = {
    "fp8 blocks": (
        {},
        lambda s: [tensor(f"{s}.weight", "F8_E4M3", 64, 32), tensor(f"{s}.weight_scale_inv", "F32", 1, 1)],
    ),
    "awq": (
        {"bits": 4},
        lambda s: [
            tensor(f"{s}.qweight", "I32", 64, 4),
            tensor(f"{s}.qzeros", "I32", 1, 4),
            tensor(f"{s}.scales", "BF16", 1, 32),
        ],
    ),
    "gptq 8 bits": (
        {"bits": 8},
        lambda s: [tensor(f"{s}.qweight", "I32", 16, 32), tensor(f"{s}.g_idx", "I32", 64)],
    ),
    "compressed-tensors": (
        {"config_groups": {"group_0": {"weights": {"num_bits": 4}}}},
        lambda s: [
            tensor(f"{s}.weight_packed", "I32", 64, 4),
            tensor(f"{s}.weight_scale", "BF16", 64, 1),
            tensor(f"{s}.weight_shape", "I64", 2),
        ],
    ),
    "bitsandbytes": (
        {},
        lambda s: [
            tensor(f"{s}.weight", "U8", 1024, 1),
            tensor(f"{s}.weight.absmax", "F32", 16),
            tensor(f"{s}.weight.quant_map", "F32", 16),
            tensor(f"{s}.weight.quant_state.bitsandbytes__nf4", "U8", 90),
        ],
    ),
    "nvfp4": (
        {},
        lambda s: [
            tensor(f"{s}.weight", "U8", 64, 16),
            tensor(f"{s}.weight_scale", "F8_E4M3", 64, 2),
            tensor(f"{s}.weight_scale_2", "F32", 1),
            tensor(f"{s}.input_scale", "F32", 1),
        ],
    ),
}


@pytest.mark.parametrize("name", FORMATS)
def test_quantised_weights_count_as_the_numbers_that_they_stand_for(name):
    table, part = FORMATS[name]
    found = count_tensors(quantised(part), {"quantization_config": table, "num_experts_per_tok": 1})
    assert found.parts == {"experts": ROUTED, "router": 4 * 64, "embed": 128 * 64}
    assert found.active == OTHER + ROUTED // 4
    assert sum(found.bytes.values()) == sum(t.bytes for t in quantised(part))


def test_mxfp4_blocks_of_gpt_oss_count_two_numbers_a_byte():
    block = "model.layers.0.mlp."
    tensors = [
        tensor(f"{block}router.weight", "BF16", 4, 64),
        tensor(f"{block}router.bias", "BF16", 4),
        tensor(f"{block}experts.down_proj_blocks", "U8", 4, 64, 1, 16),
        tensor(f"{block}experts.down_proj_scales", "U8", 4, 64, 1),
        tensor(f"{block}experts.down_proj_bias", "BF16", 4, 64),
    ]
    assert count_tensors(tensors, {}).parts == {"experts": ROUTED + 4 * 64, "router": 4 * 65}


def test_dbrx_experts_in_one_matrix_are_told_by_the_rows_of_their_router():
    block = "transformer.blocks.0.ffn."
    tensors = [
        tensor(f"{block}router.layer.weight", "BF16", 4, 64),
        tensor(f"{block}experts.mlp.w1", "BF16", 4 * 32, 64),
    ]
    found = count_tensors(tensors, {"ffn_config": {"moe_top_k": 1}})
    assert found.parts == {"experts": ROUTED, "router": 256}
    assert found.blocks[0].experts == 4


def test_layer_after_the_last_one_is_a_prediction_module_and_counted_beside():
    extra = [tensor("model.layers.1.eh_proj.weight", "BF16", 64, 128)]
    plain = [tensor(name, "BF16", *shape) for name, shape in MODEL]
    found = count_tensors(plain + extra, {"num_hidden_layers": 1})
    assert found.beside == {"mtp": 64 * 128}
    assert found.total == ROUTED + OTHER


@pytest.mark.parametrize("name", ["trio-8", "trio-64"])
def test_shipped_checkpoint_counts_the_same_by_headers_and_by_config(name):
    config = json.loads((ROOT / "models" / name / "config.json").read_text())
    found = count_tensors(read_tensors(ROOT / "models" / name), config)
    expected = Parameters(read_config(config))
    assert (found.total, found.active) == (expected.total, expected.active)
    assert found.parts["experts"] == expected.parts["experts"]


def test_command_counts_a_folder_in_parameters_and_bytes(capsys):
    assert main(["params", str(ROOT / "models" / "trio-8"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    size = (ROOT / "models" / "trio-8" / "model.safetensors").stat().st_size
    assert 0 < size - found["bytes_total"] < 40_000
    assert found["experts"] == 8 and found["moe_layers"] == 6 and found["top_k"] == 2
    assert main(["params", str(ROOT / "models" / "trio-8")]) == 0
    assert "6 MoE layers of 8 experts, 2 chosen" in capsys.readouterr().out


def test_command_counts_a_folder_without_weights_by_its_config(tmp_path, capsys):
    (tmp_path / "config.json").write_bytes((ROOT / "models" / "trio-8" / "config.json").read_bytes())
    assert main(["params", str(tmp_path), "--json"]) == 0
    assert "parts" in json.loads(capsys.readouterr().out)


def header(content, size=None):
    return (len(content) if size is None else size).to_bytes(8, "little") + content


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("model.safetensors", b"", "no header of that format"),
        ("model.safetensors", header(b"{}", 2**60), "no header of that format"),
        ("model.safetensors", header(b"{}", 50)[:20], "a header of 50 bytes, got 2"),
        ("model.safetensors", header(b"[" * 100_000), "a header that is no JSON"),
        ("model.safetensors", header(b"[1, 2]"), "a header that is no object"),
        ("model.safetensors", header(b'{"a": {"dtype": "F32"}}'), "dtype, shape and data_offsets of a"),
        (
            "model.safetensors",
            header(b'{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}'),
            "dtype, shape and data_offsets of a",
        ),
        ("model.safetensors", b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
        ("pytorch_model.bin", b"\x80\x04", "a pickled checkpoint; convert it to safetensors"),
        ("README.md", b"", "1 to 4096 safetensors files, got 0"),
    ],
)
def test_folder_without_readable_headers_is_refused_with_the_reason(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ConfigError, match=message):
        read_tensors(tmp_path)
