"""Families with latent attention beyond DeepSeek-V3: indexers, compressors, sinks, two blocks per layer."""

from __future__ import annotations

from .config_fields import ConfigError, Fields
from .decoder import glu
from .mixers import latent, low_rank
from .model_config import Mixer, ModelConfig, Routing
from .sparse_experts import biased, first, listed, sparse, sparse_experts

V4_KINDS = {0: "sliding", 4: "sparse", 128: "heavy"}  # compress_ratios of published files


def indexer(f: Fields, rank: int, extra: int = 0) -> int:
    """Returns the parameters of DeepSeek-V3.2's indexer, whose query has `rank` numbers."""
    d, heads, width = f.size("hidden_size"), f.size("index_n_heads"), f.size("index_head_dim")
    return heads * width * rank + width * d + 2 * width + heads * d + extra


def indexed(f: Fields, extra: int = 0, index_extra: int = 0) -> list[Mixer]:
    """Returns latent attention for each layer, with an indexer in those whose `indexer_types` say full."""
    layers, block = f.layers(), latent(f).size + extra
    kinds = listed(f, "indexer_types", layers) or ["full"] * layers
    index = indexer(f, f.size("q_lora_rank"), index_extra)
    return [Mixer("attention", block + index * (kind == "full")) for kind in kinds]


def deepseek_v32(f: Fields) -> ModelConfig:
    """DeepSeek-V3.2 (sparse attention by an indexer) and GLM-5, whose layers share indexers."""
    f.only("scoring_func", "sigmoid")
    return sparse(f, indexed(f), biased(f), mtp=prediction_modules(f))


def prediction_modules(f: Fields) -> int:
    """Returns the number of multi-token prediction modules in the file."""
    return f.count("num_nextn_predict_layers") if f.values.get("num_nextn_predict_layers") is not None else 0


def plain_latent(f: Fields) -> ModelConfig:
    """GLM-4.7-Flash and other copies of DeepSeek-V3."""
    return sparse(f, latent(f), biased(f), mtp=prediction_modules(f))


def axk1(f: Fields) -> ModelConfig:
    """Returns A.X-K1: DeepSeek-V3 with a norm after each MoE block."""
    experts, d = sparse_experts(f), f.size("hidden_size")
    norms = (2 * f.layers() + 1 + len(experts.layers)) * d
    return sparse(f, latent(f), biased(f), experts, norms=norms)


def mistral4(f: Fields) -> ModelConfig:
    """Mistral Small 4: latent attention, softmax routing."""
    return sparse(f, latent(f), softmax_grouped(f), sparse_experts(f, selection_bias=False))


def softmax_grouped(f: Fields) -> Routing:
    """Returns softmax routing with weights divided by their sum; one group is no restriction."""
    f.only("n_group", 1, None)
    f.only("routed_scaling_factor", 1.0, 1)
    return Routing("topk_norm")


