"""Small random checkpoints in Hugging Face layout, written with numpy; tensor names as published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from tokenizers import decoders, models, pre_tokenizers

from app.trace import Floats

MIXTRAL: dict[str, Any] = {
    "architectures": ["MixtralForCausalLM"],
    "model_type": "mixtral",
    "vocab_size": 300,
    "hidden_size": 24,
    "intermediate_size": 20,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "num_local_experts": 6,
    "num_experts_per_tok": 2,
    "hidden_act": "silu",
    "max_position_embeddings": 512,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "sliding_window": None,
    "tie_word_embeddings": False,
}
# The models that the project trains: the sizes that speed is measured at.
TRIO: dict[str, Any] = {
    **MIXTRAL,
    "vocab_size": 4096,
    "hidden_size": 128,
    "intermediate_size": 64,
    "num_hidden_layers": 6,
    "num_local_experts": 8,
    "max_position_embeddings": 1024,
    "tie_word_embeddings": True,
}


def mixtral_tensors(config: dict[str, Any], seed: int = 0) -> dict[str, Floats]:
    """Returns random weights of a Mixtral, scaled so that activations keep their size and routers choose."""
    random = np.random.default_rng(seed)

    def matrix(rows: int, columns: int) -> Floats:
        return (random.standard_normal((rows, columns)) / np.sqrt(columns)).astype(np.float32)

    def gain() -> Floats:
        return random.uniform(0.5, 1.5, width).astype(np.float32)

    width, inner = config["hidden_size"], config["intermediate_size"]
    key = width * config["num_key_value_heads"] // config["num_attention_heads"]
    embedding = random.standard_normal((config["vocab_size"], width)).astype(np.float32)
    tensors = {"model.embed_tokens.weight": embedding, "model.norm.weight": gain()}
    if not config["tie_word_embeddings"]:
        tensors["lm_head.weight"] = matrix(config["vocab_size"], width)
    for layer in range(config["num_hidden_layers"]):
        name = f"model.layers.{layer}."
        tensors[name + "input_layernorm.weight"] = gain()
        tensors[name + "post_attention_layernorm.weight"] = gain()
        for part, rows in (("q", width), ("k", key), ("v", key), ("o", width)):
            tensors[f"{name}self_attn.{part}_proj.weight"] = matrix(rows, width)
        tensors[name + "block_sparse_moe.gate.weight"] = matrix(config["num_local_experts"], width)
        for expert in range(config["num_local_experts"]):
            for part, rows, columns in (("w1", inner, width), ("w2", width, inner), ("w3", inner, width)):
                tensors[f"{name}block_sparse_moe.experts.{expert}.{part}.weight"] = matrix(rows, columns)
    return tensors


def write_checkpoint(
    folder: Path, config: dict[str, Any] | None = None, seed: int = 0, **changes: Any
) -> Path:
    """Writes a random Mixtral: config.json, model.safetensors, tokenizer.json."""
    config = {**(config or MIXTRAL), **changes}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    save_file(mixtral_tensors(config, seed), folder / "model.safetensors")
    byte_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def bfloat16(values: Floats) -> NDArray[np.uint16]:
    """Returns the upper halves of float32 numbers; what is cut off is not rounded."""
    return (values.view(np.uint32) >> np.uint32(16)).astype(np.uint16)


def write_typed(path: Path, tensors: dict[str, Floats], kind: str) -> None:
    """A safetensors file written by hand from its format, in a type that numpy may not have."""
    stored = {"F32": lambda v: v, "F16": lambda v: v.astype(np.float16), "BF16": bfloat16}.get(kind)
    header, body = {}, b""
    for name, values in tensors.items():
        data = (stored(values) if stored else values.astype(np.int8)).tobytes()
        header[name] = {
            "dtype": kind,
            "shape": values.shape,
            "data_offsets": [len(body), len(body) + len(data)],
        }
        body += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)


def split_in_shards(folder: Path, count: int) -> None:
    """Replaces model.safetensors by `count` shards and their index."""
    tensors = load_file(folder / "model.safetensors")
    weight_map: dict[str, str] = {}
    for shard in range(count):
        file = f"model-{shard + 1:05}-of-{count:05}.safetensors"
        part = {name: tensors[name] for name in list(tensors)[shard::count]}
        save_file(part, folder / file)
        weight_map |= dict.fromkeys(part, file)
    index = {"metadata": {}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    (folder / "model.safetensors").unlink()


def byte_tokenizer() -> tokenizers.Tokenizer:
    """Returns a byte-level tokenizer that knows the 256 bytes, a merge, and an end of text."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate([*letters, "th"])}
    tokenizer = tokenizers.Tokenizer(models.BPE(vocab=vocabulary, merges=[("t", "h")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|endoftext|>"])
    return tokenizer


def write_raw(path: Path, tensors: dict[str, tuple[str, NDArray[Any]]]) -> None:
    """A safetensors file written by hand; each tensor with the name of its type and its raw elements."""
    header, parts, end = {}, [], 0
    for name, (kind, values) in tensors.items():
        data = np.ascontiguousarray(values).tobytes()
        header[name] = {"dtype": kind, "shape": values.shape, "data_offsets": [end, end + len(data)]}
        parts.append(data)
        end += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(parts))


def quantise_mxfp4(folder: Path, seed: int = 0) -> None:
    """Replaces the experts of a gpt-oss folder by random ones in MXFP4, as the published files have them."""
    random, tensors = np.random.default_rng(seed), {}
    for name, values in load_file(folder / "model.safetensors").items():
        if not name.endswith(("gate_up_proj", "down_proj")):
            tensors[name] = ("F32", values)
            continue
        experts, columns, rows = values.shape
        blocks = random.integers(0, 256, (experts, rows, columns // 32, 16)).astype(np.uint8)
        scales = random.integers(120, 126, (experts, rows, columns // 32)).astype(np.uint8)
        tensors[f"{name}_blocks"] = ("U8", blocks)
        tensors[f"{name}_scales"] = ("U8", scales)
    write_raw(folder / "model.safetensors", tensors)
    edit_config(folder, quantization_config={"quant_method": "mxfp4"})


def quantise_fp8(folder: Path, keep: tuple[str, ...], seed: int = 0) -> None:
    """Replaces the matrices of a folder by random ones in E4M3 with a scale per block of 128 x 128."""
    random, tensors = np.random.default_rng(seed), {}
    for name, values in load_file(folder / "model.safetensors").items():
        if values.ndim != 2 or any(part in name for part in keep):
            tensors[name] = ("F32", values)
            continue
        rows, columns = values.shape
        codes = random.integers(0, 256, values.shape).astype(np.uint8)
        codes[codes & 0x7F > 0x60] = 0x38  # no large ones, and no nan
        scales = random.uniform(0.01, 0.05, (-(-rows // 128), -(-columns // 128))).astype(np.float32)
        tensors[name] = ("F8_E4M3", codes)
        tensors[f"{name}_scale_inv"] = ("F32", scales)
    write_raw(folder / "model.safetensors", tensors)
    method = {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128]}
    edit_config(folder, quantization_config={**method, "activation_scheme": "dynamic"})


def edit_config(folder: Path, **changes: Any) -> None:
    """Change config.json; `...` deletes a key."""
    path = folder / "config.json"
    config = {**json.loads(path.read_text(encoding="utf-8")), **changes}
    kept = {key: value for key, value in config.items() if value is not ...}
    path.write_text(json.dumps(kept), encoding="utf-8")


def fuse_experts(folder: Path) -> None:
    """Put all experts of each layer into two tensors, gate rows first, as transformers has them in memory."""
    tensors = load_file(folder / "model.safetensors")
    parts: dict[str, dict[int, dict[str, Floats]]] = {}
    for name in [name for name in tensors if ".experts." in name]:
        block, _, rest = name.partition(".experts.")
        number, matrix, _ = rest.split(".")
        parts.setdefault(block, {}).setdefault(int(number), {})[matrix] = tensors.pop(name)
    for block, experts in parts.items():
        every = [experts[number] for number in sorted(experts)]
        gate_up = [np.concatenate([each["gate_proj"], each["up_proj"]]) for each in every]
        tensors[f"{block}.experts.gate_up_proj"] = np.stack(gate_up)
        tensors[f"{block}.experts.down_proj"] = np.stack([each["down_proj"] for each in every])
    save_file(tensors, folder / "model.safetensors")
