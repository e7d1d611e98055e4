"""Compares the routing of two traces of the same tokens: where, from where on, and by how much it differs.

Sets of experts are compared, not their order. A flip is a token and layer whose sets differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..trace import Floats, RoutingTrace
from .bounds import no_routing
from .cellwise import all_places
from .stored import Array

NEAR = 0.01  # a flip with a smaller margin is attributed to rounding
FARTHEST = 4  # tokens by which one trace may start later, because of special tokens at the beginning
TINY = 1e-12
BLOCK = 1024  # tokens that are compared at a time


@dataclass(frozen=True)
class Comparison:
    """The differences between two traces. Layers and tokens are numbered from 0 as in the first trace.

    Shares refer to the tokens that both traces route, up to the first token whose ids differ.
    """

    layers: tuple[int, ...]  # [L] layers that both traces have
    tokens: int  # number of compared tokens
    shift: int  # token t of the first is token t + shift of the second
    parted_at: int | None  # the first token whose ids differ
    aligned_by: str  # "ids", "texts" or "position"
    flips: Array  # [T, L] of the compared tokens
    at: Array  # [T] their numbers in the first trace
    flipped: Floats  # [L] share of tokens
    jaccard: Floats  # [L] mean Jaccard index of the sets
    first: tuple[int, int] | None  # token and layer number of the first flip
    first_of_layer: tuple[int | None, ...]  # the first flipped token of each layer
    margins: Floats | None  # [flips] lead of the weakest chosen score in the first trace
    kl: Floats | None  # [L] mean KL divergence of the second's scores from the first's, nats
    js: Floats | None  # [L] mean Jensen-Shannon divergence, bits

    def to_json(self) -> dict[str, Any]:
        """Returns the figures that `compare --json` prints."""
        flips = int(self.flips.sum())
        return {
            "tokens": self.tokens,
            "layers": list(self.layers),
            "aligned_by": self.aligned_by,
            "shift": self.shift,
            "parted_at": self.parted_at,
            "flips": flips,
            "flipped_choices": ratio(flips, self.flips.size),
            "flipped_tokens": ratio(int(self.flips.any(axis=1).sum()), self.tokens),
            "first_flip": None if self.first is None else {"token": self.first[0], "layer": self.first[1]},
            "jaccard": float(self.jaccard.mean()) if len(self.jaccard) else None,
            "margin_median": None if self.margins is None or not flips else float(np.median(self.margins)),
            "margins_below_0.01": None
            if self.margins is None
            else ratio(int((self.margins < NEAR).sum()), flips),
            "kl": None if self.kl is None else float(self.kl.mean()),
            "js": None if self.js is None else float(self.js.mean()),
            "by_layer": [self.layer_json(at) for at in range(len(self.layers))],
        }

    def layer_json(self, at: int) -> dict[str, Any]:
        """Returns the figures of one layer."""
        return {
            "layer": self.layers[at],
            "flipped_tokens": float(self.flipped[at]),
            "jaccard": float(self.jaccard[at]),
            "first_flip": self.first_of_layer[at],
            "kl": None if self.kl is None else float(self.kl[at]),
            "js": None if self.js is None else float(self.js[at]),
        }


def ratio(part: int, whole: int) -> float | None:
    """Returns the share; None if `whole` is 0."""
    return part / whole if whole else None


def compare(a: RoutingTrace, b: RoutingTrace) -> Comparison:
    """Compares two traces over the tokens and layers that both have.

    Raises CaptureError if they have no layer or no token in common.
    """
    layers, left_layers, right_layers = common_layers(a, b)
    shift, aligned_by = alignment(a, b)
    begin, end = max(0, -shift), min(len(a.experts), len(b.experts) - shift)
    parted = first_difference(a, b, shift, begin, end, aligned_by)
    rows = np.arange(begin, end if parted is None else parted)
    both = routed(a)[rows] & routed(b)[rows + shift]
    rows = rows[both]
    if not len(rows):
        where = f"token {parted}" if parted is not None else "the first token"
        advice = "compare two traces of one text"
        raise no_routing("compare", "tokens that both traces route", f"none; they part at {where}", advice)
    blocks = [rows[at : at + BLOCK] for at in range(0, len(rows), BLOCK)]
    parts = [compare_rows(a, b, part, part + shift, left_layers, right_layers) for part in blocks]
    flips = np.concatenate([part.flips for part in parts])
    return Comparison(
        layers=layers,
        tokens=len(rows),
        shift=shift,
        parted_at=parted,
        aligned_by=aligned_by,
        flips=flips,
        at=rows,
        flipped=flips.mean(axis=0),
        jaccard=np.asarray(sum_of([part.overlap for part in parts]) / len(rows)),
        first=first_flip(flips, rows, layers),
        first_of_layer=tuple(int(rows[one.argmax()]) if one.any() else None for one in flips.T),
        margins=joined([part.margins for part in parts]),
        kl=mean_of([part.kl for part in parts], len(rows)),
        js=mean_of([part.js for part in parts], len(rows)),
    )


@dataclass(frozen=True)
class Part:
    """The differences in some rows R: sums over them, except for the flips and their margins."""

    flips: Array  # [R, L]
    overlap: Array  # [L]
    margins: Array | None  # [flips]
    kl: Array | None  # [L]
    js: Array | None  # [L]


def compare_rows(
    a: RoutingTrace, b: RoutingTrace, rows: Array, others: Array, layers: Array, other_layers: Array
) -> Part:
    """Compares some rows of one trace with those of another."""
    left, right = a.experts[np.ix_(rows, layers)], b.experts[np.ix_(others, other_layers)]
    overlap = jaccard(left, right)
    flips = overlap < 1
    scores = chosen_scores(a, rows, layers), chosen_scores(b, others, other_layers)
    kl, js = divergences(*scores)
    near = None if scores[0] is None else margins(scores[0], left)[flips]
    return Part(flips, overlap.sum(axis=0), near, kl, js)


def joined(arrays: list[Array | None]) -> Array | None:
    """Returns the arrays of all parts, concatenated; None if a part has none."""
    held = [one for one in arrays if one is not None]
    return np.concatenate(held) if len(held) == len(arrays) else None


def sum_of(arrays: list[Array]) -> Array:
    """Returns the sum of the arrays of all parts."""
    total: Array = np.sum(arrays, axis=0)
    return total


def mean_of(arrays: list[Array | None], rows: int) -> Array | None:
    """Returns the mean over all rows of sums over the rows of each part; None if a part has none."""
    held = [one for one in arrays if one is not None]
    return sum_of(held) / rows if len(held) == len(arrays) else None


def numbers_of(trace: RoutingTrace) -> tuple[int, ...]:
    """Returns the layer numbers of a trace in its model; dense layers are counted if they are known."""
    numbers = trace.header.origin.get("layers")
    count = trace.experts.shape[1]
    return tuple(numbers) if isinstance(numbers, list) and len(numbers) == count else tuple(range(count))


def common_layers(a: RoutingTrace, b: RoutingTrace) -> tuple[tuple[int, ...], Array, Array]:
    """Returns the common layers, and their indices in each trace."""
    left, right = numbers_of(a), numbers_of(b)
    layers = tuple(sorted(set(left) & set(right)))
    if not layers:
        raise no_routing("compare", "layers that both traces have", "none", "give both their config.json")
    return (
        layers,
        np.array([left.index(one) for one in layers]),
        np.array([right.index(one) for one in layers]),
    )


def routed(trace: RoutingTrace) -> Array:
    """Returns a mask [T] of the tokens that have an expert."""
    return np.asarray((trace.experts >= 0).any(axis=(1, 2)))


def alignment(a: RoutingTrace, b: RoutingTrace) -> tuple[int, str]:
    """Returns how many tokens later the second trace starts, and the evidence: ids, texts or position."""
    for kind, left, right in (("ids", ids_of(a), ids_of(b)), ("texts", texts_of(a), texts_of(b))):
        if any(one is not None for one in left) and any(one is not None for one in right):
            shifts = sorted(range(-FARTHEST, FARTHEST + 1), key=abs)
            return max(shifts, key=lambda shift: common_prefix_length(left, right, shift)), kind
    return 0, "position"


def ids_of(trace: RoutingTrace) -> list[object]:
    """Returns the vocabulary id of each token; None for a token without one."""
    return [token.id for token in trace.header.tokens]


def texts_of(trace: RoutingTrace) -> list[object]:
    """Returns the text of each token; None for a token without one, or whose text is its id in brackets."""
    tokens = trace.header.tokens
    return [None if token.text in ("", f"[{token.id}]") else token.text for token in tokens]


def common_prefix_length(left: list[object], right: list[object], shift: int) -> int:
    """Returns how many tokens agree, counted from the beginning."""
    count = 0
    begin = max(0, -shift)
    for one, other in zip(left[begin:], right[begin + shift :], strict=False):
        if one is not None and other is not None and one != other:
            break
        count += one is not None and other is not None
    return count


def first_difference(
    a: RoutingTrace, b: RoutingTrace, shift: int, begin: int, end: int, by: str
) -> int | None:
    """Returns the first token whose ids or texts differ."""
    if by == "position":
        return None
    left, right = (ids_of(a), ids_of(b)) if by == "ids" else (texts_of(a), texts_of(b))
    for at in range(begin, end):
        one, other = left[at], right[at + shift]
        if one is not None and other is not None and one != other:
            return at
    return None


def jaccard(left: Array, right: Array) -> Array:
    """Returns the overlap of two sets of experts, [T, L, K] each -> [T, L]; 1 if both are empty."""
    result = np.ones(left.shape[:-1])
    other = np.ones(result.shape, np.bool_)  # cells whose lists are not simply equal
    if left.shape == right.shape:
        other = ~all_places(left == right)
    left, right = left[other], right[other]
    equal = (left[..., :, None] == right[..., None, :]) & (left >= 0)[..., :, None]
    shared = equal.any(axis=-1).sum(axis=-1)
    union = (left >= 0).sum(axis=-1) + (right >= 0).sum(axis=-1) - shared
    result[other] = np.where(union > 0, shared / np.maximum(union, 1), 1.0)
    return result


def first_flip(flips: Array, rows: Array, layers: tuple[int, ...]) -> tuple[int, int] | None:
    """Returns token and layer of the first flip, in the order of computation."""
    if not flips.any():
        return None
    token = int(flips.any(axis=1).argmax())
    return int(rows[token]), layers[int(flips[token].argmax())]


def chosen_scores(trace: RoutingTrace, rows: Array, layers: Array) -> Floats | None:
    """Returns gate scores [T, L, N] of the given rows and layers, normalised to sum 1."""
    if trace.scores is None:
        return None
    scores = trace.scores[np.ix_(rows, layers)].astype(np.float64)
    return np.asarray(scores / np.maximum(scores.sum(axis=-1, keepdims=True), TINY))


def margins(scores: Floats, experts: Array) -> Floats:
    """Returns the lead of the weakest chosen score over the best one left out: [T, L]."""
    safe = np.where(experts >= 0, experts, 0)
    chosen = np.where(experts >= 0, np.take_along_axis(scores, safe, axis=-1), np.inf)
    rest = scores.copy()
    np.put_along_axis(rest, safe, -np.inf, axis=-1)
    return np.asarray(chosen.min(axis=-1) - rest.max(axis=-1))


def divergences(p: Array | None, q: Array | None) -> tuple[Array | None, Array | None]:
    """Returns the summed Kullback-Leibler (nats) and Jensen-Shannon (bits) divergence per layer: [L]."""
    if p is None or q is None or p.shape != q.shape:
        return None, None
    middle = (p + q) / 2
    both = (relative(p, middle) + relative(q, middle)) / 2 / np.log(2)
    return relative(p, q).sum(axis=0), both.sum(axis=0)


def relative(p: Array, q: Array) -> Array:
    """Returns the Kullback-Leibler divergence of q from p, nats: [T, L, N] twice -> [T, L]."""
    terms = p * (np.log(np.maximum(p, TINY)) - np.log(np.maximum(q, TINY)))
    return np.asarray(np.maximum(terms.sum(axis=-1), 0))
