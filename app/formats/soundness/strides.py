"""Detects ids read with wrong strides: contiguous reads of a strided argsort.

llama.cpp's `ffn_moe_topk` is a view of [tokens, N] with rows of length k. Read as contiguous memory, its
first N / k rows list all experts of token 0 from best to worst, the next ones those of token 1.
"""

from __future__ import annotations

import math

import numpy as np

from ..findings import Finding, found
from ..stored import Array
from .identities import Checked

SURE = 20.0  # nats of evidence against chance
BY_CHANCE = 3.0  # nats that the first rows of a layer seldom reach by chance


def check_strides(checked: Checked) -> list[Finding]:
    """Returns `strided-ids` if, in half of the layers, the first rows list every expert exactly once."""
    experts, places = max(checked.experts, checked.limit or 0), checked.ids.shape[-1]
    if experts <= places or len(checked.ids) < 2 or checked.tokens[0] != 0:
        return []
    rows = checked.ids[: checked.capture.prompt or len(checked.ids)]  # later tokens were computed one by one
    against = np.array([surprise(rows[:, layer], experts) for layer in range(rows.shape[1])])
    listed = against > 0
    if np.count_nonzero(listed) * 2 < len(listed) or against.sum() < SURE:
        return []
    layer = checked.capture.layers[int(listed.argmax())]
    text = f"consecutive rows together list every expert once in {int(listed.sum())} of {len(listed)} layers"
    text += ": a strided view (llama.cpp's ffn_moe_topk) was read as if contiguous; read it with its strides"
    return [found("strided-ids", text + ", or cut ffn_moe_argsort to k", layer)]


def surprise(ids: Array, experts: int) -> float:
    """Returns the evidence, in nats, that rows [R, K] of a layer begin with whole permutations of the
    experts.

    Returns 0 if they do not. Distinct places within a row are assumed; only repeats across rows count.
    If the first permutation is incomplete, its distinct first rows count, less what chance explains.
    """
    places = ids.shape[-1]
    flat = ids[: -(-8 * experts // places)].reshape(-1)
    blocks = [flat[begin : begin + experts] for begin in range(0, min(len(flat), 8 * experts), experts)]
    against = 0.0
    for block in blocks:
        if len(block) <= places or (block < 0).any() or (block >= experts).any():
            break
        if len(np.unique(block)) < len(block):
            break
        against += list_surprise(len(block), places, experts)
    if against or not len(flat):
        return against
    rows = distinct_rows(blocks[0].reshape(-1)[: len(blocks[0]) // places * places].reshape(-1, places))
    return max(list_surprise(rows * places, places, experts) - BY_CHANCE, 0.0)


def distinct_rows(ids: Array) -> int:
    """Returns the number of rows [R, K] before an id repeats; 0 if an id is negative."""
    if (ids < 0).any():
        return 0
    _, firsts = np.unique(ids, return_index=True)
    again = np.ones(ids.size, np.bool_)
    again[firsts] = False
    return int(again.argmax()) // ids.shape[-1] if again.any() else len(ids)


def list_surprise(length: int, places: int, experts: int) -> float:
    """Returns the evidence, in nats, of `length` rows of distinct places that share no expert."""
    nats = 0.0
    for taken in range(places, length, places):
        size = min(places, length - taken)
        free = experts - taken
        nats += math.log(math.comb(experts, size)) - (math.log(math.comb(free, size)) if free >= size else -9)
    return nats
