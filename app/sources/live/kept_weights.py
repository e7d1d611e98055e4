"""The weights of a small model, converted to float32 at first use and kept in memory.

Matrices are contiguous in the order of the products, which makes these twice as fast. The gain of a norm is a
diagonal matrix, so it is multiplied into the matrices after the norm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...trace import Floats, Ints
from .attention import HeadSettings, KeyValueCache, attend, rotary_pairs
from .config import Config
from .experts import ExpertWeights, combine_experts, run
from .families.family import Family
from .rotary import Rotations
from .tensors import EMBEDDING, HEAD, Tensors
from .weight_cache import Slab, WeightCache


@dataclass(frozen=True)
class AttentionWeights:
    """One attention block."""

    qkv: Floats  # [D, (heads + 2 kv_heads) * head_dim], rotary pairs adjacent
    out: Floats  # [heads * head_dim, D]
    out_bias: Floats | None  # [D]
    settings: HeadSettings


class KeptWeights:
    """The layers of a small model."""

    def __init__(self, config: Config, family: Family, tensors: Tensors, numbers: int) -> None:
        """Prepares the layers. `numbers`: number of weights of the whole model."""
        self.config, self.family, self.tensors = config, family, tensors
        self.cache = WeightCache()
        self.slab = Slab(numbers)

    def attend(self, x: Floats, cache: KeyValueCache, layer: int, turns: Rotations) -> Floats:
        """Returns the attention output for normed x [T, D]: [T, D]. Fills the cache."""
        weights = self.attention(layer)
        joined = attend(np.dot(x, weights.qkv), weights.settings, self.config, cache, layer, turns)
        out: Floats = np.dot(joined, weights.out)
        if weights.out_bias is not None:
            out += weights.out_bias
        return out

    def embed(self, ids: Ints) -> Floats:
        """Returns the embeddings [T, D] of token ids [T]."""
        return self.embedding.take(ids, axis=0)

    def head(self, x: Floats) -> Floats:
        """Returns logits over the vocabulary [T, V] for normed x [T, D]."""
        out: Floats = np.dot(x, self.head_matrix.T)
        return out

    def logits(self, x: Floats, layer: int) -> Floats:
        """Returns router logits [T, N] for normed x [T, D]."""
        logits: Floats = np.dot(x, self.router(layer))
        return logits

    def feed(self, x: Floats, layer: int, experts: Ints, weights: Floats, weighs_input: bool) -> Floats:
        """Returns the output of a layer's experts, or of its dense network: normed x [T, D] -> [T, D]."""
        if not self.config.moe_layers[layer]:
            return run(x, self.dense(layer))
        if weighs_input:
            x, weights = x * weights, np.ones_like(weights)
        return combine_experts(x, experts, weights, lambda expert: self.expert(layer, expert))

    def attention(self, layer: int) -> AttentionWeights:
        """Returns the attention block of a layer."""
        found: AttentionWeights | None = self.cache.get(("attention", layer))
        return found or self.cache.put(("attention", layer), self.make_attention(layer))

    def router(self, layer: int) -> Floats:
        """Returns the router of a layer, one column per expert: [D, N]."""
        found: Floats | None = self.cache.get(("router", layer))
        if found is not None:
            return found
        return self.cache.put(("router", layer), self.columns(layer, (f"{self.block(layer)}.gate.weight",)))

    def expert(self, layer: int, expert: int) -> ExpertWeights:
        """Returns one expert of a layer."""
        key = (layer, expert)
        found: ExpertWeights | None = self.cache.get(key)
        return found or self.cache.put(key, self.network(layer, f"{self.block(layer)}.experts.{expert}"))

    def dense(self, layer: int) -> ExpertWeights:
        """Returns the network of a dense layer."""
        found: ExpertWeights | None = self.cache.get(("dense", layer))
        return found or self.cache.put(("dense", layer), self.network(layer, self.block(layer)))

    @cached_property
    def embedding(self) -> Floats:
        """Returns the embedding: [V, D]."""
        return self.tensors.read(EMBEDDING)

    @cached_property
    def head_matrix(self) -> Floats:
        """Returns the output matrix [V, D]. One on disk has precedence over tied weights."""
        return self.tensors.read(HEAD) if HEAD in self.tensors else self.embedding

    @property
    def selection_biases(self) -> list[Floats]:
        """Returns an empty list: no family that is kept in memory has such a bias."""
        return []

    def block(self, layer: int) -> str:
        """Returns the prefix of a layer's tensor names."""
        return f"model.layers.{layer}.{self.family.block}"

    def columns(self, layer: int, names: tuple[str, ...], norm: str = "post_attention_layernorm") -> Floats:
        """Returns matrices [M, D] concatenated as columns [D, all M], scaled by the gain of a norm."""
        gain = self.tensors.read(f"model.layers.{layer}.{norm}.weight")
        parts = [self.tensors.read(name) for name in names]
        return self.transposed((parts[0] if len(parts) == 1 else np.concatenate(parts)) * gain)

    def transposed(self, matrix: Floats) -> Floats:
        """Returns a matrix transposed for the products, stored in the slab."""
        copy = self.slab.empty(*matrix.shape[::-1])
        copy[:] = matrix.T
        return copy

    def network(self, layer: int, prefix: str) -> ExpertWeights:
        """Returns the weights of one network."""
        gate, up, down = (f"{prefix}.{name}.weight" for name in self.family.matrices)
        gate_columns, up_columns = self.columns(layer, (gate,)), self.columns(layer, (up,))
        return ExpertWeights(gate_columns, up_columns, self.transposed(self.tensors.read(down)))

    def make_attention(self, layer: int) -> AttentionWeights:
        """Returns the weights of one attention block."""
        prefix = f"model.layers.{layer}.self_attn"
        names = tuple(f"{prefix}.{part}_proj.weight" for part in "qkv")
        qkv = self.columns(layer, names, "input_layernorm")
        qkv[:] = qkv[:, rotary_pairs(self.config)]
        return AttentionWeights(
            qkv=qkv,
            out=self.transposed(self.tensors.read(f"{prefix}.o_proj.weight")),
            out_bias=self.tensors.read(f"{prefix}.o_proj.bias") if self.config.attention_bias else None,
            settings=self.family.head_settings(self.config, self.tensors, layer),
        )
