"""A model as a Hugging Face Mixtral directory: config.json, model.safetensors, tokenizer.json."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from .model import Mixtral
from .recipe import Shape
from .tokenizer import END_OF_TEXT

# bfloat16 has the range of float32, and these weights do not need float16's extra digits (training.json
# states the cost of rounding); it is also the type of the published Mixtral files.
SAVED_TYPE = torch.bfloat16


def config_of(shape: Shape) -> dict[str, object]:
    """Returns the config.json of a shape, with the field names of transformers' MixtralConfig."""
    return {
        "architectures": ["MixtralForCausalLM"],
        "model_type": "mixtral",
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.d_model,
        "intermediate_size": shape.d_expert,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_width,
        "num_local_experts": shape.experts,
        "num_experts_per_tok": shape.top_k,
        "hidden_act": "silu",
        "max_position_embeddings": shape.positions,
        "rms_norm_eps": shape.norm_eps,
        "rope_theta": shape.rope_theta,
        "sliding_window": None,
        "attention_dropout": 0.0,
        "tie_word_embeddings": True,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "use_cache": True,
        "output_router_logits": False,
        "router_jitter_noise": 0.0,
        "torch_dtype": "bfloat16",
    }


def shape_of(config: dict[str, Any]) -> Shape:
    """Returns the shape in a config.json of `config_of`."""
    return Shape(
        experts=config["num_local_experts"],
        layers=config["num_hidden_layers"],
        top_k=config["num_experts_per_tok"],
        d_model=config["hidden_size"],
        d_expert=config["intermediate_size"],
        heads=config["num_attention_heads"],
        kv_heads=config["num_key_value_heads"],
        vocabulary=config["vocab_size"],
        positions=config["max_position_embeddings"],
        rope_theta=config["rope_theta"],
        norm_eps=config["rms_norm_eps"],
    )


def published_tensors(model: Mixtral) -> dict[str, Tensor]:
    """Returns the parameters with the names of published Mixtral files, without the tied head."""
    tensors = {"model.embed_tokens.weight": model.embed_tokens, "model.norm.weight": model.norm}
    for number, layer in enumerate(model.layers):
        at = f"model.layers.{number}"
        for name in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"{at}.{name}.weight"] = getattr(layer, name)
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            tensors[f"{at}.self_attn.{name}.weight"] = getattr(layer, name)
        tensors[f"{at}.block_sparse_moe.gate.weight"] = layer.gate
        for name in ("w1", "w2", "w3"):
            for expert, matrix in enumerate(getattr(layer, name)):
                tensors[f"{at}.block_sparse_moe.experts.{expert}.{name}.weight"] = matrix
    return tensors


def _write(path: Path, content: bytes) -> None:
    """Replaces a file atomically."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    os.replace(part, path)


def save_checkpoint(model: Mixtral, folder: Path, tokenizer: Path) -> None:
    """Writes the directory, each file atomically; weights in `SAVED_TYPE`."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: each.detach().to(SAVED_TYPE).contiguous() for name, each in published_tensors(model).items()
    }
    _write(folder / "model.safetensors", save(tensors, metadata={"format": "pt"}))
    _write(folder / "config.json", (json.dumps(config_of(model.shape), indent=2) + "\n").encode())
    special = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": END_OF_TEXT,
        "bos_token": END_OF_TEXT,
    }
    special |= {"clean_up_tokenization_spaces": False, "model_max_length": model.shape.positions}  # type: ignore[dict-item]
    _write(folder / "tokenizer_config.json", (json.dumps(special, indent=2) + "\n").encode())
    shutil.copyfile(tokenizer, folder / "tokenizer.json")


@torch.no_grad()
def load_checkpoint(folder: Path) -> Mixtral:
    """Returns the model in a directory of `save_checkpoint`, in float32."""
    model = Mixtral(shape_of(json.loads((folder / "config.json").read_text())), seed=0)
    saved = load_file(folder / "model.safetensors")
    for name, tensor in published_tensors(model).items():
        tensor.copy_(saved[name])
    return model
