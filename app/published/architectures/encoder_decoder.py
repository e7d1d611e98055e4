"""Switch Transformers, NLLB-MoE, and two unpublished models from papers: GShard and GLaM."""

from __future__ import annotations

from .config_fields import Fields
from .decoder import check, glu
from .model_config import Experts, Mixer, ModelConfig, Routing


def switch_transformers(f: Fields) -> ModelConfig:
    """Switch (Fedus et al. 2021): T5's encoder, then its decoder, whose layers are numbered after it."""
    f.only("is_gated_act", False)
    f.only("dense_act_fn", "relu")
    d, encoder, decoder = f.size("d_model"), f.layers("num_layers"), f.layers("num_decoder_layers")
    experts = switch_experts(f, encoder, decoder)
    return check(
        ModelConfig(
            family="switch_transformers",
            d_model=d,
            vocabulary=f.size("vocab_size"),
            tied=f.switch("tie_word_embeddings"),
            mixers=switch_mixers(f, encoder, decoder),
            experts=experts,
            routing=Routing("switch"),
            norms=(2 * encoder + 1 + 3 * decoder + 1) * d,
            dense=2 * d * experts.width,
            dense_layers=others(encoder + decoder, experts.layers),
            assumed=f.assumed,
        )
    )


def switch_experts(f: Fields, encoder: int, decoder: int) -> Experts:
    """Returns experts of two matrices, in some layers of either stack."""
    first = sparse_layers(f, encoder, "encoder")
    then = tuple(encoder + i for i in sparse_layers(f, decoder, "decoder"))
    bias = int(f.switch("router_bias"))
    return Experts(first + then, f.size("num_experts"), 1, f.size("d_ff"), matrices=2, router_bias=bias)


def sparse_layers(f: Fields, layers: int, stack: str) -> tuple[int, ...]:
    """Returns every `step`-th layer from the second on; all for step 1, none for 0.

    The file may give the step; else it follows from the number of sparse layers, as in transformers.
    """
    sparse = f.count(f"num_sparse_{stack}_layers")
    step = layers // sparse if sparse else layers
    if f"{stack}_sparse_step" in f.values:
        step = f.count(f"{stack}_sparse_step")
    return tuple(i for i in range(layers) if step == 1 or (step and i % step == 1))


def switch_mixers(f: Fields, encoder: int, decoder: int) -> tuple[Mixer, ...]:
    """Returns self-attention, and cross-attention in the decoder; first layers have position biases."""
    block = 4 * f.size("d_model") * f.size("num_heads") * f.size("d_kv")
    positions = f.count("relative_attention_num_buckets") * f.size("num_heads")
    sizes = [block] * encoder + [2 * block] * decoder
    return tuple(Mixer("attention", size + positions * (i in (0, encoder))) for i, size in enumerate(sizes))


def nllb_moe(f: Fields) -> ModelConfig:
    """NLLB-MoE (arXiv 2207.04672): biases everywhere, two experts per token in every fourth layer."""
    d, width = f.size("d_model"), f.size("encoder_ffn_dim")
    encoder, decoder = f.layers("encoder_layers"), f.layers("decoder_layers")
    steps = ((0, encoder, "encoder_sparse_step"), (encoder, decoder, "decoder_sparse_step"))
    sparse = tuple(
        start + i for start, count, name in steps for i in range(count) if (i + 1) % f.period(name) == 0
    )
    block = 4 * d * (d + 1)
    return check(
        ModelConfig(
            family="nllb-moe",
            d_model=d,
            vocabulary=f.size("vocab_size"),
            tied=f.switch("tie_word_embeddings"),
            mixers=(Mixer("attention", block),) * encoder + (Mixer("attention", 2 * block),) * decoder,
            experts=Experts(sparse, f.size("num_experts"), 2, width, matrices=2, bias=width + d),
            routing=Routing("gshard"),
            norms=2 * d * (2 * encoder + 3 * decoder + 2),
            dense=2 * d * width + width + d,
            dense_layers=others(encoder + decoder, sparse),
            assumed=f.assumed,
        )
    )


def glam(f: Fields) -> ModelConfig:
    """GLaM (Du et al. 2022), by its Table 4: gated dense layers, plain experts in every other layer."""
    layers, d, experts = f.layers("num_layers"), f.size("d_model"), paper_experts(f)
    return check(
        ModelConfig(
            family="glam",
            d_model=d,
            vocabulary=f.size("vocab_size"),
            tied=True,
            mixers=(Mixer("attention", 4 * d * f.size("num_heads") * f.size("d_kv")),) * layers,
            experts=experts,
            routing=Routing("gshard"),
            norms=(2 * layers + 1) * d,
            dense=glu(d, experts.width),
            dense_layers=others(layers, experts.layers),
        )
    )


def gshard(f: Fields) -> ModelConfig:
    """GShard (Lepikhin et al. 2020): experts and routers only, because its vocabulary was not published."""
    experts = paper_experts(f)
    return check(
        ModelConfig(
            family="gshard",
            d_model=f.size("d_model"),
            vocabulary=0,
            tied=True,
            mixers=(),
            experts=experts,
            routing=Routing("gshard"),
            norms=0,
            dense_layers=others(f.layers("num_layers"), experts.layers),
        )
    )


def paper_experts(f: Fields) -> Experts:
    """Returns experts of two matrices in every `moe_layer_freq`-th layer."""
    layers, step = f.layers("num_layers"), f.size("moe_layer_freq")
    which = tuple(range(step - 1, layers, step))
    return Experts(which, f.size("num_experts"), f.size("num_experts_per_tok"), f.size("d_ff"), matrices=2)


def others(layers: int, chosen: tuple[int, ...]) -> tuple[int, ...]:
    """Returns the layers that are not among the chosen."""
    return tuple(i for i in range(layers) if i not in set(chosen))
