"""Families with a plain softmax before top-k."""

from __future__ import annotations

from ...problem import show
from .config_fields import ConfigError, Fields
from .decoder import decoder, dense_size, glu, softmax_topk
from .mixers import attention, grouped, head_width, heads_of, lightning, mamba
from .model_config import Experts, Mixer, ModelConfig


def every_layer(f: Fields, width: str = "intermediate_size") -> Experts:
    """Returns experts in all layers, with the most common field names."""
    return Experts(
        layers=tuple(range(f.layers())),
        count=f.size("num_local_experts", "num_experts"),
        top_k=f.size("num_experts_per_tok"),
        width=f.size(width),
    )


def mixtral(f: Fields) -> ModelConfig:
    """Mixtral (Jiang et al. 2024)."""
    return decoder(f, attention(f), every_layer(f), softmax_topk(True))


def olmoe(f: Fields) -> ModelConfig:
    """OLMoE (Muennighoff et al. 2024): norms over the whole query and key."""
    d, (heads, kv_heads, width) = f.size("hidden_size"), heads_of(f)
    bias = f.switch("attention_bias")
    norms = d + d // heads * kv_heads
    mixer = Mixer("attention", grouped(d, heads, kv_heads, width, bias, bias) + norms)
    return decoder(f, mixer, every_layer(f), softmax_topk(f.switch("norm_topk_prob")))


def qwen_experts(f: Fields, shared: int = 0) -> Experts:
    """Returns experts in every `decoder_sparse_step`-th layer, except those listed as dense."""
    step = f.period("decoder_sparse_step")
    listed = f.optional("mlp_only_layers") is not None
    dense = f.indices("mlp_only_layers", f.layers()) if listed else ()
    return Experts(
        layers=tuple(i for i in range(f.layers()) if i not in dense and (i + 1) % step == 0),
        count=f.size("num_experts", "num_local_experts"),
        top_k=f.size("num_experts_per_tok"),
        width=f.size("moe_intermediate_size"),
        shared=shared,
        shared_gate=f.size("hidden_size") if shared else 0,
    )


def qwen2_moe(f: Fields) -> ModelConfig:
    """Qwen1.5-MoE and Qwen2-MoE: a shared expert behind a sigmoid gate, and query, key and value biases."""
    experts = qwen_experts(f, f.size("shared_expert_intermediate_size"))
    mixer = attention(f, qkv_bias=f.switch("qkv_bias"))
    routing = softmax_topk(f.switch("norm_topk_prob"))
    return decoder(f, mixer, experts, routing, dense=dense_size(f, experts))


def qwen3_moe(f: Fields) -> ModelConfig:
    """Qwen3-MoE: a norm over each head of query and key."""
    experts, bias = qwen_experts(f), f.switch("attention_bias")
    mixer = attention(f, qkv_bias=bias, out_bias=bias, extra=2 * heads_of(f)[2])
    routing = softmax_topk(f.switch("norm_topk_prob"))
    return decoder(f, mixer, experts, routing, dense=dense_size(f, experts))


def dbrx(f: Fields) -> ModelConfig:
    """DBRX: its sizes lie in two nested tables, and its weights are divided by their L1 norm."""
    layers, d, heads = f.layers("n_layers"), f.size("d_model"), f.size("n_heads")
    ffn, kv_heads = f.table("ffn_config"), f.table("attn_config").size("kv_n_heads")
    ffn.only("moe_normalize_expert_weights", 1.0, 1, None)
    experts = Experts(
        layers=tuple(range(layers)),
        count=ffn.size("moe_num_experts"),
        top_k=ffn.size("moe_top_k"),
        width=ffn.size("ffn_hidden_size"),
    )
    named = Fields({**f.values, "hidden_size": d, "num_hidden_layers": layers}, "dbrx", assumed=f.assumed)
    mixer = Mixer("attention", grouped(d, heads, kv_heads, head_width(named, heads), False, False))
    routing = softmax_topk(ffn.optional("moe_normalize_expert_weights") is not None)
    return decoder(named, mixer, experts, routing)