def mistral_large4(f: Fields) -> ModelConfig:
    """Mistral Large 4: no query rank; layers with positions have narrower keys than those without."""
    layers, d, heads = f.layers(), f.size("hidden_size"), f.size("num_attention_heads")
    rank, value, whole = f.size("kv_lora_rank"), f.size("v_head_dim"), f.size("qk_head_dim")
    nope, rope = f.size("qk_nope_head_dim"), f.size("qk_rope_head_dim")
    common = d * heads * whole + heads * value * d + rank + 2 * heads
    common += indexer(f, d, 2 * d + 2 * f.size("index_n_heads"))
    with_positions = common + d * (rank + rope) + rank * heads * (nope + value)
    without = common + d * rank + rank * heads * (whole + value)
    flags = f.values.get("no_rope_layers")
    if not isinstance(flags, list) or len(flags) != layers:
        raise ConfigError("no_rope_layers", f"a list of {layers} numbers", str(type(flags).__name__))
    mixers = [Mixer("attention", with_positions if flag else without) for flag in flags]
    experts = sparse_experts(f, selection_bias=False)
    return sparse(f, mixers, softmax_grouped(f), experts, other=rope // 2)


def hy_v4(f: Fields) -> ModelConfig:
    """Hy4: sinks, an output gate, indexers in some layers, light hyper-connections."""
    layers, d, heads = f.layers(), f.size("hidden_size"), f.size("num_attention_heads")
    mixers = indexed(f, extra=heads + heads * f.size("v_head_dim") * d)
    streams = f.size("hc_mult")
    block = 2 * streams * (streams * d + 1) + 2
    other = 2 * layers * block + hyper_head(streams, d)
    return sparse(f, mixers, biased(f), other=other)


def hyper_connections(streams: int, d: int) -> int:
    """Returns the parameters of one manifold-constrained hyper-connection: map, base and three scales."""
    rows = (2 + streams) * streams
    return rows * streams * d + rows + 3


def hyper_head(streams: int, d: int) -> int:
    """Returns the parameters that join the streams before the last norm."""
    return streams * streams * d + streams + 1


def deepseek_v4(f: Fields) -> ModelConfig:
    """DeepSeek-V4: shared keys and values, compressors, hyper-connections, hash tables at first."""
    f.only("scoring_func", "sqrtsoftplus")
    layers, d, streams = f.layers(), f.size("hidden_size"), f.size("hc_mult")
    mixers = [Mixer("attention", v4_attention(f) + v4_compressor(f, kind)) for kind in v4_kinds(f)]
    other = 2 * layers * hyper_connections(streams, d) + hyper_head(streams, d)
    routing = Routing("sqrt_softplus_bias", {"scale": f.number("routed_scaling_factor")}, v4_note(f))
    experts = sparse_experts(f, layers=tuple(range(layers)))
    return sparse(f, mixers, routing, experts, other=other)


def v4_note(f: Fields) -> str:
    """Returns the note on layers that choose experts by token id."""
    kinds = listed(f, "mlp_layer_types", f.layers())
    count = kinds.count("hash_moe") if kinds else int(first(f, ("num_hash_layers",), 0))
    return f"the first {count} layers of the model choose by a table of token ids" if count else ""


def v4_kinds(f: Fields) -> list[str]:
    """Returns the kind of each layer's attention: words of transformers, or ratios of the published file."""
    if words := listed(f, "layer_types", f.layers()):
        short = {"heavily_compressed_attention": "heavy", "compressed_sparse_attention": "sparse"}
        return [short.get(word, "sliding") for word in words]
    ratios = f.values.get("compress_ratios")
    if not isinstance(ratios, list) or len(ratios) < f.layers() or not set(ratios) <= set(V4_KINDS):
        raise ConfigError("compress_ratios", f"{f.layers()} times 0, 4 or 128", "something else")
    return [V4_KINDS[ratio] for ratio in ratios[: f.layers()]]


def v4_attention(f: Fields) -> int:
    """Returns the parameters of one attention block without its compressor."""
    d, heads, width = f.size("hidden_size"), f.size("num_attention_heads"), f.size("head_dim")
    rank, out = f.size("q_lora_rank"), f.size("o_lora_rank")
    groups = f.size("o_groups")
    query = low_rank(d, rank, heads * width, False)
    return heads + query + d * width + width + out * heads * width + groups * out * d


def v4_compressor(f: Fields, kind: str) -> int:
    """Returns the parameters of the compressor of keys and values, and of its indexer."""
    d, width, index = f.size("hidden_size"), f.size("head_dim"), f.size("index_head_dim")
    if kind == "sliding":
        return 0
    if kind == "heavy":
        return (128 + 2 * d) * width + width
    heads = f.size("index_n_heads")
    own = (4 + 2 * d) * 2 * width + width
    return own + (4 + 2 * d) * 2 * index + index + heads * index * f.size("q_lora_rank") + heads * d


def axk2(f: Fields) -> ModelConfig:
    """Returns A.X-K2: queries and output gates from one matrix, norms with a gate of low rank."""
    d, heads, rank = f.size("hidden_size"), f.size("num_attention_heads"), f.size("q_lora_rank")
    key, value = f.size("qk_nope_head_dim") + f.size("qk_rope_head_dim"), f.size("v_head_dim")
    gated = 2 * rank * heads * (key + value) - rank * heads * key
    experts = sparse_experts(f)
    gates = (f.layers() + len(experts.layers)) * 2 * d * f.size("gated_norm_rank")
    return sparse(f, indexed(f, gated), biased(f), experts, other=gates)


def dots3_note(f: Fields) -> ModelConfig:
    """dots3: indexers in some layers, other sizes in the rest, a gate for each head."""
    kinds = listed(f, "layer_types", f.layers())
    table = f.values.get("per_layer_config")
    changes = table if isinstance(table, dict) else {}
    mixers = []
    for layer, kind in enumerate(kinds):
        own = changes.get(f"{layer:02}") or changes.get(str(layer))
        own = own if isinstance(own, dict) else {}
        named = Fields({**f.values, **own}, f.family, f.at, f.assumed)
        heads, rope = named.size("num_attention_heads"), named.size("qk_rope_head_dim")
        size = latent(named).size + rope + heads * named.size("hidden_size")
        index = indexer(named, named.size("q_lora_rank")) if kind == "indexed_attention" else 0
        mixers.append(Mixer("attention", size + index))
    return sparse(f, mixers, biased(f))


def longcat_flash(f: Fields) -> ModelConfig:
    """LongCat-Flash (arXiv 2509.01322): two attention blocks and two dense networks beside each MoE block.

    Its zero experts have rows in the router and no parameters of their own.
    """
    values = {**f.values, "num_hidden_layers": f.size("num_layers", "num_hidden_layers")}
    named = Fields(values, f.family, assumed=f.assumed)
    d, layers, zeros = f.size("hidden_size"), named.layers(), f.count("zero_expert_num")
    experts = sparse_experts(
        named,
        width=f.size("expert_ffn_hidden_size"),
        residual=2 * glu(d, f.size("ffn_hidden_size")),
        other=zeros * d,
    )
    block = Mixer("attention", 2 * latent(named).size)
    routing = Routing("zero_experts", {"scale": f.number("routed_scaling_factor")})
    return sparse(named, block, routing, experts, norms=(4 * layers + 1) * d)


FAMILIES = {
    "axk1": axk1,
    "axk2": axk2,
    "deepseek_v32": deepseek_v32,
    "deepseek_v4": deepseek_v4,
    "dots3_note_text": dots3_note,
    "glm4_moe_lite": plain_latent,
    "glm_moe_dsa": deepseek_v32,
    "hy_v4": hy_v4,
    "hy_v4_vl_text": hy_v4,
    "longcat_flash": longcat_flash,
    "mistral4": mistral4,
    "mistral_large4_text": mistral_large4,
}
