"""Long traces: the file is mapped into memory, shown by window, and counted by blocks of tokens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from ...formats.bounds import Bounds
from ...formats.containers.files import mapped
from ...formats.containers.numpy_files import read_safetensors
from ...formats.findings import CaptureError
from ...formats.stored import Array
from ...shape import ModelShape
from ...trace import COLUMNS, FORMAT, Counts, RoutingTrace, Step, TraceHeader, header_of

WINDOW = 256  # tokens per window in the scene
LONG_TOKENS = 4096  # a trace with more tokens is long
LONG_CELLS = 16 * 2**20  # a trace with more tokens x layers x experts is long
BLOCK = 2048  # tokens counted at a time
LEAST_BYTES = 2**20  # a smaller file is never a long trace
TYPES = {"experts": np.int32, "dropped": np.bool_}
TOKEN_BYTES = 300  # approximate memory per token


@dataclass(frozen=True)
class LongTrace:
    """A trace whose columns may be views of a file: scores, logits [T, L, N], others [T, L, K]."""

    header: TraceHeader
    columns: Mapping[str, Array]

    @property
    def shape(self) -> ModelShape:
        """The sizes of the model."""
        return self.header.shape

    @property
    def held_bytes(self) -> int:
        """Returns the approximate memory in bytes; of a mapped file only the tokens."""
        own = sum(column.nbytes for column in self.columns.values() if column.flags.owndata)
        return TOKEN_BYTES * len(self.header.tokens) + own

    def window(self, around: int) -> RoutingTrace:
        """Returns the WINDOW tokens around token `around`; the last window if it is beyond the end.

        Windows begin at multiples of WINDOW, so that equal windows give equal answers. The origin's
        `window` states first token and total. Raises ValueError if the rows are wrong.
        """
        count = len(self.header.tokens)
        begin = min(around, count - 1) // WINDOW * WINDOW
        origin = {**self.header.origin, "window": {"from": begin, "of": count}}
        tokens = self.header.tokens[begin : begin + WINDOW]
        return self.rows(slice(begin, begin + WINDOW), replace(self.header, tokens=tokens, origin=origin))

    def whole(self) -> RoutingTrace:
        """Returns the whole trace; columns of the right type stay views. Raises ValueError for wrong rows."""
        return self.rows(slice(None), self.header)

    def rows(self, which: slice, header: TraceHeader) -> RoutingTrace:
        """Returns some tokens as a trace. Raises ValueError if their rows are wrong."""
        columns = {name: typed(name, column[which]) for name, column in self.columns.items()}
        return RoutingTrace(header, columns.pop("scores", None), **columns)

    def steps(self) -> Iterator[Step]:
        """Yields the routing of each token, in order."""
        for begin in range(0, len(self.header.tokens), WINDOW):
            trace = self.window(begin)
            yield from (trace.step(token) for token in range(len(trace.header.tokens)))

    @cached_property
    def counts(self) -> Counts:
        """Returns how often each expert was chosen, and chosen first: [2, L, N]. Empty choices are
        skipped.
        """
        shape, experts = self.shape, self.columns["experts"]
        found = np.zeros((2, shape.layers * shape.experts), np.int64)
        layer = (np.arange(shape.layers) * shape.experts)[None, :, None]
        for begin in range(0, len(experts), BLOCK):
            ids = experts[begin : begin + BLOCK]
            places = np.where((ids >= 0) & (ids < shape.experts), ids + layer, found.shape[1])
            for row, part in zip(found, (places, places[..., :1]), strict=True):
                row += np.bincount(part.ravel(), minlength=len(row) + 1)[:-1]
        return found.reshape(2, shape.layers, shape.experts)


def typed(name: str, column: Array) -> Array:
    """Returns a column in the type of a trace, without a copy if it has that type."""
    return column.astype(TYPES.get(name, np.float32), copy=False)


def is_long(tokens: int, shape: ModelShape) -> bool:
    """Returns whether a trace is shown by window."""
    return tokens > LONG_TOKENS or tokens * shape.layers * shape.experts > LONG_CELLS


def long_trace(trace: RoutingTrace) -> LongTrace | RoutingTrace:
    """Returns a long trace as LongTrace, any other unchanged."""
    if not is_long(len(trace.header.tokens), trace.header.shape):
        return trace
    columns = {name: column for name in COLUMNS if (column := getattr(trace, name)) is not None}
    return LongTrace(trace.header, columns)


def map_trace(path: Path) -> LongTrace | None:
    """Maps a long trace file of Moescope; None for any other file, and for a broken one.

    Raises OSError if the file does not exist any more.
    """
    if path.suffix != ".safetensors" or not path.is_file() or path.stat().st_size < LEAST_BYTES:
        return None
    try:
        tensors, metadata = read_safetensors(path.name, mapped(path, Bounds()), Bounds())
        if metadata.get("format") != FORMAT:
            return None
        header = header_of(metadata, tensors.get("bias"))
    except (CaptureError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return None
    columns = {name: tensors[name] for name in COLUMNS if name in tensors}
    fits = {"experts", "weights"} <= set(columns) and all(
        column.ndim == 3 and len(column) == len(header.tokens) for column in columns.values()
    )
    if not fits or not is_long(len(header.tokens), header.shape):
        return None
    named = {**header.origin, "file": path.name, "format": "moescope-trace"}
    return LongTrace(replace(header, origin=named), columns)
