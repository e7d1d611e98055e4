"""Families that mix linear attention or state spaces with attention: Kimi Linear, Qwen3-Next, Nemotron-H."""

from __future__ import annotations

from typing import Any

from .config_fields import ConfigError, Fields
from .mixers import attention, latent
from .model_config import Experts, Mixer, ModelConfig, Routing
from .sparse_attention import hyper_connections, indexer, prediction_modules
from .sparse_experts import biased, headed, listed, sparse, sparse_experts

PATTERN = {"M": "linear", "E": "moe", "*": "attention", "-": "mlp"}  # hybrid_override_pattern
BLOCKS = {"mamba": "linear", "linear_attention": "linear", "full_attention": "attention"}


def kinds_of(f: Fields) -> list[bool]:
    """Returns for each layer whether its attention is linear."""
    layers = f.layers()
    if words := listed(f, "layer_types", layers):
        return [word == "linear_attention" for word in words]
    if isinstance(table := f.values.get("linear_attn_config"), dict):
        full = table.get("full_attn_layers")  # counted from 1
        if isinstance(full, list):
            return [i + 1 not in full for i in range(layers)]
    every = f.size("full_attention_interval")
    return [(i + 1) % every != 0 for i in range(layers)]


def delta_sizes(f: Fields) -> tuple[int, int, int]:
    """Returns heads, their width and the kernel of a Kimi delta attention, from either layout of the file."""
    table = f.table("linear_attn_config") if "linear_attn_config" in f.values else f
    return (
        table.size("linear_num_heads", "num_heads"),
        table.size("linear_head_dim", "head_dim"),
        table.size("linear_conv_kernel_dim", "short_conv_kernel_size"),
    )


def delta(f: Fields, forget_rank: int = 0, gate_rank: int = 0) -> Mixer:
    """Returns Kimi delta attention (arXiv 2510.26692): projections, forget gate, output gate, one norm.

    A gate has one matrix, or two of the given rank.
    """
    d, (heads, width, kernel) = f.size("hidden_size"), delta_sizes(f)
    inner = heads * width
    size = 4 * d * inner + 3 * inner * kernel + heads + inner + heads * d + width
    for rank in (forget_rank, gate_rank):
        size += rank * (d + inner) if rank else d * inner
    return Mixer("linear_attention", size)


def kimi_linear(f: Fields) -> ModelConfig:
    """Kimi Linear, and Kimi K3 with latent experts and gated attention."""
    width, d = delta_sizes(f)[1], f.size("hidden_size")
    gated = f.values.get("mla_use_output_gate") is True
    full = latent_plain(f).size + gated * f.size("num_attention_heads") * f.size("v_head_dim") * d
    linear = delta(f, width, 0 if gated else width)
    mixers = [linear if is_linear else Mixer("attention", full) for is_linear in kinds_of(f)]
    narrow = f.count("routed_expert_hidden_size") if f.values.get("routed_expert_hidden_size") else 0
    other = 2 * d * narrow + (narrow if f.values.get("latent_moe_use_norm") is True else 0)
    return sparse(f, mixers, biased(f), sparse_experts(f, latent=narrow, other=other))


def latent_plain(f: Fields) -> Mixer:
    """Returns latent attention without biases, with a query rank only where the file has one."""
    return latent(
        Fields({"q_lora_rank": None, "attention_bias": False, **f.values}, f.family, f.at, f.assumed)
    )


def bailing_hybrid(f: Fields) -> ModelConfig:
    """Ling 3.0: Kimi delta attention with full-rank gates, latent attention with one gate per head."""
    gate = f.size("num_attention_heads") * f.size("hidden_size")
    full = Mixer("attention", latent_plain(f).size + gate)
    mixers = [delta(f) if is_linear else full for is_linear in kinds_of(f)]
    return sparse(f, mixers, biased(f), mtp=prediction_modules(f))


