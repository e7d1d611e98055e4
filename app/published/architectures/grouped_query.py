"""Newer families with grouped-query attention: gates, sinks, norms over heads, experts in a latent space."""

from __future__ import annotations

from .config_fields import ConfigError, Fields
from .decoder import dense_size
from .mixers import grouped, heads_of
from .model_config import Mixer, ModelConfig, Routing
from .softmax_then_topk import qwen_experts
from .sparse_attention import prediction_modules
from .sparse_experts import biased, headed, listed, shared_width, sparse, sparse_experts

DIVIDED_SIGMOID = "the model has no selection bias"


def norms(f: Fields, each: int) -> int:
    """Returns the parameters of `each` norms per layer, and one at the end."""
    return (each * f.layers() + 1) * f.size("hidden_size")


def is_sliding(f: Fields) -> list[bool]:
    """Returns for each layer whether its attention has a sliding window."""
    return ["sliding" in kind for kind in listed(f, "layer_types", f.layers())] or [False] * f.layers()


def afmoe(f: Fields) -> ModelConfig:
    """Trinity (Arcee): an output gate, four norms per layer, a selection bias."""
    return sparse(f, headed(f, gate=True), biased(f), norms=norms(f, 4))


def aria(f: Fields) -> ModelConfig:
    """Aria: softmax over the chosen logits, shared experts."""
    width = f.size("intermediate_size")
    experts = sparse_experts(f, width=width, shared=shared_width(f, width), selection_bias=False)
    return sparse(f, headed(f, norms=0), Routing("softmax_after"), experts)


def beam(f: Fields) -> ModelConfig:
    """Beam: an output gate with one bias per head, four norms per layer, groups of experts."""
    mixer = headed(f, gate=True, extra=f.size("num_attention_heads"))
    return sparse(f, mixer, biased(f), norms=norms(f, 4))


def cohere2_moe(f: Fields) -> ModelConfig:
    """Command A+ (Cohere): attention and experts in parallel behind one norm."""
    experts = sparse_experts(f, width=f.size("intermediate_size"), selection_bias=False)
    chosen = "softmax_after" if f.optional("expert_selection_fn") == "softmax" else "sigmoid_bias"
    routing = Routing(
        chosen, {} if chosen == "softmax_after" else {"groups": 1, "topk_groups": 1, "scale": 1.0}
    )
    return sparse(f, headed(f, norms=0), routing, experts, norms=norms(f, 1))


def dots1(f: Fields) -> ModelConfig:
    """dots.llm1 (arXiv 2506.05767): norms over heads, a selection bias."""
    return sparse(f, headed(f), biased(f))


def exaone_moe(f: Fields) -> ModelConfig:
    """K-EXAONE: norms over heads, a selection bias."""
    return sparse(f, headed(f), biased(f), mtp=prediction_modules(f))


def flex_olmo(f: Fields) -> ModelConfig:
    """FlexOlmo (arXiv 2507.07024): norms over the whole query and key, independently trained experts."""
    heads, kv_heads, _ = heads_of(f)
    mixer = headed(f, norms=heads + kv_heads)
    routing = Routing("topk_norm" if f.switch("norm_topk_prob") else "topk")
    return sparse(f, mixer, routing, sparse_experts(f, selection_bias=False))


def flint(f: Fields) -> ModelConfig:
    """Flint: attention sinks, sigmoid scores without a bias."""
    mixer = headed(f, extra=f.size("num_attention_heads"))
    routing = Routing("sigmoid_bias", {"groups": 1, "topk_groups": 1, "scale": 1.0}, DIVIDED_SIGMOID)
    return sparse(f, mixer, routing, sparse_experts(f, selection_bias=False))


def glm4v_moe(f: Fields) -> ModelConfig:
    """GLM-4.5V: GLM-4.5 without norms over heads; a width that does not divide is rounded down."""
    d, heads, kv_heads = (f.size(n) for n in ("hidden_size", "num_attention_heads", "num_key_value_heads"))
    bias = f.switch("attention_bias")
    width = d // heads if f.values.get("head_dim") is None else f.size("head_dim")
    rows = (heads + 2 * kv_heads) * width
    mixer = Mixer("attention", d * rows + heads * width * d + bias * rows)
    return sparse(f, mixer, biased(f), mtp=prediction_modules(f))


def granitemoe_swa(f: Fields) -> ModelConfig:
    """Granite MoE with sliding windows and sinks."""
    mixer = headed(f, norms=0, extra=f.size("num_attention_heads"))
    experts = sparse_experts(f, width=f.size("intermediate_size"), selection_bias=False)
    return sparse(f, mixer, Routing("softmax_after"), experts)


