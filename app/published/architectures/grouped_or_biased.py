"""Families with groups of experts or a selection bias: DeepSeek and its successors."""

from __future__ import annotations

from .config_fields import Fields
from .decoder import decoder, dense_size, glu, softmax_topk
from .mixers import attention, head_width, latent
from .model_config import Experts, ModelConfig, Routing
from .softmax_then_topk import every_layer

ONE_GROUP = {"groups": 1, "topk_groups": 1, "scale": 1.0}


def deepseek_experts(f: Fields, selection_bias: bool = False) -> Experts:
    """Returns experts in all layers after the first dense ones; the shared experts are one network."""
    f.only("moe_layer_freq", 1)
    width = f.size("moe_intermediate_size")
    return Experts(
        layers=tuple(range(f.count("first_k_dense_replace"), f.layers())),
        count=f.size("n_routed_experts", "num_local_experts", "num_experts"),
        top_k=f.size("num_experts_per_tok"),
        width=width,
        shared=(f.values.get("n_shared_experts") is not None and f.count("n_shared_experts")) * width,
        selection_bias=selection_bias,
    )


def deepseek(f: Fields) -> ModelConfig:
    """DeepSeekMoE (Dai et al. 2024)."""
    f.only("scoring_func", "softmax")
    experts, bias = deepseek_experts(f), f.switch("attention_bias")
    mixer = attention(f, qkv_bias=bias, out_bias=bias)
    routing = softmax_topk(f.switch("norm_topk_prob"))
    return decoder(f, mixer, experts, routing, dense=dense_size(f, experts))


def deepseek_v2(f: Fields) -> ModelConfig:
    """DeepSeek-V2 and V2-Lite (arXiv 2405.04434)."""
    f.only("scoring_func", "softmax")
    f.only("mlp_bias", False)
    experts = deepseek_experts(f)
    return decoder(f, latent(f), experts, v2_routing(f), dense=dense_size(f, experts))


def v2_routing(f: Fields) -> Routing:
    """Returns group-limited routing, or greedy in V2-Lite; scaled, but not renormalised."""
    f.only("topk_method", "greedy", "group_limited_greedy")
    f.only("norm_topk_prob", False)
    scale = f.number("routed_scaling_factor")
    if f.optional("topk_method") == "greedy":
        return Routing("topk", note="" if scale == 1 else f"the model multiplies the weights by {scale:g}")
    return Routing("group_limited", {**groups(f), "scale": scale})


def deepseek_v3(f: Fields) -> ModelConfig:
    """DeepSeek-V3 and R1 (arXiv 2412.19437), Kimi K2 (arXiv 2507.20534)."""
    f.only("topk_method", "noaux_tc")
    f.only("scoring_func", "sigmoid")
    experts = deepseek_experts(f, selection_bias=True)
    dense = dense_size(f, experts)
    return decoder(f, latent(f), experts, sigmoid_bias(f), dense=dense, mtp=prediction_modules(f))


def glm4_moe(f: Fields) -> ModelConfig:
    """GLM-4.5 and GLM-4.5-Air (arXiv 2508.06471): biases on query, key and value only."""
    heads = f.size("num_attention_heads")
    named = Fields({"head_dim": f.size("hidden_size") // heads, **f.values}, f.family, f.at, f.assumed)
    norms = 2 * head_width(named, heads) if f.switch("use_qk_norm") else 0
    mixer = attention(named, qkv_bias=f.switch("attention_bias"), extra=norms)
    experts = deepseek_experts(f, selection_bias=True)
    dense = dense_size(f, experts)
    return decoder(f, mixer, experts, sigmoid_bias(f), dense=dense, mtp=prediction_modules(f))


def minimax_m2(f: Fields) -> ModelConfig:
    """MiniMax-M2: norms over the whole query and key, sigmoid routing without a scale."""
    f.only("scoring_func", "sigmoid")
    f.only("use_routing_bias", True)
    f.only("use_qk_norm", True)
    f.only("qk_norm_type", "per_layer")
    f.only("shared_intermediate_size", 0)
    heads, plain = f.size("num_attention_heads"), every_layer(f)
    norms = (heads + f.size("num_key_value_heads")) * head_width(f, heads)
    experts = Experts(plain.layers, plain.count, plain.top_k, plain.width, selection_bias=True)
    return decoder(f, attention(f, extra=norms), experts, Routing("sigmoid_bias", ONE_GROUP))


def ernie4_5_moe(f: Fields) -> ModelConfig:
    """ERNIE 4.5: the bias is added to softmax probabilities."""
    f.only("use_bias", False)
    layers, width = f.layers(), f.size("moe_intermediate_size")
    end, every = f.optional("moe_layer_end_index"), f.period("moe_layer_interval")
    last = layers - 1 if end == -1 else f.count("moe_layer_end_index")
    within = range(f.count("moe_layer_start_index"), min(last, layers - 1) + 1)
    experts = Experts(
        layers=tuple(i for i in within if (i + 1) % every == 0),
        count=f.size("moe_num_experts", "num_experts"),
        top_k=f.size("moe_k", "num_experts_per_tok"),
        width=width,
        shared=f.count("moe_num_shared_experts") * width,
        selection_bias=True,
    )
    dense = glu(f.size("hidden_size"), f.size("intermediate_size"))
    return decoder(f, attention(f), experts, Routing("softmax_bias"), dense=dense)


def sigmoid_bias(f: Fields) -> Routing:
    """Returns sigmoid routing with a selection bias, groups (one is no restriction) and a scale."""
    note = "" if f.switch("norm_topk_prob") else "the model does not divide the weights by their sum"
    return Routing("sigmoid_bias", {**groups(f), "scale": f.number("routed_scaling_factor")}, note)


def groups(f: Fields) -> dict[str, float]:
    """Returns the number of groups of experts, and of groups that a token may use."""
    return {"groups": f.size("n_group"), "topk_groups": f.size("topk_group")}


def prediction_modules(f: Fields) -> int:
    """Returns the number of multi-token prediction modules in the file."""
    return f.count("num_nextn_predict_layers") if "num_nextn_predict_layers" in f.values else 0
