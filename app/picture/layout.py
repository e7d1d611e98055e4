"""Positions of towers in a flat picture, with rings seen from slightly above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..shape import ModelShape

Doubles = NDArray[np.float64]

RING = 64  # experts up to which one ring is readable
WIDEST = 32.0  # limit on the width of a tower, px
TURN = 0.27  # rotation of the stack, radians, so that no tower hides the axis or another tower
RING_TURN = 0.12  # radians between rings, as in the scene: `TURN` of static/js/scene/layout/layout.js


@dataclass(frozen=True)
class FlatLayout:
    """Pixels, y down. Each ring is rotated against the one below; `planes` are the heights of the rings."""

    x: Doubles  # [L, N] centre of each tower's top, relative to the axis
    y: Doubles  # [L, N] the same, relative to the ring's centre: negative behind, positive in front
    planes: Doubles  # [L] centre of each ring, first layer first (lowest, so largest)
    order: NDArray[np.intp]  # [L, N] back to front
    width: float  # of a tower
    height: float  # of a tower, below its top
    lift: float  # from a ring to its router plane, where beams begin
    radius: tuple[float, float]  # of the outermost ring


def place(shape: ModelShape, top: float, bottom: float, radius: float) -> FlatLayout:
    """Returns the layout of the stack between two heights.

    Rings do not overlap as long as there is room.
    """
    pitch = (bottom - top) / (shape.layers + 0.6)
    depth = max(0.34 * pitch, 0.07 * radius)
    near = ring_radii(shape.experts)
    turns = TURN + RING_TURN * np.arange(shape.layers)
    angles = 2 * np.pi * np.arange(shape.experts) / shape.experts + turns[:, None]  # [N], [L] -> [L, N]
    x, y = radius * near * np.sin(angles), depth * near * np.cos(angles)
    lowest = bottom - 0.3 * pitch - depth
    highest = top + 0.5 * pitch + depth
    return FlatLayout(
        x=x,
        y=y,
        planes=np.linspace(lowest, highest, shape.layers) if shape.layers > 1 else np.array([lowest]),
        order=np.argsort(y, axis=-1, kind="stable"),
        width=min(WIDEST, np.pi * radius * near.min() / min(shape.experts, RING), 0.42 * pitch + 6),
        height=0.28 * pitch,
        lift=0.28 * pitch,
        radius=(radius, depth),
    )


def ring_radii(experts: int) -> Doubles:
    """Returns the radius of each expert's row, 1 for the outermost. Up to RING experts form one row."""
    rows = -(-experts // RING)
    if rows == 1:
        return np.ones(experts)
    row = np.arange(experts) % rows
    gap = min(2 * np.pi * rows / experts, 0.5 / (rows - 1))
    return np.asarray(1 - gap * (rows - 1 - row), np.float64)
