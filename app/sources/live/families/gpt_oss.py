"""gpt-oss (OpenAI 2025, arXiv 2508.10925): biases everywhere, attention sinks, experts in MXFP4.

Every second layer has a sliding window. The router's softmax follows its top-k. Gate and up alternate row by
row, both are clamped, and 1 is added to up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ....shape import ModelShape
from ....trace import Floats
from ..attention import HeadSettings
from ..config import Config
from ..matrices import Microscaled, Transposed, expert_slice, matrix_of
from ..products import AnyMatrix
from ..streamed import Network, StreamedLayer
from ..tensors import Tensors
from .family import Family, Named

FP4 = 32  # columns that share a scale
ONE = np.float32(1)


@dataclass(frozen=True)
class GptOss(Family):
    """gpt-oss' differences from the softmax families."""

    def router(self, config: Config) -> str:
        return "softmax_after"

    def shape(self, config: Config) -> ModelShape:
        plain = super().shape(config)
        return replace(
            plain,
            attention=plain.attention + config.layers * config.heads,  # one sink per head
            expert_bias=2 * config.d_expert + config.d_model,
            router_bias=1,
        )

    def attention_tensors(self, config: Config, prefix: str) -> Named:
        yield from super().attention_tensors(config, prefix)
        yield f"{prefix}.sinks", (config.heads,)

    def moe_tensors(self, config: Config, block: str, fused: bool) -> Named:
        """Yields the tensors. `fused`: not quantised, outputs as columns, as transformers saves it."""
        count, width, inner = config.experts, config.d_model, config.d_expert
        yield f"{block}.router.weight", (count, width)
        yield f"{block}.router.bias", (count,)
        for name, rows, columns in (("gate_up_proj", 2 * inner, width), ("down_proj", width, inner)):
            yield f"{block}.experts.{name}_bias", (count, rows)
            if fused:
                yield f"{block}.experts.{name}", (count, columns, rows)
            else:
                yield f"{block}.experts.{name}_blocks", (count, rows, columns // FP4, FP4 // 2)
                yield f"{block}.experts.{name}_scales", (count, rows, columns // FP4)

    def head_settings(self, config: Config, tensors: Tensors, layer: int) -> HeadSettings:
        settings = super().head_settings(config, tensors, layer)
        return replace(settings, sinks=tensors.read(f"model.layers.{layer}.self_attn.sinks"))

    def moe_layer(self, config: Config, tensors: Tensors, block: str, layer: StreamedLayer) -> StreamedLayer:
        gate_up_bias = tensors.read(f"{block}.experts.gate_up_proj_bias")  # [N, 2 I]
        down_bias = tensors.read(f"{block}.experts.down_proj_bias")  # [N, D]
        alpha, limit = np.float32(config.swiglu_alpha), np.float32(config.swiglu_limit)

        def activate(gate_up: Floats) -> Floats:
            return clamped_swiglu(gate_up, alpha, limit)

        def expert(number: int) -> Network:
            matrices = (
                expert_matrix(tensors, f"{block}.experts.{name}_proj", number) for name in ("gate_up", "down")
            )
            gate_up, down = matrices
            return Network((gate_up,), down, activate, gate_up_bias[number], down_bias[number])

        bias = tensors.read(f"{block}.router.bias")
        return replace(layer, router=matrix_of(tensors, f"{block}.router"), router_bias=bias, expert=expert)


def expert_matrix(tensors: Tensors, name: str, expert: int) -> AnyMatrix:
    """Returns one expert's matrix: MXFP4, or a float type with outputs as columns."""
    if f"{name}_blocks" in tensors:
        return Microscaled(tensors.stored[f"{name}_blocks"], tensors.stored[f"{name}_scales"], expert)
    return Transposed(expert_slice(tensors, name, expert))


def clamped_swiglu(gate_up: Floats, alpha: np.float32, limit: np.float32) -> Floats:
    """Computes (up + 1) * gate * sigmoid(alpha * gate), both clamped and alternating: [T, 2 I] -> [T, I]."""
    gate: Floats = np.minimum(gate_up[:, ::2], limit)
    up: Floats = np.clip(gate_up[:, 1::2], -limit, limit)
    result: Floats = (up + ONE) * gate / (ONE + np.exp(-alpha * gate))
    return result


GPT_OSS = GptOss(
    "gpt_oss",
    reads=frozenset("attention_bias sliding_window layer_types swiglu_alpha swiglu_limit".split()),
    defaults={
        "rms_norm_eps": 1e-5,
        "head_dim": 64,
        "num_key_value_heads": 8,
        "max_position_embeddings": 131_072,
        "attention_bias": True,
        "sliding_window": 128,
        "rope_theta": 150_000.0,
        "rope_parameters": {
            "rope_type": "yarn",
            "factor": 32.0,
            "beta_fast": 32.0,
            "beta_slow": 1.0,
            "truncate": False,
            "original_max_position_embeddings": 4096,
        },
    },
    kept=False,
)
