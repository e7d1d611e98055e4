"""Causal attention with rotary positions, grouped queries and a cache of keys and values.

Letters: T tokens of this call, P positions so far (these tokens included), H heads, G heads of queries that
share one of keys and values, C width of a head.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...trace import Floats, Ints
from .config import Config
from .rotary import Rotations, rotations

BLOCK = 64  # tokens that are weighed together; positions that none of them sees are left out


@dataclass
class KeyValueCache:
    """Keys and values of the tokens so far."""

    keys: Floats  # [layers, kv_heads, room, C]
    values: Floats  # [layers, kv_heads, room, C]
    length: int = 0

    @classmethod
    def empty(cls, config: Config, room: int) -> KeyValueCache:
        """Returns a cache for `room` tokens. Raises ValueError if the model cannot take so many."""
        if room > config.positions:
            raise ValueError(
                f"prompt: expected at most {config.positions} tokens, got {room}; config.json sets the limit "
                "(max_position_embeddings)"
            )
        heads, key, value = config.kv_heads, config.head_dim, config.head_dim
        if config.key_value_rank is not None:  # multi-head latent attention
            heads, key = config.heads, (config.key_dim or 0) + (config.rotary_dim or 0)
            value = config.value_dim or 0
        shape = (config.layers, heads, room)
        return cls(np.empty((*shape, key), np.float32), np.empty((*shape, value), np.float32))

    @property
    def room(self) -> int:
        """Tokens that it can hold."""
        return int(self.keys.shape[2])


@dataclass(frozen=True)
class HeadSettings:
    """What one layer's attention has beside its matrices. Columns are in the order of `rotary_pairs`."""

    bias: Floats | None = None  # of queries, keys and values: [(H + 2 kv) C]
    gain: Floats | None = None  # norms of queries and keys: [(H + kv) C]
    per_head: bool = False  # the norm is taken over each head (Qwen3), else over all heads at once (OLMoE)
    sinks: Floats | None = None  # [H] logits of a position that has no value (gpt-oss)
    window: int | None = None  # positions that a token sees, itself among them


PLAIN = HeadSettings()


def query_key_rotations(config: Config, room: int) -> Rotations:
    """Returns the rotation of queries and keys at each position. Queries are also scaled by 1/sqrt(C).

    Shape [room, (H + kv) * C/2].
    """
    turns = rotations(config.rope, config.head_dim, room)
    queries = np.tile(turns, config.heads) * np.float32(config.head_dim**-0.5)
    return np.concatenate([queries, np.tile(turns, config.kv_heads)], axis=1)


def rotary_pairs(config: Config) -> Ints:
    """Returns the order of the columns of queries, keys and values that puts rotary pairs beside each other.

    The layout rotates column i of a head with column i + head_dim/2. Side by side they are one complex
    number, and the products of queries with keys do not depend on the order of columns within a head.
    """
    half = config.head_dim // 2
    head = np.arange(2 * half, dtype=np.int32).reshape(2, half).T.reshape(-1)  # 0, half, 1, half + 1, ...
    rotated, plain = config.query_width + config.key_width, config.key_width
    heads = np.arange(0, rotated, 2 * half, dtype=np.int32)[:, None] + head
    return np.concatenate([heads.reshape(-1), np.arange(rotated, rotated + plain, dtype=np.int32)])


def attend(
    qkv: Floats, settings: HeadSettings, config: Config, cache: KeyValueCache, layer: int, turns: Rotations
) -> Floats:
    """Queries, keys and values [T, (H + 2 kv) C] -> what the heads say, side by side [T, H C].

    Changes `qkv`, and writes keys and values into the cache.
    """
    start, end = cache.length, cache.length + len(qkv)
    keys, values = cache.keys[layer], cache.values[layer]
    prepare(qkv, settings, config)
    rotate(qkv, turns[start:end])
    heads = qkv.reshape(len(qkv), -1, config.head_dim).swapaxes(0, 1)  # [H + 2 kv, T, C]
    keys[:, start:end] = heads[config.heads : -config.kv_heads]
    values[:, start:end] = heads[-config.kv_heads :]
    queries = heads[: config.heads].reshape(config.kv_heads, -1, *heads.shape[1:])  # [kv, G, T, C]
    mixed = weigh(queries, keys[:, :end], values[:, :end], settings)
    return mixed.reshape(config.heads, len(qkv), -1).swapaxes(0, 1).reshape(len(qkv), -1)  # [T, H C]


def prepare(qkv: Floats, settings: HeadSettings, config: Config) -> None:
    """Adds biases, then norms and clips queries, keys and values before their rotation, in place."""
    if settings.bias is not None:
        qkv += settings.bias
    if settings.gain is not None:
        norm_queries_keys(qkv, settings, config)
    if config.clip is not None:
        np.clip(qkv, -config.clip, config.clip, out=qkv)