def glm5_next(f: Fields) -> ModelConfig:
    """GLM-5.3-Flash: Kimi delta attention, pooled indexers, hyper-connections."""
    d, layers, streams = f.size("hidden_size"), f.layers(), f.size("hc_mult")
    width, index = delta_sizes(f)[1], f.size("index_head_dim")
    pooled = f.size("index_kpool") * index + index * d
    unrotated = Fields({**f.values, "qk_rope_head_dim": 1}, f.family, f.at, f.assumed)
    full = latent_plain(unrotated).size - d - f.size("num_attention_heads") * f.size("q_lora_rank")
    full += indexer(f, f.size("q_lora_rank"), pooled)
    mixers = [delta(f, width, width) if linear else Mixer("attention", full) for linear in kinds_of(f)]
    other = 2 * layers * hyper_connections(streams, d)
    return sparse(f, mixers, biased(f), other=other)


def gated_delta(f: Fields) -> Mixer:
    """Returns a gated delta net (arXiv 2412.06464): query, key and more value heads, one convolution."""
    d, kernel = f.size("hidden_size"), f.size("linear_conv_kernel_dim")
    values = f.size("linear_num_value_heads")
    keys = f.size("linear_num_key_heads") * f.size("linear_key_head_dim")
    inner, width = values * f.size("linear_value_head_dim"), f.size("linear_value_head_dim")
    convolved = 2 * keys + inner
    return Mixer(
        "linear_attention", d * (convolved + 2 * inner + 2 * values) + kernel * convolved + 2 * values + width
    )


def qwen3_next(f: Fields) -> ModelConfig:
    """Qwen3-Next and Qwen3.5: gated delta nets, attention with an output gate, a gated shared expert."""
    mixers = [gated_delta(f) if is_linear else headed(f, gate=True) for is_linear in kinds_of(f)]
    experts = sparse_experts(f, shared_gate=f.size("hidden_size"), selection_bias=False)
    return sparse(f, mixers, Routing(divided(f)), experts)


def lara_mini(f: Fields) -> ModelConfig:
    """Lara Mini: gated delta nets and ungated attention, an ungated shared expert."""
    mixers = [gated_delta(f) if is_linear else headed(f) for is_linear in kinds_of(f)]
    return sparse(f, mixers, Routing(divided(f)), sparse_experts(f, selection_bias=False))


def divided(f: Fields) -> str:
    """Returns the softmax router whose weights are divided by their sum, unless the file says otherwise."""
    return "topk" if f.values.get("norm_topk_prob") is False else "topk_norm"


def qwen4_exp(f: Fields) -> ModelConfig:
    """Qwen3.8-Flash-Next: Qwen3.5's layers with indexers and low-rank hyper-connections.

    Raises ConfigError for tables of n-grams, which are not counted here.
    """
    if f.values.get("ple_layer_ids"):
        raise ConfigError("ple_layer_ids", "none", "tables of n-grams", "count the folder of the checkpoint")
    d, layers, streams, rank = (
        f.size(n) for n in ("hidden_size", "num_hidden_layers", "hc_count", "hc_lowrank")
    )
    heads, width = f.size("indexer_n_heads") + f.size("indexer_kv_heads"), f.size("indexer_head_dim")
    full = headed(f, gate=True, extra=d * heads * width + 2 * width)
    mixers = [gated_delta(f) if is_linear else full for is_linear in kinds_of(f)]
    experts = sparse_experts(f, shared_gate=d, selection_bias=False)
    block = streams * d * (1 + 2 * rank + streams)
    last = streams * d * (1 + 2 * rank)
    return sparse(f, mixers, Routing(divided(f)), experts, norms=0, other=2 * layers * block + last)


def lfm2_moe(f: Fields) -> ModelConfig:
    """LFM2-MoE (Liquid): short gated convolutions in most layers."""
    d = f.size("hidden_size")
    short = Mixer("convolution", 4 * d * d + d * f.size("conv_L_cache"))
    kinds = listed(f, "layer_types", f.layers())
    mixers = [headed(f) if kind == "full_attention" else short for kind in kinds]
    return sparse(f, mixers, biased(f))


