"""Families with top-k on logits before weighting: a softmax over the chosen, or a sigmoid."""

from __future__ import annotations

from .config_fields import Fields
from .decoder import decoder, glu
from .mixers import attention
from .model_config import Experts, ModelConfig, Routing
from .softmax_then_topk import every_layer

SPARSEMIXER = (
    "the model's own router, SparseMixer, chooses the same two experts but weighs each by a softmax over the "
    "experts close to it, so that most weights are 1 and their sum is not"
)
INPUT_SCALED = "the weight multiplies the expert's input, not its output"


def gpt_oss(f: Fields) -> ModelConfig:
    """gpt-oss: a bias wherever there is a matrix, and one attention sink per head."""
    d, bias = f.size("hidden_size"), f.switch("attention_bias")
    plain = every_layer(f)
    experts = Experts(
        plain.layers, plain.count, plain.top_k, plain.width, bias=2 * plain.width + d, router_bias=1
    )
    mixer = attention(f, qkv_bias=bias, out_bias=bias, extra=f.size("num_attention_heads"))
    return decoder(f, mixer, experts, Routing("softmax_after"))


def privacy_filter(f: Fields) -> ModelConfig:
    """OpenAI's privacy filter: an encoder of gpt-oss layers, without an output head."""
    return gpt_oss(Fields({**f.values, "tie_word_embeddings": True}, f.family, f.at, f.assumed))


def granite(f: Fields) -> ModelConfig:
    """Granite 3 MoE, and GraniteMoeShared with its shared expert."""
    bias, plain = f.switch("attention_bias"), every_layer(f)
    shared = f.count("shared_intermediate_size") if f.family == "granitemoeshared" else 0
    experts = Experts(plain.layers, plain.count, plain.top_k, plain.width, shared=shared)
    return decoder(f, attention(f, qkv_bias=bias, out_bias=bias), experts, Routing("softmax_after"))


def phimoe(f: Fields) -> ModelConfig:
    """Phi-3.5-MoE: layer norms with a bias, biases on attention and head where the file says so."""
    bias, layers = f.switch("attention_bias"), f.layers()
    mixer = attention(f, qkv_bias=bias, out_bias=bias)
    norms = 2 * (2 * layers + 1) * f.size("hidden_size")
    routing = Routing("topk", note=SPARSEMIXER)
    return decoder(f, mixer, every_layer(f), routing, norms=norms, head_bias=f.switch("lm_head_bias"))


def llama4(f: Fields) -> ModelConfig:
    """Llama 4: one expert and a shared one, in every layer (Scout) or every second (Maverick)."""
    text = f.table("text_config") if "text_config" in f.values else f
    d, bias = text.size("hidden_size"), text.switch("attention_bias")
    experts = llama4_experts(text)
    dense = glu(d, text.size("intermediate_size_mlp")) if len(experts.layers) < text.layers() else 0
    mixer = attention(text, qkv_bias=bias, out_bias=bias)
    routing = Routing("sigmoid_top1", note=INPUT_SCALED)
    vision = llama4_vision(f.table("vision_config"), d) if "vision_config" in f.values else 0
    return decoder(text, mixer, experts, routing, dense=dense, vision=vision)


def llama4_experts(text: Fields) -> Experts:
    """Returns experts in the layers listed, else in every `interleave_moe_layer_step`-th from step - 1 on."""
    text.only("num_experts_per_tok", 1)
    layers, step = text.layers(), text.period("interleave_moe_layer_step")
    listed = text.optional("moe_layers") is not None
    width = text.size("intermediate_size")
    return Experts(
        layers=text.indices("moe_layers", layers) if listed else tuple(range(step - 1, layers, step)),
        count=text.size("num_local_experts", "num_experts"),
        top_k=text.size("num_experts_per_tok"),
        width=width,
        shared=width,
    )


def llama4_vision(f: Fields, d: int) -> int:
    """Returns the parameters of Llama 4's vision tower and of its projector to width `d`."""
    width, inner, out = f.size("hidden_size"), f.size("intermediate_size"), f.size("projector_output_dim")
    patches = (f.size("image_size") // f.size("patch_size")) ** 2 + 1
    patch = f.size("num_channels") * f.size("patch_size") ** 2
    layer = 4 * width * (width + 1) + 2 * width * inner + inner + width + 4 * width
    adapter = inner * f.size("projector_input_dim") + out * out
    return f.layers() * layer + (patch + 1 + patches + 4) * width + adapter + f.size("vision_output_dim") * d
