"""DeepSeek-V3 and R1 (arXiv 2412.19437): latent attention, a selection bias, groups, shared experts, E4M3.

Queries, and keys with values, are projected through a narrow latent vector (section 2.1.1). Part of each
query, and one key shared by all heads, are rotated. The first layers are dense.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ....routing import RouterSettings
from ....shape import ModelShape
from ....trace import Floats
from ..attention import KeyValueCache, normed, weigh
from ..config import CheckpointError, Config
from ..matrices import Matrix, matrix_of
from ..products import dealt_product
from ..rotary import Rotations, rotations
from ..streamed import Attend, StreamedLayer
from ..tensors import Tensors
from .family import Family, Named

LATENT_EPSILON = 1e-6  # of the norms within attention, independent of rms_norm_eps


@dataclass(frozen=True)
class Widths:
    """Columns per head of unrotated keys, rotated keys and values, and of the two latent vectors."""

    heads: int
    plain: int
    rotary: int
    value: int
    latent: int
    query_latent: int | None

    @classmethod
    def of(cls, config: Config) -> Widths:
        """Reads the widths from a config. Raises CheckpointError if one is missing."""
        sizes = {
            "qk_nope_head_dim": config.key_dim,
            "qk_rope_head_dim": config.rotary_dim,
            "v_head_dim": config.value_dim,
            "kv_lora_rank": config.key_value_rank,
        }
        for name, size in sizes.items():
            if size is None:
                raise CheckpointError(f"config.json: {name}: missing")
        plain, rotary, value, latent = (size or 0 for size in sizes.values())
        return cls(config.heads, plain, rotary, value, latent, config.query_rank)


@dataclass(frozen=True)
class DeepSeekV3(Family):
    """DeepSeek-V3's differences from the softmax families."""

    def router(self, config: Config) -> str:
        if not config.renormalise:
            raise CheckpointError("config.json: norm_topk_prob: expected true for deepseek_v3, got false")
        return "sigmoid_bias"

    def settings(self, config: Config) -> RouterSettings:
        return RouterSettings(groups=config.groups, topk_groups=config.topk_groups, scale=config.scale)

    def shape(self, config: Config) -> ModelShape:
        widths = Widths.of(config)
        attention = sum(
            int(np.prod(shape)) for name, shape in self.attention_tensors(config, "") if "norm" not in name
        )
        norms = 2 * config.d_model + widths.latent + (widths.query_latent or 0)
        return replace(
            super().shape(config),
            attention=config.layers * attention,
            norms=config.layers * norms + config.d_model,
            d_shared=config.shared * config.d_expert,
        )

    def attention_tensors(self, config: Config, prefix: str) -> Named:
        w, d, dot = Widths.of(config), config.d_model, f"{prefix}." if prefix else ""
        queries = w.heads * (w.plain + w.rotary)
        if w.query_latent is None:
            yield f"{dot}q_proj.weight", (queries, d)
        else:
            yield f"{dot}q_a_proj.weight", (w.query_latent, d)
            yield f"{dot}q_a_layernorm.weight", (w.query_latent,)
            yield f"{dot}q_b_proj.weight", (queries, w.query_latent)
        yield f"{dot}kv_a_proj_with_mqa.weight", (w.latent + w.rotary, d)
        yield f"{dot}kv_a_layernorm.weight", (w.latent,)
        yield f"{dot}kv_b_proj.weight", (w.heads * (w.plain + w.value), w.latent)
        yield f"{dot}o_proj.weight", (d, w.heads * w.value)
        if config.attention_bias:
            if w.query_latent is not None:
                yield f"{dot}q_a_proj.bias", (w.query_latent,)
            yield f"{dot}kv_a_proj_with_mqa.bias", (w.latent + w.rotary,)
            yield f"{dot}o_proj.bias", (d,)

    def moe_tensors(self, config: Config, block: str, fused: bool) -> Named:
        yield from super().moe_tensors(config, block, fused)
        yield f"{block}.gate.e_score_correction_bias", (config.experts,)
        if config.shared:
            yield from self.network_tensors(
                config, f"{block}.shared_experts", config.shared * config.d_expert
            )

    def moe_layer(self, config: Config, tensors: Tensors, block: str, layer: StreamedLayer) -> StreamedLayer:
        return replace(
            super().moe_layer(config, tensors, block, layer),
            selection_bias=tensors.read(f"{block}.gate.e_score_correction_bias"),
            always=self.network(tensors, f"{block}.shared_experts") if config.shared else None,
        )

    def rotations(self, config: Config, room: int) -> Rotations:
        return rotations(config.rope, Widths.of(config).rotary, room)

    def attention(self, config: Config, tensors: Tensors, layer: int) -> Attend:
        prefix = f"model.layers.{layer}"
        gain = tensors.read(f"{prefix}.input_layernorm.weight")
        latent = LatentAttention(config, Widths.of(config), tensors, f"{prefix}.self_attn")

        def block(x: Floats, cache: KeyValueCache, layer: int, turns: Rotations) -> Floats:
            return latent.attend(x * gain, cache, layer, turns)

        return block