def granite_hybrid(f: Fields) -> ModelConfig:
    """Granite 4: Mamba-2 in most layers."""
    d, heads = f.size("hidden_size"), f.size("mamba_n_heads")
    inner = f.size("mamba_expand") * d
    states = f.size("mamba_n_groups") * f.size("mamba_d_state")
    linear = mamba2(d, inner, heads, states, f.size("mamba_d_conv"), f.switch("mamba_conv_bias"))
    bias = f.switch("attention_bias")
    full = attention(f, qkv_bias=bias, out_bias=bias)
    mixers = [linear if is_linear else full for is_linear in granite_kinds(f)]
    experts = sparse_experts(f, width=f.size("intermediate_size"), selection_bias=False)
    return sparse(f, mixers, Routing("softmax_after"), experts)


def granite_kinds(f: Fields) -> list[bool]:
    """Returns for each layer whether it is Mamba-2."""
    words = listed(f, "layer_types", f.layers()) or listed(f, "layers_block_type", f.layers())
    return [word in ("mamba", "linear_attention") for word in words]


def mamba2(d: int, inner: int, heads: int, states: int, kernel: int, bias: bool) -> Mixer:
    """Returns Mamba-2 (Dao and Gu 2024): a projection in, a convolution, one norm, a projection out."""
    convolved = inner + 2 * states
    return Mixer(
        "mamba", d * (inner + convolved + heads) + convolved * (kernel + bias) + 3 * heads + inner + inner * d
    )


def nemotron_h(f: Fields) -> ModelConfig:
    """Nemotron-H and Nemotron 3: one block per layer; experts of two matrices, or latent ones."""
    blocks = nemotron_blocks(f)
    d, heads = f.size("hidden_size"), f.size("mamba_num_heads")
    inner, states = heads * f.size("mamba_head_dim"), f.size("n_groups") * f.size("ssm_state_size")
    linear = mamba2(d, inner, heads, states, f.size("conv_kernel"), f.switch("use_conv_bias"))
    size = {"linear": linear, "attention": attention(f)}
    mixers = [size.get(block, Mixer("none", 0)) for block in blocks]
    narrow = f.count("moe_latent_size") if f.values.get("moe_latent_size") else 0
    shared = f.count("moe_shared_expert_intermediate_size") * f.count("n_shared_experts")
    experts = Experts(
        layers=tuple(i for i, block in enumerate(blocks) if block == "moe"),
        count=f.size("n_routed_experts"),
        top_k=f.size("num_experts_per_tok"),
        width=f.size("moe_intermediate_size"),
        matrices=2,
        shared=shared,
        latent=narrow,
        other=2 * d * narrow,
        selection_bias=True,
    )
    plain = 2 * d * f.size("intermediate_size") * blocks.count("mlp")
    values = {**f.values, "num_hidden_layers": len(blocks)}
    named = Fields(values, f.family, f.at, f.assumed)
    return sparse(named, mixers, biased(f), experts, dense=0, norms=(len(blocks) + 1) * d, other=plain)


def nemotron_blocks(f: Fields) -> list[str]:
    """Returns the block of each layer, from a list of words or from a pattern of letters."""
    words: Any = f.values.get("layers_block_type")
    if words is None and isinstance(pattern := f.values.get("hybrid_override_pattern"), str):
        words = [PATTERN.get(letter, "") for letter in pattern]
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ConfigError("layers_block_type", "a list of blocks, or hybrid_override_pattern", "neither")
    return [BLOCKS.get(str(word), str(word)) for word in words]


FAMILIES = {
    "bailing_hybrid": bailing_hybrid,
    "glm5_next_text": glm5_next,
    "granitemoehybrid": granite_hybrid,
    "kimi_linear": kimi_linear,
    "lara_mini": lara_mini,
    "lfm2_moe": lfm2_moe,
    "nemotron_h": nemotron_h,
    "qwen3_5_moe_text": qwen3_next,
    "qwen3_next": qwen3_next,
    "qwen4_exp_text": qwen4_exp,
}