def hy_v3(f: Fields) -> ModelConfig:
    """Hy3: norms over heads, a selection bias, a scale."""
    return sparse(f, headed(f), biased(f))


def kolibri1(f: Fields) -> ModelConfig:
    """Kolibri-1: four norms per layer, a bias on the logits."""
    return sparse(f, headed(f), biased(f), norms=norms(f, 4))


def laguna(f: Fields) -> ModelConfig:
    """Laguna: a gate for each head, and heads that may differ from layer to layer."""
    d, (heads, kv_heads, width) = f.size("hidden_size"), heads_of(f)
    each = f.values.get("num_attention_heads_per_layer") or [heads] * f.layers()
    if not isinstance(each, list) or len(each) != f.layers():
        raise ConfigError(
            "num_attention_heads_per_layer", f"a list of {f.layers()} numbers", "something else"
        )
    each = [f.whole("num_attention_heads_per_layer", count, 1) for count in each]
    sizes = (grouped(d, count, kv_heads, width, False, False) + 2 * width + count * d for count in each)
    return sparse(f, [Mixer("attention", size) for size in sizes], biased(f))


def mellum(f: Fields) -> ModelConfig:
    """Mellum 2: Qwen3-MoE under another name."""
    routing = Routing("topk_norm" if f.switch("norm_topk_prob") else "topk")
    return sparse(f, headed(f), routing, sparse_experts(f, selection_bias=False))


def mimo_v2_flash(f: Fields) -> ModelConfig:
    """MiMo-V2-Flash: windows with twice the key-value heads and sinks; values narrower than keys."""
    d, heads, kv_heads = (f.size(n) for n in ("hidden_size", "num_attention_heads", "num_key_value_heads"))
    key, value = f.size("head_dim"), f.size("v_head_dim")
    own = f.size("swa_num_key_value_heads") if "swa_num_key_value_heads" in f.values else 2 * kv_heads
    shared = d * heads * (key + value)
    full, window = shared + d * kv_heads * (key + value), shared + d * own * (key + value) + heads
    return sparse(f, [Mixer("attention", window if slides else full) for slides in is_sliding(f)], biased(f))


def minimax_m3(f: Fields) -> ModelConfig:
    """MiniMax-M3: norms over heads, a shared expert, a scale. Its block-sparse indexers are not counted."""
    experts = sparse_experts(f, width=f.size("moe_intermediate_size", "intermediate_size"))
    return sparse(f, headed(f), biased(f), experts)


def solar_open(f: Fields) -> ModelConfig:
    """Solar Open: GLM-4.5's routing, plain attention."""
    return sparse(f, headed(f, norms=0), biased(f))


def step3p5(f: Fields) -> ModelConfig:
    """Returns Step 3.5 and 3.7: a gate for each head."""
    heads = f.size("num_attention_heads")
    return sparse(f, headed(f, extra=heads * f.size("hidden_size")), biased(f))


def ocr(f: Fields) -> ModelConfig:
    """DeepSeek-OCR 2 and Unlimited OCR: DeepSeekMoE's layers, softmax without a division."""
    return sparse(f, headed(f, norms=0), Routing("topk"), sparse_experts(f, selection_bias=False))


def qwen3_vl(f: Fields) -> ModelConfig:
    """Returns the text part of Qwen3-VL and Qwen3-Omni: Qwen3-MoE with widths rounded down."""
    d, heads = f.size("hidden_size"), f.size("num_attention_heads")
    named = Fields({"head_dim": d // heads, **f.values}, f.family, f.at, f.assumed)
    experts = qwen_experts(named)
    routing = Routing("topk" if f.values.get("norm_topk_prob") is False else "topk_norm")
    return sparse(named, headed(named), routing, experts, dense=dense_size(named, experts))


FAMILIES = {
    "afmoe": afmoe,
    "aria_text": aria,
    "beam": beam,
    "cohere2_moe": cohere2_moe,
    "deepseek_ocr2_text": ocr,
    "dots1": dots1,
    "exaone_moe": exaone_moe,
    "flex_olmo": flex_olmo,
    "flint": flint,
    "glm4v_moe_text": glm4v_moe,
    "granitemoe_swa": granitemoe_swa,
    "hy_v3": hy_v3,
    "kolibri1": kolibri1,
    "laguna": laguna,
    "mellum": mellum,
    "mimo_v2_flash": mimo_v2_flash,
    "minimax_m3_vl_text": minimax_m3,
    "qwen3_omni_moe_text": qwen3_vl,
    "qwen3_vl_moe_text": qwen3_vl,
    "solar_open": solar_open,
    "step3p5": step3p5,
    "unlimited_ocr_text": ocr,
}
