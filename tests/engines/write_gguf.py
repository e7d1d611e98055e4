"""Writes a Mixtral checkpoint of ours as a GGUF file, with the `gguf` package of llama.cpp."""

from __future__ import annotations

import json
from pathlib import Path

import gguf
import numpy as np

from app.sources.live.tensors import Tensors


def write_gguf(folder: Path, out: Path) -> Path:
    """Returns every tensor in float32, under llama.cpp's names (docs: gguf-py constants)."""
    config = json.loads((folder / "config.json").read_text())
    tensors = Tensors(folder)
    writer = gguf.GGUFWriter(str(out), "llama")
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_expert_count(config["num_local_experts"])
    writer.add_expert_used_count(config["num_experts_per_tok"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_file_type(0)
    add_tokens(writer, folder, config["vocab_size"])
    writer.add_tensor("token_embd.weight", tensors.read("model.embed_tokens.weight"))
    writer.add_tensor("output_norm.weight", tensors.read("model.norm.weight"))
    for layer in range(config["num_hidden_layers"]):
        add_layer(writer, tensors, layer, heads, kv_heads, config["num_local_experts"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return out


def add_tokens(writer: gguf.GGUFWriter, folder: Path, size: int) -> None:
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    vocabulary = tokenizer["model"]["vocab"]
    names = {id: text for text, id in vocabulary.items()}
    names |= {added["id"]: added["content"] for added in tokenizer["added_tokens"]}
    special = {added["id"] for added in tokenizer["added_tokens"]}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([names.get(id, f"[unused{id}]") for id in range(size)])
    kinds = (gguf.TokenType.NORMAL, gguf.TokenType.CONTROL)
    writer.add_token_types([kinds[id in special] for id in range(size)])
    merges = tokenizer["model"]["merges"]
    writer.add_token_merges([each if isinstance(each, str) else " ".join(each) for each in merges])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    writer.add_add_bos_token(False)


def add_layer(
    writer: gguf.GGUFWriter, tensors: Tensors, layer: int, heads: int, kv_heads: int, experts: int
) -> None:
    def read(name: str) -> np.ndarray:
        return tensors.read(f"model.layers.{layer}.{name}.weight")

    def paired(matrix: np.ndarray, count: int) -> np.ndarray:
        """llama.cpp rotates neighbours: rows i and i + half of a head stand beside each other."""
        halves = matrix.reshape(count, 2, -1, matrix.shape[-1])
        return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(matrix.shape))

    block = f"blk.{layer}"
    writer.add_tensor(f"{block}.attn_norm.weight", read("input_layernorm"))
    writer.add_tensor(f"{block}.ffn_norm.weight", read("post_attention_layernorm"))
    writer.add_tensor(f"{block}.attn_q.weight", paired(read("self_attn.q_proj"), heads))
    writer.add_tensor(f"{block}.attn_k.weight", paired(read("self_attn.k_proj"), kv_heads))
    writer.add_tensor(f"{block}.attn_v.weight", read("self_attn.v_proj"))
    writer.add_tensor(f"{block}.attn_output.weight", read("self_attn.o_proj"))
    writer.add_tensor(f"{block}.ffn_gate_inp.weight", read("block_sparse_moe.gate"))
    for ours, theirs in (("w1", "gate"), ("w3", "up"), ("w2", "down")):
        stacked = np.stack([read(f"block_sparse_moe.experts.{e}.{ours}") for e in range(experts)])
        writer.add_tensor(f"{block}.ffn_{theirs}_exps.weight", stacked)
