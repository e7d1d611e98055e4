"""The interface of a checkpoint family: the keys it reads, its tensors, its layers, its router."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import numpy as np

from ....routing import RouterSettings
from ....shape import ModelShape
from ....trace import Floats
from ..attention import HeadSettings, KeyValueCache, attend, query_key_rotations, rotary_pairs
from ..config import Config
from ..matrices import expert_slice, matrix_of
from ..products import dealt_product
from ..rotary import Rotations
from ..streamed import Attend, Network, StreamedLayer
from ..tensors import Tensors

Shape = tuple[int, ...]
Named = Iterator[tuple[str, Shape]]
NO_SETTINGS = RouterSettings()


@dataclass(frozen=True)
class Family:
    """A family with the defaults of Mixtral, OLMoE and Qwen3-MoE; other families override what differs.

    `defaults` are those of the configuration class in transformers. `reads` are the keys of
    `config.OPTIONAL` that the family reads.
    """

    model_type: str
    reads: frozenset[str]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    block: str = "mlp"  # name of the MoE block in tensor names
    matrices: tuple[str, str, str] = ("gate_proj", "up_proj", "down_proj")
    qk_norm: Literal["none", "all", "head"] = "none"  # over a whole projection, or per head
    kept: bool = True  # whether a small model stays in memory in float32

    def router(self, config: Config) -> str:
        """Returns the router of the model's training, a name in `app.routing.ROUTERS`."""
        return "topk_norm" if config.renormalise else "topk"

    def settings(self, config: Config) -> RouterSettings:
        """Returns the settings of that router."""
        return NO_SETTINGS

    def shape(self, config: Config) -> ModelShape:
        """Returns the sizes that the page shows; their sum is the number of parameters."""
        sparse = config.moe_layers
        query, key = config.query_width, config.key_width
        biases = (query + 2 * key + config.d_model) if config.attention_bias else 0
        gains = {"none": 0, "all": query + key, "head": 2 * config.head_dim}[self.qk_norm]
        return ModelShape(
            layers=sum(sparse),
            experts=config.experts,
            top_k=config.top_k,
            d_model=config.d_model,
            d_expert=config.d_expert,
            attention=config.layers * (2 * config.d_model * (query + key) + biases),
            embeddings=config.vocabulary * config.d_model * (1 if config.tied else 2),
            norms=config.layers * (2 * config.d_model + gains) + config.d_model,
            dense=3 * config.d_model * config.d_dense * (config.layers - sum(sparse)),
        )

    def rotations(self, config: Config, room: int) -> Rotations:
        """Returns the rotation of queries and keys at each position: [room, .]."""
        return query_key_rotations(config, room)

    def tensors(self, config: Config, fused: bool = False) -> Named:
        """Yields name and shape of each tensor that the config implies.

        `fused`: all experts of a layer share two tensors, as in the memory of transformers 5.
        """
        yield "model.embed_tokens.weight", (config.vocabulary, config.d_model)
        yield "model.norm.weight", (config.d_model,)
        if not config.tied:
            yield "lm_head.weight", (config.vocabulary, config.d_model)
        for layer, sparse in enumerate(config.moe_layers):
            prefix = f"model.layers.{layer}"
            for norm in ("input_layernorm", "post_attention_layernorm"):
                yield f"{prefix}.{norm}.weight", (config.d_model,)
            yield from self.attention_tensors(config, f"{prefix}.self_attn")
            block = f"{prefix}.{self.block}"
            if sparse:
                yield from self.moe_tensors(config, block, fused)
            else:
                yield from self.network_tensors(config, block, config.d_dense)

    def attention_tensors(self, config: Config, prefix: str) -> Named:
        """Yields the tensors of one attention block."""
        query, key = config.query_width, config.key_width
        for part, width in (("q", query), ("k", key), ("v", key)):
            yield f"{prefix}.{part}_proj.weight", (width, config.d_model)
            if config.attention_bias:
                yield f"{prefix}.{part}_proj.bias", (width,)
        yield f"{prefix}.o_proj.weight", (config.d_model, query)
        if config.attention_bias:
            yield f"{prefix}.o_proj.bias", (config.d_model,)
        if self.qk_norm != "none":
            whole = self.qk_norm == "all"
            yield f"{prefix}.q_norm.weight", (query if whole else config.head_dim,)
            yield f"{prefix}.k_norm.weight", (key if whole else config.head_dim,)

    def moe_tensors(self, config: Config, block: str, fused: bool) -> Named:
        """Yields the tensors of a router and its experts."""
        yield f"{block}.gate.weight", (config.experts, config.d_model)
        if fused:
            yield f"{block}.experts.gate_up_proj", (config.experts, 2 * config.d_expert, config.d_model)
            yield f"{block}.experts.down_proj", (config.experts, config.d_model, config.d_expert)
            return
        for expert in range(config.experts):
            yield from self.network_tensors(config, f"{block}.experts.{expert}", config.d_expert)

    def network_tensors(self, config: Config, prefix: str, width: int) -> Named:
        """Yields the tensors of one gated network."""
        gate, up, down = self.matrices
        yield f"{prefix}.{gate}.weight", (width, config.d_model)
        yield f"{prefix}.{up}.weight", (width, config.d_model)
        yield f"{prefix}.{down}.weight", (config.d_model, width)

    def layer(self, config: Config, tensors: Tensors, layer: int) -> StreamedLayer:
        """Returns a layer that reads its weights on use."""
        prefix = f"model.layers.{layer}"
        attend, block = self.attention(config, tensors, layer), f"{prefix}.{self.block}"
        norm = tensors.read(f"{prefix}.post_attention_layernorm.weight")
        if not config.moe_layers[layer]:
            return StreamedLayer(attend, norm, always=self.network(tensors, block))
        return self.moe_layer(config, tensors, block, StreamedLayer(attend, norm))

    def moe_layer(self, config: Config, tensors: Tensors, block: str, layer: StreamedLayer) -> StreamedLayer:
        """Returns the layer with its router and its experts."""
        router = matrix_of(tensors, f"{block}.gate")
        return StreamedLayer(
            layer.attend, layer.norm, router, expert=cache(lambda expert: self.expert(tensors, block, expert))
        )

    def expert(self, tensors: Tensors, block: str, expert: int) -> Network:
        """Returns one expert, which may be a slice of a tensor with all experts of a layer."""
        fused = f"{block}.experts.gate_up_proj"
        if fused not in tensors:
            return self.network(tensors, f"{block}.experts.{expert}")
        gate_up = expert_slice(tensors, fused, expert)
        return Network((gate_up,), expert_slice(tensors, f"{block}.experts.down_proj", expert))

    def network(self, tensors: Tensors, prefix: str) -> Network:
        """Returns one gated network."""
        gate, up, down = (matrix_of(tensors, f"{prefix}.{name}") for name in self.matrices)
        return Network((gate, up), down)

    def attention(self, config: Config, tensors: Tensors, layer: int) -> Attend:
        """Returns the attention of a layer as a function: normed x [T, D] without gain -> output [T, D]."""
        prefix = f"model.layers.{layer}"
        gain = tensors.read(f"{prefix}.input_layernorm.weight")
        qkv = [matrix_of(tensors, f"{prefix}.self_attn.{part}_proj") for part in "qkv"]
        out = matrix_of(tensors, f"{prefix}.self_attn.o_proj")
        order, settings = rotary_pairs(config), self.head_settings(config, tensors, layer)
        bias = tensors.read(f"{prefix}.self_attn.o_proj.bias") if config.attention_bias else np.float32(0)

        def block(x: Floats, cache: KeyValueCache, layer: int, turns: Rotations) -> Floats:
            columns = dealt_product(qkv, x * gain).take(order, axis=1)  # [T, (H + 2 kv) C]
            joined = attend(columns, settings, config, cache, layer, turns)
            return dealt_product((out,), joined) + bias

        return block

    def head_settings(self, config: Config, tensors: Tensors, layer: int) -> HeadSettings:
        """Returns the attention settings beside the matrices, columns in the order of `rotary_pairs`."""
        prefix, order = f"model.layers.{layer}.self_attn", rotary_pairs(config)
        bias = (
            np.concatenate([tensors.read(f"{prefix}.{part}_proj.bias") for part in "qkv"])[order]
            if config.attention_bias
            else None
        )
        return HeadSettings(
            bias,
            self.query_key_gain(config, tensors, prefix),
            self.qk_norm == "head",
            window=config.windows[layer],
        )

    def query_key_gain(self, config: Config, tensors: Tensors, prefix: str) -> Floats | None:
        """Returns the gains of the norms of queries and keys, one number per column of both."""
        if self.qk_norm == "none":
            return None
        query, key = (tensors.read(f"{prefix}.{part}_norm.weight") for part in "qk")
        if self.qk_norm == "head":
            query, key = np.tile(query, config.heads), np.tile(key, config.kv_heads)
        return np.concatenate([query, key])[rotary_pairs(config)[: len(query) + len(key)]]