class LatentAttention:
    """Multi-head latent attention of one layer."""

    def __init__(self, config: Config, widths: Widths, tensors: Tensors, prefix: str) -> None:
        self.widths, self.tensors, self.prefix = widths, tensors, prefix
        self.interleaved = config.rope_interleave
        self.scale = np.float32((widths.plain + widths.rotary) ** -0.5 * config.rope.softmax_scale)

    def attend(self, x: Floats, cache: KeyValueCache, layer: int, turns: Rotations) -> Floats:
        """Computes attention of normed x [T, D]: [T, D]. Writes keys and values into the cache."""
        w, count = self.widths, len(x)
        start, end = cache.length, cache.length + count
        queries = self.queries(x).reshape(count, w.heads, -1)  # [T, H, plain + rotary]
        queries[..., w.plain :] = self.rotate(queries[..., w.plain :], turns[start:end, None])
        queries *= self.scale
        latent = self.times("kv_a_proj_with_mqa", x)  # [T, latent + rotary]
        rotated = self.rotate(latent[:, None, w.latent :], turns[start:end, None])  # [T, 1, rotary]
        expanded = self.times("kv_b_proj", self.norm("kv_a_layernorm", latent[:, : w.latent]))
        heads = expanded.reshape(count, w.heads, -1).swapaxes(0, 1)  # [H, T, plain + value]
        keys, values = cache.keys[layer], cache.values[layer]
        keys[:, start:end, : w.plain] = heads[..., : w.plain]
        keys[:, start:end, w.plain :] = rotated.swapaxes(0, 1)
        values[:, start:end] = heads[..., w.plain :]
        mixed = weigh(queries.swapaxes(0, 1)[:, None], keys[:, :end], values[:, :end])  # [H, 1, T, value]
        return self.times("o_proj", mixed[:, 0].swapaxes(0, 1).reshape(count, -1))

    def queries(self, x: Floats) -> Floats:
        """x [T, D] -> queries [T, H (plain + rotary)]."""
        if self.widths.query_latent is None:
            return self.times("q_proj", x)
        return self.times("q_b_proj", self.norm("q_a_layernorm", self.times("q_a_proj", x)))

    def times(self, name: str, x: Floats) -> Floats:
        """x [T, C] times a matrix and its bias, where it has one -> [T, R]."""
        matrix: Matrix = matrix_of(self.tensors, f"{self.prefix}.{name}")
        out = dealt_product((matrix,), x)
        bias = f"{self.prefix}.{name}.bias"
        return out + self.tensors.read(bias) if bias in self.tensors else out

    def norm(self, name: str, x: Floats) -> Floats:
        """Applies RMSNorm to a latent vector [T, .]."""
        return normed(x, LATENT_EPSILON) * self.tensors.read(f"{self.prefix}.{name}.weight")

    def rotate(self, x: Floats, turns: Rotations) -> Floats:
        """Rotates pairs of columns, which are adjacent or half a width apart: [T, ., rotary]."""
        if not self.interleaved:
            half = x.shape[-1] // 2
            x = np.stack([x[..., :half], x[..., half:]], axis=-1).reshape(x.shape)
        return (np.ascontiguousarray(x).view(np.complex64) * turns).view(np.float32)


DEEPSEEK_V3 = DeepSeekV3(
    "deepseek_v3",
    reads=frozenset(
        """norm_topk_prob attention_bias moe_intermediate_size q_lora_rank kv_lora_rank qk_nope_head_dim
        qk_rope_head_dim v_head_dim rope_interleave n_group topk_group routed_scaling_factor n_shared_experts
        first_k_dense_replace scoring_func topk_method""".split()
    ),
    defaults={
        "rms_norm_eps": 1e-6,
        "norm_topk_prob": True,
        "max_position_embeddings": 4096,
        "q_lora_rank": 1536,
        "n_group": 8,
        "topk_group": 4,
        "routed_scaling_factor": 2.5,
        "n_shared_experts": 1,
        "first_k_dense_replace": 3,
        "eos_token_id": 1,
    },
    kept=False,
)
