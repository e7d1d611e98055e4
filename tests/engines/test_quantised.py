"""Quantised checkpoints on transformers: those that run, and those that are refused with the remedy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("transformers")

import torch
from safetensors.torch import load_file, save_file

from app.sources.engines.engine_error import EngineRefusal
from app.sources.engines.engine_trace import EngineTrace
from app.sources.engines.registry import open_model
from app.trace import RoutingTrace
from tests.engines.tiny_families import save

pytestmark = [pytest.mark.engines, pytest.mark.filterwarnings("default")]
FP8 = {"quant_method": "fp8", "weight_block_size": [128, 128], "activation_scheme": "dynamic"}
KEPT = ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"]
MXFP4 = {"quant_method": "mxfp4", "modules_to_not_convert": KEPT}
VALUES = [0, 0.5, 1, 1.5, 2, 3, 4, 6]  # of four bits, and the same negative (OCP Microscaling, table 5)


def recorded(folder: Path) -> RoutingTrace:
    model = open_model(str(folder), "transformers")
    return EngineTrace(model, tuple(model.token(id) for id in (5, 9, 17, 33, 64, 3, 99))).trace()


def rewrite(folder: Path, tensors: dict[str, Any], method: dict[str, Any]) -> None:
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "quantization_config": method}))


def test_fp8_checkpoint_routes_as_the_same_weights_unpacked(tmp_path):
    folder, plain = save("deepseek_v3", tmp_path / "fp8"), save("deepseek_v3", tmp_path / "plain")
    packed, unpacked = {}, {}
    for name, tensor in load_file(folder / "model.safetensors").items():
        unpacked[name] = packed[name] = tensor.to(torch.bfloat16)
        if name.endswith("_proj.weight") and tensor.dim() == 2:
            scale = tensor.abs().max() / 448
            packed[name] = (tensor / scale).to(torch.float8_e4m3fn)
            blocks = [-(-side // 128) for side in tensor.shape]
            packed[name + "_scale_inv"] = torch.full(blocks, float(scale))
            unpacked[name] = (packed[name].float() * scale).to(torch.bfloat16)
    rewrite(folder, packed, FP8)
    save_file(unpacked, plain / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((plain / "config.json").read_text())
    (plain / "config.json").write_text(json.dumps({**config, "dtype": "bfloat16"}))
    ours, expected = recorded(folder), recorded(plain)
    assert ours.header.origin["stored"] == "fp8"
    assert (np.sort(ours.experts) == np.sort(expected.experts)).mean() > 0.95


def test_mxfp4_checkpoint_routes_as_the_same_weights_unpacked(tmp_path):
    sizes = {"intermediate_size": 64}
    folder, plain = (save("gpt_oss", tmp_path / name, **sizes) for name in ("mxfp4", "plain"))
    random = np.random.default_rng(0)
    table = np.array([*VALUES, *(-value for value in VALUES)], np.float32)
    packed, unpacked = {}, {}
    for name, tensor in load_file(folder / "model.safetensors").items():
        unpacked[name] = packed[name] = tensor.to(torch.bfloat16)
        if name.endswith(("gate_up_proj", "down_proj")):
            del packed[name]
            experts, inner, outer = tensor.shape
            blocks = random.integers(0, 256, (experts, outer, inner // 32, 16), dtype=np.uint8)
            scales = random.integers(121, 125, (experts, outer, inner // 32), dtype=np.uint8)
            packed[name + "_blocks"], packed[name + "_scales"] = map(torch.from_numpy, (blocks, scales))
            pairs = np.stack([table[blocks & 15], table[blocks >> 4]], axis=-1)  # the low four bits first
            values = pairs.reshape(*scales.shape, 32) * 2.0 ** (scales[..., None].astype(np.float32) - 127)
            whole = torch.from_numpy(values.reshape(experts, outer, inner).swapaxes(1, 2).copy())
            unpacked[name] = whole.to(torch.bfloat16)
    rewrite(folder, packed, MXFP4)
    save_file(unpacked, plain / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((plain / "config.json").read_text())
    (plain / "config.json").write_text(json.dumps({**config, "dtype": "bfloat16"}))
    ours, expected = recorded(folder), recorded(plain)
    assert ours.header.origin["stored"] == "mxfp4"
    assert (np.sort(ours.experts) == np.sort(expected.experts)).mean() > 0.95


def test_other_methods_are_refused_by_name_with_the_remedy(tmp_path):
    folder = save("mixtral", tmp_path / "gptq")
    rewrite(folder, load_file(folder / "model.safetensors"), {"quant_method": "gptq", "bits": 4})
    with pytest.raises(EngineRefusal, match=r"got 'gptq'; use the unquantised checkpoint"):
        open_model(str(folder), "transformers")


def test_missing_weights_are_refused_and_not_made_up(tmp_path):
    folder = save("olmoe", tmp_path / "olmoe")
    tensors = load_file(folder / "model.safetensors")
    tensors.pop("model.norm.weight")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EngineRefusal, match=r"missing 1, such as model\.norm\.weight"):
        open_model(str(folder), "transformers")
