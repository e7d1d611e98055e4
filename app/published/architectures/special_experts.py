"""Families with their own MoE block: a latent space, a second network, joint weights, a skip class."""

from __future__ import annotations

from .config_fields import ConfigError, Fields
from .decoder import glu
from .grouped_query import is_sliding, norms
from .mixers import heads_of
from .model_config import Mixer, ModelConfig, Routing
from .sparse_experts import biased, headed, sparse, sparse_experts


def muse_spark(f: Fields) -> ModelConfig:
    """Muse Spark: an output gate, experts in a space half as wide, gated residuals."""
    d, narrow = f.size("hidden_size"), f.size("moe_hidden_size")
    experts = sparse_experts(f, latent=narrow, other=2 * narrow * (d + 1))
    return sparse(f, headed(f, norms=0, gate=True), biased(f), experts, norms=norms(f, 5))


def ernie4_5_vl(f: Fields) -> ModelConfig:
    """ERNIE 4.5 VL: two banks of experts per layer, for text and pictures; a text token uses the first."""
    widths = f.values.get("moe_intermediate_size")
    if not isinstance(widths, list) or len(widths) != 2:
        raise ConfigError(
            f.at + "moe_intermediate_size", "two widths, of text and of vision experts", "other"
        )
    text, vision = (f.whole("moe_intermediate_size", width, 1) for width in widths)
    named = Fields({**f.values, "moe_intermediate_size": text}, f.family, f.at, f.assumed)
    d, count = f.size("hidden_size"), named.size("moe_num_experts")
    experts = sparse_experts(named, other=count * (glu(d, vision) + d))
    return sparse(named, headed(named, norms=0), Routing("softmax_bias"), experts)


def gemma4(f: Fields) -> ModelConfig:
    """Gemma 4: a dense network beside the experts, wider heads in full attention, a scale for each expert."""
    f.only("enable_moe_block", True)
    d, layers = f.size("hidden_size"), f.layers()
    mixers = [gemma4_attention(f, not slides, layer) for layer, slides in enumerate(is_sliding(f))]
    count = f.size("num_experts")
    experts = sparse_experts(
        f,
        layers=tuple(range(layers)),
        residual=glu(d, f.size("intermediate_size")) + 3 * d,
        other=d + count,
        selection_bias=False,
    )
    per_layer = f.values.get("hidden_size_per_layer_input") or 0
    if per_layer:
        raise ConfigError("hidden_size_per_layer_input", "0 with experts", str(per_layer))
    return sparse(f, mixers, Routing("topk_norm_scaled"), experts, norms=norms(f, 4))


def gemma4_attention(f: Fields, full: bool, layer: int) -> Mixer:
    """Returns one attention block; in full attention keys may serve as values."""
    d, heads = f.size("hidden_size"), f.size("num_attention_heads")
    width = f.size("global_head_dim") if full and "global_head_dim" in f.values else own_width(f, layer)
    same = full and f.values.get("attention_k_eq_v") is True
    wide = same and f.values.get("num_global_key_value_heads") is not None
    kv_heads = f.size("num_global_key_value_heads") if wide else f.size("num_key_value_heads")
    return Mixer("attention", d * width * (2 * heads + (1 if same else 2) * kv_heads) + 2 * width)


def own_width(f: Fields, layer: int) -> int:
    """Returns the width of a head, which `per_layer_config` may change for a layer."""
    table = f.values.get("per_layer_config")
    own = table.get(f"{layer:02}") if isinstance(table, dict) else None
    changed = own.get("head_dim") if isinstance(own, dict) else None
    return f.size("head_dim") if changed is None else f.whole("head_dim", changed, 1)


def diffusion_gemma(f: Fields) -> ModelConfig:
    """Diffusion Gemma: Gemma 4's layers; keys of full attention are its values too."""
    values = {"attention_k_eq_v": True, "enable_moe_block": True, **f.values}
    return gemma4(Fields(values, f.family, f.at, f.assumed))


def jetmoe(f: Fields) -> ModelConfig:
    """JetMoE (arXiv 2404.07413): attention has experts too, whose router is not shown.

    An expert here is one of the network and one of attention, because a token chooses equally many of both.
    """
    d, layers = f.size("hidden_size"), f.layers()
    inner = f.size("kv_channels") * f.size("num_key_value_heads")
    count = f.size("num_local_experts")
    experts = sparse_experts(
        f,
        width=f.size("intermediate_size"),
        bias=2 * d * inner,
        other=count * d + 2 * d,
        selection_bias=False,
    )
    return sparse(f, [Mixer("attention", 2 * d * inner)] * layers, Routing("softmax_after"), experts)


def inkling(f: Fields) -> ModelConfig:
    """Inkling: convolutions behind keys, values and blocks; shared experts weighed with the chosen."""
    d, kernel = f.size("hidden_size"), f.size("conv_kernel_size")
    mixers = [inkling_attention(f, slides) for slides in is_sliding(f)]
    shared = f.size("n_shared_experts")
    experts = sparse_experts(f, other=shared * d + 1)
    routing = Routing("sigmoid_joint", {"scale": f.number("route_scale")})
    other = f.layers() * 2 * d * kernel + d
    return sparse(f, mixers, routing, experts, other=other)


def inkling_attention(f: Fields, slides: bool) -> Mixer:
    """Returns one attention block with relative positions, which reach over the window or the extent."""
    d, rel, kernel = f.size("hidden_size"), f.size("d_rel"), f.size("conv_kernel_size")
    part = "swa_" if slides else ""
    heads, width = f.size(f"{part}num_attention_heads"), f.size(f"{part}head_dim")
    kv = f.size(f"{part}num_key_value_heads") * width
    reach = f.size("sliding_window_size") if slides else f.size("rel_extent")
    return Mixer(
        "attention", 2 * d * heads * width + 2 * kv * (d + kernel) + d * heads * rel + 2 * width + rel * reach
    )


def zaya(f: Fields) -> ModelConfig:
    """ZAYA1: compressed convolutional attention, a router of three layers with a class that skips."""
    d, layers, rank = f.size("hidden_size"), f.layers(), f.size("router_hidden_size")
    heads, kv_heads, width = heads_of(f)
    query, key = heads * width, kv_heads * width
    rows, first, second = query + key, f.size("cca_time0"), f.size("cca_time1")
    convolutions = rows * (first + 1) + rows * (width * second + 1)
    mixer = Mixer("attention", d * (2 * query + 2 * key) + convolutions + kv_heads)
    count = f.size("num_experts")
    router = (d + 1) * rank + rank + 2 * (rank + 1) * rank + (count + 1) * rank
    experts = sparse_experts(f, other=router - count * d)
    other = layers * 8 * d + 2 * d + (layers - 1) * rank
    return sparse(f, mixer, Routing("skip_expert"), experts, other=other)


FAMILIES = {
    "diffusion_gemma_text": diffusion_gemma,
    "ernie4_5_vl_moe_text": ernie4_5_vl,
    "gemma4_text": gemma4,
    "inkling_text": inkling,
    "jetmoe": jetmoe,
    "muse_spark_text": muse_spark,
    "zaya": zaya,
}
