"""Causal attention with rotary positions, grouped queries and a cache of keys and values.

Letters: T tokens of this call, P positions so far (including these tokens), H heads, G query heads per
head of keys and values, C width of a head.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...trace import Floats, Ints
from .config import Config
from .rotary import Rotations, rotations

BLOCK = 64  # tokens per block; positions that none of them attends to are skipped


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
        """Returns the number of tokens that it can hold."""
        return int(self.keys.shape[2])


@dataclass(frozen=True)
class HeadSettings:
    """One layer's attention settings, without its matrices. Columns are in the order of `rotary_pairs`."""

    bias: Floats | None = None  # of queries, keys and values: [(H + 2 kv) C]
    gain: Floats | None = None  # norms of queries and keys: [(H + kv) C]
    per_head: bool = False  # normalised per head (Qwen3), else over all heads at once (OLMoE)
    sinks: Floats | None = None  # [H] logits of a position without a value (gpt-oss)
    window: int | None = None  # positions that a token attends to, its own included


PLAIN = HeadSettings()


def query_key_rotations(config: Config, room: int) -> Rotations:
    """Returns the rotation of queries and keys at each position, [room, (H + kv) * C/2].

    That of queries includes the factor 1/sqrt(C).
    """
    turns = rotations(config.rope, config.head_dim, room)
    queries = np.tile(turns, config.heads) * np.float32(config.head_dim**-0.5)
    return np.concatenate([queries, np.tile(turns, config.kv_heads)], axis=1)


def rotary_pairs(config: Config) -> Ints:
    """Returns the order of query, key and value columns that makes rotary pairs adjacent.

    The checkpoint rotates column i of a head with column i + head_dim/2. Adjacent, they form one complex
    number. Products of queries with keys do not depend on the order of columns within a head.
    """
    half = config.head_dim // 2
    head = np.arange(2 * half, dtype=np.int32).reshape(2, half).T.reshape(-1)  # 0, half, 1, half + 1, ...
    rotated, plain = config.query_width + config.key_width, config.key_width
    heads = np.arange(0, rotated, 2 * half, dtype=np.int32)[:, None] + head
    return np.concatenate([heads.reshape(-1), np.arange(rotated, rotated + plain, dtype=np.int32)])


def attend(
    qkv: Floats, settings: HeadSettings, config: Config, cache: KeyValueCache, layer: int, turns: Rotations
) -> Floats:
    """Computes attention: queries, keys and values [T, (H + 2 kv) C] -> concatenated heads [T, H C].

    Modifies `qkv`, and writes keys and values into the cache.
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
    """Adds biases, then normalises and clips queries, keys and values before the rotation, in place."""
    if settings.bias is not None:
        qkv += settings.bias
    if settings.gain is not None:
        norm_queries_keys(qkv, settings, config)
    if config.clip is not None:
        np.clip(qkv, -config.clip, config.clip, out=qkv)


def norm_queries_keys(qkv: Floats, settings: HeadSettings, config: Config) -> None:
    """Applies RMSNorm to queries and keys, in place."""
    assert settings.gain is not None, "only where there is a norm"
    query, both = config.query_width, len(settings.gain)
    for part in (qkv[:, :query], qkv[:, query:both]):
        width = config.head_dim if settings.per_head else part.shape[1]
        rows = part.reshape(len(part), -1, width)
        part *= np.repeat(inverse_rms(rows, config.epsilon), width, axis=1)
    qkv[:, :both] *= settings.gain


def rotate(qkv: Floats, turns: Rotations) -> None:
    """Rotates each pair of query and key columns in place, as one complex product."""
    pairs = qkv[:, : 2 * turns.shape[1]].view(np.complex64)
    np.multiply(pairs, turns, out=pairs)


def weigh(queries: Floats, keys: Floats, values: Floats, settings: HeadSettings = PLAIN) -> Floats:
    """Returns softmax(queries x keys) x values: [kv, G, T, C], twice [kv, P, C] -> [kv, G, T, C].

    The tokens are the last T of the P positions. Each attends to the positions up to its own, or with a
    window to the last of these.
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
    """`weigh` for a single token, which attends to all positions: queries [kv, G, C] -> [kv, G, C]."""
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
    """`weigh` for a block of tokens.

    Positions are rows and queries columns, because numpy reduces over rows several times faster than
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
    """Sets shares [kv, P, G, T] of positions that a token does not attend to, to -inf in place."""
    length, count = shares.shape[1], shares.shape[3]
    shares[:, -count:] += future(count)[:, None]
    if window is not None and length > window:
        positions, tokens = np.arange(length)[:, None], np.arange(length - count, length)  # [P, 1], [T]
        shares += np.where(positions <= tokens - window, np.float32(-np.inf), np.float32(0))[:, None]


@lru_cache(maxsize=8)
def future(count: int) -> Floats:
    """Returns [T, T] with -inf if the row's position is after the column's token, else 0."""
    return np.tril(np.full((count, count), -np.inf, np.float32), -1)


def inverse_rms(x: Floats, epsilon: float) -> Floats:
    """Returns 1 / root mean square over the last axis."""
    squares: Floats = np.vecdot(x, x)
    squares *= np.float32(1 / x.shape[-1])
    squares += np.float32(epsilon)
    np.sqrt(squares, out=squares)
    return np.reciprocal(squares, out=squares)


def normed(x: Floats, epsilon: float) -> Floats:
    """Returns x [T, D] after RMSNorm (Zhang and Sennrich 2019) without the gain."""
    result: Floats = x * inverse_rms(x, epsilon)[:, None]
    return result
