"""Matrices on disk; their rows are decoded to float32 on use.

Letters: R rows (outputs), C columns (inputs).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...trace import Floats
from .floats import E2M1_PAIRS, TYPES
from .tensors import Stored, Tensors

FP8_BLOCK = 128  # rows and columns per scale (DeepSeek-V3, arXiv 2412.19437, section 3.3)
FP4_BLOCK = 32  # columns per scale (OCP Microscaling specification 1.0, MXFP4)


class Matrix(Protocol):
    """A matrix [R, C] of the checkpoint."""

    @property
    def shape(self) -> tuple[int, int]: ...

    def fill(self, start: int, out: Floats) -> None:
        """Writes the rows from `start` on into `out` [rows, C]."""


@dataclass(frozen=True)
class Plain:
    """A matrix of a float type. `offset`: its first row in a tensor of several matrices."""

    stored: Stored
    shape: tuple[int, int]
    offset: int = 0

    @cached_property
    def values(self) -> NDArray[Any]:
        """Returns the matrix in the type of the file, without a copy."""
        rows, columns = self.shape
        return self.stored.values(self.offset * columns, rows * columns).reshape(rows, columns)

    def fill(self, start: int, out: Floats) -> None:
        out[...] = self.values[start : start + len(out)]


@dataclass(frozen=True)
class Scaled:
    """A matrix in E4M3 with one scale per block of 128 x 128."""

    stored: Stored
    scales: Floats  # [ceil(R / 128), ceil(C / 128)]

    @property
    def shape(self) -> tuple[int, int]:
        return self.stored.shape[0], self.stored.shape[1]

    def fill(self, start: int, out: Floats) -> None:
        rows, columns = out.shape
        self.stored.fill(out, start * columns)
        scales = self.scales[np.arange(start, start + rows) // FP8_BLOCK]
        out *= np.repeat(scales, FP8_BLOCK, axis=1)[:, :columns]


@dataclass(frozen=True)
class Microscaled:
    """One expert's matrix in MXFP4: blocks [E, R, C/32, 16] with two values per byte, scales [E, R, C/32]."""

    blocks: Stored
    scales: Stored
    expert: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.blocks.shape[1], self.blocks.shape[2] * FP4_BLOCK

    def fill(self, start: int, out: Floats) -> None:
        rows, columns = out.shape
        first = self.expert * self.shape[0] + start
        pairs, blocks = columns // 2, columns // FP4_BLOCK
        packed = self.blocks.values(first * pairs, rows * pairs).reshape(rows, pairs)
        np.take(E2M1_PAIRS, packed, out=out.view(np.complex64), mode="clip")
        powers = self.scales.values(first * blocks, rows * blocks).view(TYPES["F8_E8M0"])
        out.reshape(rows, blocks, FP4_BLOCK)[...] *= powers.astype(np.float32).reshape(rows, blocks, 1)


@dataclass(frozen=True)
class Transposed:
    """A matrix whose columns are stored as rows: `stored_as` is [C, R]."""

    stored_as: Plain

    @property
    def shape(self) -> tuple[int, int]:
        return self.stored_as.shape[1], self.stored_as.shape[0]


def matrix_of(tensors: Tensors, name: str) -> Matrix:
    """Returns the matrix of that name, with its scales if it has any."""
    stored = tensors.stored[f"{name}.weight"]
    if stored.type == "F8_E4M3":
        return Scaled(stored, tensors.read(f"{name}.weight_scale_inv"))
    return Plain(stored, (stored.shape[0], stored.shape[1]))


def expert_slice(tensors: Tensors, name: str, expert: int, start: int = 0, rows: int | None = None) -> Plain:
    """Returns rows of one expert's matrix in a tensor [E, R, C] of all experts."""
    stored = tensors.stored[name]
    _, every, columns = stored.shape
    return Plain(stored, (rows or every, columns), expert * every + start)