def norm_queries_keys(qkv: Floats, settings: HeadSettings, config: Config) -> None:
    """RMSNorm of queries and of keys in place."""
    assert settings.gain is not None, "only where there is a norm"
    query, both = config.query_width, len(settings.gain)
    for part in (qkv[:, :query], qkv[:, query:both]):
        width = config.head_dim if settings.per_head else part.shape[1]
        rows = part.reshape(len(part), -1, width)
        part *= np.repeat(inverse_rms(rows, config.epsilon), width, axis=1)
    qkv[:, :both] *= settings.gain


def rotate(qkv: Floats, turns: Rotations) -> None:
    """Turns each pair of columns of queries and keys, in place: one complex product."""
    pairs = qkv[:, : 2 * turns.shape[1]].view(np.complex64)
    np.multiply(pairs, turns, out=pairs)


def weigh(queries: Floats, keys: Floats, values: Floats, settings: HeadSettings = PLAIN) -> Floats:
    """Softmax of queries times keys, times values: [kv, G, T, C], twice [kv, P, C] -> [kv, G, T, C].

    The tokens are the last T of the P positions, and each sees the positions up to its own, or the last ones
    of these if there is a window.
    """
    count, length = queries.shape[2], keys.shape[1]
    if count == 1:
        seen = slice(0 if settings.window is None else max(0, length - settings.window), length)
        return weigh_one(queries[:, :, 0], keys[:, seen], values[:, seen], settings)[:, :, None]
    if count <= BLOCK:
        return weigh_block(queries, keys, values, settings)
    mixed = np.empty((*queries.shape[:3], values.shape[2]), np.float32)
    for start in range(0, count, BLOCK):
        end = min(count, start + BLOCK)
        seen = slice(0, length - count + end)
        mixed[:, :, start:end] = weigh_block(
            queries[:, :, start:end], keys[:, seen], values[:, seen], settings
        )
    return mixed


def weigh_one(queries: Floats, keys: Floats, values: Floats, settings: HeadSettings = PLAIN) -> Floats:
    """`weigh` for a single token, to which every position is visible: queries [kv, G, C] -> [kv, G, C]."""
    shares = np.matmul(queries, keys.swapaxes(1, 2))  # [kv, G, P]
    largest = shares.max(axis=2, keepdims=True)
    sinks = None if settings.sinks is None else settings.sinks.reshape(*largest.shape)
    if sinks is not None:
        largest = np.maximum(largest, sinks)
    shares -= largest
    np.exp(shares, out=shares)
    mixed: Floats = np.matmul(shares, values)  # [kv, G, C]
    total = shares.sum(axis=2, keepdims=True)
    if sinks is not None:
        total += np.exp(sinks - largest)
    mixed /= total
    return mixed


def weigh_block(queries: Floats, keys: Floats, values: Floats, settings: HeadSettings = PLAIN) -> Floats:
    """`weigh` for a few tokens at once.

    Positions are rows and queries columns: numpy takes a maximum or a sum over rows several times as fast as
    within a row. The sums divide the result, which is smaller than the shares.
    """
    kv_heads, groups, count, width = queries.shape
    columns = queries.reshape(kv_heads, -1, width).swapaxes(1, 2)  # [kv, C, G T]
    shares = np.matmul(keys, columns)  # [kv, P, G T]
    hide(shares.reshape(kv_heads, -1, groups, count), settings.window)
    largest = shares.max(axis=1, keepdims=True)  # [kv, 1, G T]
    sinks = None if settings.sinks is None else np.repeat(settings.sinks, count).reshape(largest.shape)
    if sinks is not None:
        largest = np.maximum(largest, sinks)
    shares -= largest
    np.exp(shares, out=shares)
    mixed: Floats = np.matmul(shares.swapaxes(1, 2), values)  # [kv, G T, C]
    total = shares.sum(axis=1)
    if sinks is not None:
        total += np.exp(sinks - largest)[:, 0]
    mixed /= total[..., None]
    return mixed.reshape(kv_heads, groups, count, -1)


def hide(shares: Floats, window: int | None) -> None:
    """Sets to -inf, in place, where a token does not see a position: shares [kv, P, G, T]."""
    length, count = shares.shape[1], shares.shape[3]
    shares[:, -count:] += future(count)[:, None]
    if window is not None and length > window:
        positions, tokens = np.arange(length)[:, None], np.arange(length - count, length)  # [P, 1], [T]
        shares += np.where(positions <= tokens - window, np.float32(-np.inf), np.float32(0))[:, None]


@lru_cache(maxsize=8)
def future(count: int) -> Floats:
    """-inf where the row, a position, is later than the column, a token: [T, T]."""
    return np.tril(np.full((count, count), -np.inf, np.float32), -1)


def inverse_rms(x: Floats, epsilon: float) -> Floats:
    """1 / root mean square of the last axis, which is dropped."""
    squares: Floats = np.vecdot(x, x)
    squares *= np.float32(1 / x.shape[-1])
    squares += np.float32(epsilon)
    np.sqrt(squares, out=squares)
    return np.reciprocal(squares, out=squares)


def normed(x: Floats, epsilon: float) -> Floats:
    """RMSNorm (Zhang and Sennrich 2019) without its gain: [T, D]."""
    result: Floats = x * inverse_rms(x, epsilon)[:, None]
    return result
