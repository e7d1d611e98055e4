"""Causal attention with rotary positions, grouped queries and a cache of keys and values.

Letters: T tokens of this call, P positions so far (these tokens included), H heads, G heads of queries that
share one of keys and values, C width of a head.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.live.checkpoint import AttentionWeights
from app.live.config import Config
from app.trace import Floats

Turns = NDArray[np.complex64]


@dataclass
class Cache:
    """Keys and values of the tokens so far."""

    keys: Floats  # [layers, kv_heads, room, C]
    values: Floats  # [layers, kv_heads, room, C]
    length: int = 0

    @classmethod
    def empty(cls, config: Config, room: int) -> Cache:
        """A cache for `room` tokens. Raises ValueError where the model cannot take so many."""
        limit = min(config.positions, config.window or config.positions)
        if room > limit:
            raise ValueError(
                f"prompt: expected at most {limit} tokens, got {room}; config.json sets the limit "
                "(max_position_embeddings, sliding_window)"
            )
        shape = (config.layers, config.kv_heads, room, config.head_dim)
        return cls(np.empty(shape, np.float32), np.empty(shape, np.float32))

    @property
    def room(self) -> int:
        """Tokens that it can hold."""
        return int(self.keys.shape[2])


def rotations(config: Config, room: int) -> Turns:
    """The turn of each pair of query and key columns at each position, queries also scaled.

    Shape [room, (H + kv) * C/2]. In float32 from the start, as in transformers (Su et al. 2021, "RoFormer").
    """
    exponents = np.arange(0, config.head_dim, 2, dtype=np.float32) / np.float32(config.head_dim)
    frequencies = np.float32(1) / np.float32(config.theta) ** exponents
    angles = np.arange(room, dtype=np.float32)[:, None] * frequencies  # [room, C/2]
    turns = (np.cos(angles) + 1j * np.sin(angles)).astype(np.complex64)
    queries = np.tile(turns, config.heads) * np.float32(config.head_dim**-0.5)
    return np.concatenate([queries, np.tile(turns, config.kv_heads)], axis=1)


def attend(
    x: Floats, weights: AttentionWeights, config: Config, cache: Cache, layer: int, turns: Turns
) -> Floats:
    """What attention adds to the residual stream: normed x [T, D] -> [T, D]. Fills the cache."""
    count, start, width = len(x), cache.length, config.head_dim
    groups = config.heads // config.kv_heads
    qkv = project(x, weights, config)  # [T, D] -> [T, (H + 2 kv) C]
    split = (config.heads + config.kv_heads) * width
    end = start + count
    pairs = qkv[:, :split].view(np.complex64)
    np.multiply(pairs, turns[start:end], out=pairs)
    heads = qkv.reshape(count, -1, width).swapaxes(0, 1)  # [H + 2 kv, T, C]
    keys, values = cache.keys[layer], cache.values[layer]
    keys[:, start:end] = heads[config.heads : -config.kv_heads]
    values[:, start:end] = heads[-config.kv_heads :]
    queries = heads[: config.heads].reshape(config.kv_heads, groups, count, width)
    shares = np.matmul(queries, keys[:, None, :end].swapaxes(2, 3))  # [kv, G, T, P]
    mixed = np.matmul(softmax_causal(shares, start), values[:, None, :end])  # [kv, G, T, C]
    joined = mixed.reshape(config.heads, count, width).swapaxes(0, 1).reshape(count, -1)  # [T, H C]
    out: Floats = np.dot(joined, weights.out)
    if weights.out_bias is not None:
        out += weights.out_bias
    return out


def project(x: Floats, weights: AttentionWeights, config: Config) -> Floats:
    """Queries, keys and values of normed x, before their rotation: [T, D] -> [T, (H + 2 kv) C]."""
    qkv: Floats = np.dot(x, weights.qkv)
    if weights.bias is not None:
        qkv += weights.bias
    if weights.gain is not None:
        norm_queries_keys(qkv, weights.gain, config)
    if config.clip is not None:
        np.clip(qkv, -config.clip, config.clip, out=qkv)
    return qkv


def norm_queries_keys(qkv: Floats, gain: Floats, config: Config) -> None:
    """RMSNorm of queries and of keys in place: over each head (Qwen3), or over all heads at once (OLMoE)."""
    query, both = config.heads * config.head_dim, len(gain)
    for part in (qkv[:, :query], qkv[:, query:both]):
        width = config.head_dim if config.family.qk_norm == "head" else part.shape[1]
        rows = part.reshape(len(part), -1, width)
        part *= np.repeat(inverse_rms(rows, config.epsilon), width, axis=1)
    qkv[:, :both] *= gain


def inverse_rms(x: Floats, epsilon: float) -> Floats:
    """1 / root mean square of the last axis, which is dropped."""
    squares: Floats = np.vecdot(x, x)
    squares *= np.float32(1 / x.shape[-1])
    squares += np.float32(epsilon)
    np.sqrt(squares, out=squares)
    return np.reciprocal(squares, out=squares)


def softmax_causal(shares: Floats, start: int) -> Floats:
    """Softmax over positions, those after a token left out; in place: [kv, G, T, P]."""
    count = shares.shape[2]
    if count > 1:
        shares[..., start:] += future(count)
    shares -= shares.max(axis=-1, keepdims=True)
    np.exp(shares, out=shares)
    shares /= shares.sum(axis=-1, keepdims=True)
    return shares


def future(count: int) -> Floats:
    """-inf where the column is later than the row: [T, T]."""
    return np.triu(np.full((count, count), -np.inf, np.float32), 1)
