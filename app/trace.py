"""The routing trace: scores and choices of the router for every token and layer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from .shape import ModelShape

FORMAT = "moescope.trace/1"

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]
Counts = NDArray[np.int64]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Token:
    """One piece of the prompt: text, group in an authored scenario, id if a tokenizer gave one."""

    text: str
    group: str | None = None
    id: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the fields that are set."""
        return {key: value for key, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class Step:
    """The routing of one token through all layers, as sources yield it and the wire carries it."""

    scores: Floats | None  # [L, N] gate scores used for selection: probabilities or affinities in 0..1
    experts: Ints  # [L, K] chosen experts, best first; -1 if a choice stays empty
    weights: Floats  # [L, K] combine weights; 0 if dropped or empty
    logits: Floats | None = None  # [L, N]
    dropped: Bools | None = None  # [L, K] chosen, but over the expert's capacity
    written: Token | None = None  # the token, if a model generated it; the header has those of the prompt


@dataclass(frozen=True)
class TraceHeader:
    """The facts known before the first token is routed."""

    tokens: tuple[Token, ...]
    shape: ModelShape
    model: dict[str, Any]  # name, router, its settings and capacity; `model_json` adds the figures of `shape`
    origin: dict[str, Any]  # source ("authored", "live") and details: scenario, seed, checkpoint, versions
    bias: Floats | None = field(default=None, compare=False)  # [L, N] added to scores for selection only

    def model_json(self) -> dict[str, Any]:
        """Returns `model` with the sizes and parameter figures of the shape."""
        return {**self.model, **self.shape.to_json()}


@dataclass(frozen=True)
class RoutingTrace:
    """Columns over tokens and layers, checked on construction.

    Raises ValueError naming the column, what was expected and what was found.
    """

    header: TraceHeader
    scores: Floats | None  # [T, L, N]; None if not recorded
    experts: Ints  # [T, L, K]
    weights: Floats  # [T, L, K]
    logits: Floats | None = None  # [T, L, N]
    dropped: Bools | None = None  # [T, L, K]

    def __post_init__(self) -> None:
        shape = self.header.shape
        wide = (len(self.header.tokens), shape.layers, shape.experts)
        narrow = (*wide[:2], max(shape.top_k, self.experts.shape[-1]))  # Expert Choice may need more than k
        for name, expected in (("scores", wide), ("logits", wide), *((n, narrow) for n in NARROW)):
            column = getattr(self, name)
            if column is not None and column.shape != expected:
                raise ValueError(f"trace.{name}: expected {expected}, got {column.shape}")
        if self.experts.size and not (self.experts.min() >= -1 and self.experts.max() < shape.experts):
            raise ValueError(
                f"trace.experts: expected ids from 0 to {shape.experts - 1} (or -1, no expert), "
                f"got {self.experts.min()} to {self.experts.max()}"
            )
        for name in ("scores", "weights"):
            column = getattr(self, name)
            if column is not None and not all_finite(column):
                raise ValueError(f"trace.{name}: expected finite numbers, got nan or infinity")

    @property
    def ids_only(self) -> bool:
        """Returns whether only the chosen experts are known: weights are then equal, and scores None."""
        return bool(self.header.origin.get("ids_only"))

    @classmethod
    def from_steps(cls, header: TraceHeader, steps: Iterable[Step]) -> RoutingTrace:
        """Stacks the steps of all tokens in order: those of the header, then generated ones."""
        rows = list(steps)
        written = tuple(row.written for row in rows if row.written is not None)
        header = replace(header, tokens=header.tokens + written)
        if len(rows) != len(header.tokens):
            raise ValueError(f"trace: expected {len(header.tokens)} steps, one a token, got {len(rows)}")
        columns = {
            name: np.stack([getattr(row, name) for row in rows])
            for name in COLUMNS
            if getattr(rows[0], name) is not None
        }
        return cls(header, columns.pop("scores", None), **columns)

    def step(self, token: int) -> Step:
        """Returns the routing of one token."""
        columns = {n: c[token] for n in COLUMNS if (c := getattr(self, n)) is not None}
        return Step(columns.pop("scores", None), **columns)

    def to_bytes(self) -> bytes:
        """Returns a safetensors file: the columns as tensors, the rest as JSON strings in its metadata."""
        tensors = {n: np.ascontiguousarray(c) for n in COLUMNS if (c := getattr(self, n)) is not None}
        if self.dropped is not None:
            tensors["dropped"] = self.dropped.astype(np.uint8)
        if self.header.bias is not None:
            tensors["bias"] = np.ascontiguousarray(self.header.bias)
        metadata = {
            "format": FORMAT,
            "tokens": dump([token.to_json() for token in self.header.tokens]),
            "model": dump(self.header.model_json()),
            "origin": dump(self.header.origin),
        }
        return ordered(save(tensors, metadata))

    @classmethod
    def from_bytes(cls, data: bytes) -> RoutingTrace:
        """Reads the output of `to_bytes`. Raises ValueError on anything else."""
        try:
            return cls.read(data)
        except (SafetensorError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(
                f"trace: expected a file of {FORMAT}, got one that is damaged: {error!r}"
            ) from error

    @classmethod
    def read(cls, data: bytes) -> RoutingTrace:
        """Reads the output of `to_bytes` from a complete file."""
        metadata = read_metadata(data)
        if metadata.get("format") != FORMAT:
            raise ValueError(f"trace.format: expected {FORMAT!r}, got {metadata.get('format')!r}")
        tensors = load(data)
        header = header_of(metadata, tensors.get("bias"))
        if "dropped" in tensors:
            tensors["dropped"] = tensors["dropped"].astype(np.bool_)
        columns = {name: tensors[name] for name in COLUMNS if name in tensors}
        return cls(header, columns.pop("scores", None), **columns)


NARROW = ("experts", "weights", "dropped")
COLUMNS = ("scores", "logits", *NARROW)
BLOCK = 4096  # tokens


def header_of(metadata: Mapping[str, str], bias: Floats | None) -> TraceHeader:
    """Returns the header from a file's metadata. Raises LookupError, TypeError and ValueError."""
    model = json.loads(metadata["model"])
    shape = ModelShape.from_json(model)
    return TraceHeader(
        tokens=tuple(Token(**token) for token in json.loads(metadata["tokens"])),
        shape=shape,
        model={key: model[key] for key in model if key not in shape.to_json()},
        origin=json.loads(metadata["origin"]),
        bias=bias,
    )


def all_finite(column: Floats) -> bool:
    """Returns whether all numbers are finite. Blocks are read in turn, since the file may be mapped."""
    return all(np.isfinite(column[at : at + BLOCK]).all() for at in range(0, len(column), BLOCK))


def dump(value: Any) -> str:
    """Returns JSON in canonical form: sorted keys, no spaces, so that equal values give equal bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def ordered(data: bytes) -> bytes:
    """Returns a safetensors file with sorted header keys. The library's order varies between runs."""
    size = int.from_bytes(data[:8], "little")
    header = dump(json.loads(data[8 : 8 + size])).encode()
    header += b" " * (-len(header) % 8)  # keeps tensors aligned
    return len(header).to_bytes(8, "little") + header + data[8 + size :]


def read_metadata(data: bytes) -> dict[str, str]:
    """Returns the metadata of a safetensors file. Raises ValueError if `data` is not one."""
    try:
        size = int.from_bytes(data[:8], "little")
        metadata: dict[str, str] = json.loads(data[8 : 8 + size])["__metadata__"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError("trace: expected a safetensors file with metadata, got something else") from error
    return metadata
