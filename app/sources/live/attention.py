"""Causal attention with rotary positions, grouped queries and a cache of keys and values.

Letters: T tokens of this call, P positions so far (these tokens included), H heads, G heads of queries that
share one of keys and values, C width of a head.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...trace import Floats
from .checkpoint import AttentionWeights
from .config import Config

Turns = NDArray[np.complex64]
BLOCK = 64  # tokens that are weighed together; positions that none of them sees are left out


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
    start, end = cache.length, cache.length + len(x)
    keys, values = cache.keys[layer], cache.values[layer]
    qkv = project(x, weights, config)  # [T, D] -> [T, (H + 2 kv) C]
    rotate(qkv, turns[start:end])
    heads = qkv.reshape(len(x), -1, config.head_dim).swapaxes(0, 1)  # [H + 2 kv, T, C]
    keys[:, start:end] = heads[config.heads : -config.kv_heads]
    values[:, start:end] = heads[-config.kv_heads :]
    queries = heads[: config.heads].reshape(config.kv_heads, -1, *heads.shape[1:])  # [kv, G, T, C]
    mixed = weigh(queries, keys[:, :end], values[:, :end])
    joined = mixed.reshape(config.heads, len(x), -1).swapaxes(0, 1).reshape(len(x), -1)  # [T, H C]
    out: Floats = np.dot(joined, weights.out)
    if weights.out_bias is not None:
        out += weights.out_bias
    return out


def rotate(qkv: Floats, turns: Turns) -> None:
    """Turn each pair of columns of queries and keys, in place: one complex product."""
    pairs = qkv[:, : 2 * turns.shape[1]].view(np.complex64)
    np.multiply(pairs, turns, out=pairs)


def weigh(queries: Floats, keys: Floats, values: Floats) -> Floats:
    """Softmax of queries times keys, times values: [kv, G, T, C], twice [kv, P, C] -> [kv, G, T, C].

    The tokens are the last T of the P positions, and each sees the positions up to its own.
    """
    count, length = queries.shape[2], keys.shape[1]
    if count == 1:
        return weigh_one(queries[:, :, 0], keys, values)[:, :, None]
    if count <= BLOCK:
        return weigh_block(queries, keys, values)
    mixed = np.empty(queries.shape, np.float32)
    for start in range(0, count, BLOCK):
        end = min(count, start + BLOCK)
        seen = length - count + end
        mixed[:, :, start:end] = weigh_block(queries[:, :, start:end], keys[:, :seen], values[:, :seen])
    return mixed


def weigh_one(queries: Floats, keys: Floats, values: Floats) -> Floats:
    """`weigh` for a single token, to which every position is visible: queries [kv, G, C] -> [kv, G, C]."""
    shares = np.matmul(queries, keys.swapaxes(1, 2))  # [kv, G, P]
    shares -= shares.max(axis=2, keepdims=True)
    np.exp(shares, out=shares)
    mixed: Floats = np.matmul(shares, values)  # [kv, G, C]
    mixed /= shares.sum(axis=2, keepdims=True)
    return mixed


def weigh_block(queries: Floats, keys: Floats, values: Floats) -> Floats:
    """`weigh` for a few tokens at once.

    Positions are rows and queries columns: numpy takes a maximum or a sum over rows several times as fast as
    within a row. The sums divide the result, which is smaller than the shares.
    """
    kv_heads, groups, count, width = queries.shape
    columns = queries.reshape(kv_heads, -1, width).swapaxes(1, 2)  # [kv, C, G T]
    shares = np.matmul(keys, columns)  # [kv, P, G T]
    shares[:, -count:].reshape(kv_heads, count, groups, count)[...] += future(count)[:, None]
    shares -= shares.max(axis=1, keepdims=True)
    np.exp(shares, out=shares)
    mixed: Floats = np.matmul(shares.swapaxes(1, 2), values)  # [kv, G T, C]
    mixed /= shares.sum(axis=1)[..., None]
    return mixed.reshape(queries.shape)


@lru_cache(maxsize=8)
def future(count: int) -> Floats:
    """-inf where the row, a position, is later than the column, a token: [T, T]."""
    return np.tril(np.full((count, count), -np.inf, np.float32), -1)


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
