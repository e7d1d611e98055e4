"""A checkpoint: its config, its tensors by the part of the model that they make, its tokenizer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np

from ...trace import Floats, Ints
from .config import Config, read_config
from .tensor_layout import check_tensors
from .tensors import Tensors, shards
from .tokenizer import Tokenizer
from .weight_cache import Block, Shelf, Slab

GIB = 1 << 30
HASHED_WHOLE = 256 << 20  # a larger file is known by its header, size and time of change

B = TypeVar("B", bound=Block)


@dataclass(frozen=True)
class AttentionWeights:
    """One attention block. The gain of the norm before it is multiplied into `qkv`."""

    qkv: Floats  # [D, (heads + 2 kv_heads) * head_dim], rotary pairs of queries and keys beside each other
    out: Floats  # [heads * head_dim, D]
    bias: Floats | None  # [(heads + 2 kv_heads) * head_dim]
    out_bias: Floats | None  # [D]
    gain: Floats | None  # norms of queries and keys: [(heads + kv_heads) * head_dim]

    @property
    def nbytes(self) -> int:
        """Bytes of all matrices."""
        return sum(value.nbytes for value in vars(self).values() if value is not None)


@dataclass(frozen=True)
class ExpertWeights:
    """One SwiGLU network. The gain of the norm before it is multiplied into `gate` and `up`."""

    gate: Floats  # [D, I]
    up: Floats  # [D, I]
    down: Floats  # [I, D]

    @property
    def nbytes(self) -> int:
        """Bytes of the three matrices."""
        return self.gate.nbytes + self.up.nbytes + self.down.nbytes


@dataclass
class Checkpoint:
    """A model on disk. Parts become float32 when first asked for, and are kept within `budget_bytes`."""

    folder: Path
    config: Config
    tensors: Tensors
    budget_bytes: int = 2 * GIB
    _shelf: Shelf = field(init=False, repr=False)
    _slab: Slab = field(init=False, repr=False)
    _fits: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_tensors(self.config, self.tensors.shapes(), self.folder)
        size = self.config.shape.total_p + self.config.shape.rest
        self._fits = 4 * size <= self.budget_bytes
        self._shelf = Shelf(self.budget_bytes)
        self._slab = Slab(size if self._fits else 0)

    @classmethod
    def open(cls, folder: Path, budget_bytes: int = 2 * GIB) -> Checkpoint:
        """Read config.json and the headers of the weights. Raises CheckpointError for what cannot be run."""
        config = read_config(
            folder
        )  # first, so that a quantised model is refused for that, not for its tensors
        return cls(folder, config, Tensors(folder), budget_bytes)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The checkpoint's tokenizer. Raises CheckpointError where there is none."""
        return Tokenizer.open(self.folder, self.config.vocabulary)

    @cached_property
    def digest(self) -> str:
        """A hash of what decides the routing: config, weights, tokenizer."""
        digest = hashlib.sha256()
        for path in (self.folder / "config.json", self.folder / "tokenizer.json", *shards(self.folder)):
            if path.exists():
                digest.update(path.name.encode() + fingerprint(path))
        return digest.hexdigest()[:16]

    @property
    def kept_bytes(self) -> int:
        """What the parts that are kept in float32 take."""
        return self._shelf.bytes

    def embed(self, ids: Ints) -> Floats:
        """Token ids [T] -> their rows of the embedding [T, D]."""
        return self.tensors.rows("model.embed_tokens.weight", ids)

    def attention(self, layer: int) -> AttentionWeights:
        """The attention block of a layer."""
        key = ("attention", layer)
        return self._shelf.find(key) or self._shelf.put(key, self._attention(layer))

    def router(self, layer: int) -> Floats:
        """The router of a layer, one column an expert, with the gain of the norm before it: [D, N]."""
        return self._kept(
            ("router", layer), lambda: self._columns(layer, (f"{self._block(layer)}.gate.weight",))
        )

    def expert(self, layer: int, expert: int) -> ExpertWeights:
        """One expert of a layer."""
        key = (layer, expert)
        return self._shelf.find(key) or self._shelf.put(
            key, self._network(layer, f"{self._block(layer)}.experts.{expert}")
        )

    def dense(self, layer: int) -> ExpertWeights:
        """The one network of a layer without experts."""
        key = ("dense", layer)
        return self._shelf.find(key) or self._shelf.put(key, self._network(layer, self._block(layer)))

    def final_norm(self) -> Floats:
        """The gain of the last norm: [D]."""
        return self._kept("norm", lambda: self.tensors.read("model.norm.weight"))

    def head(self) -> Floats:
        """The output matrix: [V, D]."""
        name = "model.embed_tokens.weight" if self.config.tied else "lm_head.weight"
        return self._kept("head", lambda: self.tensors.read(name))

    def _kept(self, key: object, make: Callable[[], Floats]) -> Floats:
        found: Floats | None = self._shelf.find(key)
        return self._shelf.put(key, make()) if found is None else found

    def _block(self, layer: int) -> str:
        return f"model.layers.{layer}.{self.config.family.block}"

    def _columns(self, layer: int, names: tuple[str, ...], norm: str = "post_attention_layernorm") -> Floats:
        """Matrices [M, D] side by side as columns [D, all M], scaled by the gain of a norm.

        A norm multiplies its output by one gain a channel: a diagonal matrix, so it goes into those after it.
        """
        gain = self.tensors.read(f"model.layers.{layer}.{norm}.weight")
        parts = [self.tensors.read(name) for name in names]
        return self._transposed((parts[0] if len(parts) == 1 else np.concatenate(parts)) * gain)

    def _transposed(self, matrix: Floats) -> Floats:
        """A matrix as the products take it.

        Where the model is kept, a contiguous copy: products read it twice as fast. Where it is too large to
        be kept, a view: copying takes longer than the few products before the matrix is let go.
        """
        if not self._fits:
            return matrix.T
        copy = self._slab.empty(*matrix.shape[::-1])
        copy[:] = matrix.T
        return copy

    def _network(self, layer: int, prefix: str) -> ExpertWeights:
        gate, up, down = (f"{prefix}.{name}.weight" for name in self.config.family.matrices)
        gate_columns, up_columns = self._columns(layer, (gate,)), self._columns(layer, (up,))
        return ExpertWeights(gate_columns, up_columns, self._transposed(self.tensors.read(down)))

    def _attention(self, layer: int) -> AttentionWeights:
        prefix = f"model.layers.{layer}.self_attn"
        names = [f"{prefix}.{part}_proj" for part in "qkv"]
        order = self._pairs()
        qkv = self._columns(layer, tuple(f"{name}.weight" for name in names), "input_layernorm")
        qkv[:] = qkv[:, order]
        biased = self.config.attention_bias
        bias = (
            np.concatenate([self.tensors.read(f"{name}.bias") for name in names])[order] if biased else None
        )
        return AttentionWeights(
            qkv=qkv,
            out=self._transposed(self.tensors.read(f"{prefix}.o_proj.weight")),
            bias=bias,
            out_bias=self.tensors.read(f"{prefix}.o_proj.bias") if biased else None,
            gain=self._qk_gain(prefix, order),
        )

    def _qk_gain(self, prefix: str, order: Ints) -> Floats | None:
        """The gains of the norms of queries and keys, one number a column of both."""
        kind, config = self.config.family.qk_norm, self.config
        if kind == "none":
            return None
        query, key = (self.tensors.read(f"{prefix}.{part}_norm.weight") for part in "qk")
        if kind == "head":
            query, key = np.tile(query, config.heads), np.tile(key, config.kv_heads)
        return np.concatenate([query, key])[order[: len(query) + len(key)]]

    def _pairs(self) -> Ints:
        """The order of the columns of queries, keys and values that puts rotary pairs beside each other.

        The layout rotates column i of a head with column i + head_dim/2. Side by side they are one complex
        number, and the products of queries with keys do not depend on the order of columns within a head.
        """
        config, half = self.config, self.config.head_dim // 2
        head = np.arange(2 * half, dtype=np.int32).reshape(2, half).T.reshape(-1)  # 0, half, 1, half + 1, ...
        rotated, plain = (config.heads + config.kv_heads) * 2 * half, config.kv_heads * 2 * half
        heads = np.arange(0, rotated, 2 * half, dtype=np.int32)[:, None] + head
        return np.concatenate([heads.reshape(-1), np.arange(rotated, rotated + plain, dtype=np.int32)])


def fingerprint(path: Path) -> bytes:
    """A hash of a file; of a very large one, of its first megabyte, size and time of change."""
    status = path.stat()
    with path.open("rb") as file:
        if status.st_size <= HASHED_WHOLE:
            return hashlib.file_digest(file, "sha256").digest()
        known = file.read(1 << 20) + f"{status.st_size} {status.st_mtime_ns}".encode()
    return hashlib.sha256(known).digest()