def grok(f: Fields) -> ModelConfig:
    """Grok-1: four norms per layer."""
    norms = (4 * f.layers() + 1) * f.size("hidden_size")
    return decoder(f, attention(f), every_layer(f), softmax_topk(False), norms=norms)


def arctic(f: Fields) -> ModelConfig:
    """Snowflake Arctic: a dense residual network as wide as the model beside the experts, with its norm."""
    layers, d, step = f.layers(), f.size("hidden_size"), f.period("moe_layer_frequency")
    beside = "use_residual" if "use_residual" in f.values else "parallel_attn_mlp_res"
    residual = f.switch(beside)
    experts = Experts(
        layers=tuple(i for i in range(layers) if (i + 1) % step == 0),
        count=f.size("num_local_experts"),
        top_k=f.size("num_experts_per_tok"),
        width=f.size("intermediate_size"),
        residual=glu(d, d) if residual else 0,
    )
    norms = (2 * layers + 1 + residual * len(experts.layers)) * d
    dense = glu(d, experts.width)
    return decoder(f, attention(f), experts, softmax_topk(experts.top_k > 1), norms=norms, dense=dense)


def hunyuan(f: Fields) -> ModelConfig:
    """Hunyuan-A13B: one shared expert as wide as a routed one, a norm over each head of query and key."""
    f.only("use_cla", False)
    f.only("use_qk_norm", True)
    width, bias = f.size("intermediate_size"), f.switch("attention_bias")
    f.all_be("moe_intermediate_size", width)
    f.all_be("num_shared_expert", 1)
    experts = Experts(
        layers=tuple(range(f.layers())),
        count=f.same("num_experts"),
        top_k=f.same("moe_topk"),
        width=width,
        shared=width,
    )
    mixer = attention(f, qkv_bias=bias, out_bias=bias, extra=2 * heads_of(f)[2])
    return decoder(f, mixer, experts, softmax_topk(True))


def jamba(f: Fields) -> ModelConfig:
    """Jamba (Lieber et al. 2024): Mamba in most layers, attention in some, experts in every other."""
    layers, d = f.layers(), f.size("hidden_size")
    period, offset = f.period("attn_layer_period"), f.count("attn_layer_offset")
    every, first = f.period("expert_layer_period"), f.count("expert_layer_offset")
    experts = Experts(
        layers=tuple(i for i in range(layers) if i % every == first),
        count=f.size("num_experts", "num_local_experts"),
        top_k=f.size("num_experts_per_tok"),
        width=f.size("intermediate_size"),
    )
    full, scan = attention(f), mamba(f)
    mixers = tuple(full if i % period == offset else scan for i in range(layers))
    return decoder(f, mixers, experts, softmax_topk(False), dense=glu(d, experts.width))


def minimax(f: Fields) -> ModelConfig:
    """MiniMax-Text-01 and M1 (arXiv 2501.08313): lightning attention in most layers, softmax in some."""
    f.only("shared_intermediate_size", 0, [0])
    linear, full = lightning(f), attention(f)
    mixers = tuple(linear if kind == "linear" else full for kind in minimax_kinds(f))
    return decoder(f, mixers, every_layer(f), softmax_topk(True))


def minimax_kinds(f: Fields) -> list[str]:
    """Returns the kind of each layer's attention: numbers in old files, words in those of transformers."""
    kinds = {0: "linear", 1: "full", "linear_attention": "linear", "full_attention": "full"}
    name = "attn_type_list" if "attn_type_list" in f.values else "layer_types"
    listed = f.values.get(name)
    each = listed if isinstance(listed, list) else []
    if len(each) != f.layers() or not all(isinstance(k, int | str) and k in kinds for k in each):
        expected = f"{f.layers()} times 0 (linear) or 1 (full), or linear_attention or full_attention"
        raise ConfigError(f.at + name, expected, show(listed))
    return [kinds[kind] for kind in each]
