"""Rotary positions (Su et al. 2021, "RoFormer"), plain or scaled by YaRN (Peng et al. 2023)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...problem import show
from ...trace import Floats

Rotations = NDArray[np.complex64]
KINDS = ("default", "linear", "yarn")
YARN_KEYS = (
    *("factor", "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "truncate"),
    "original_max_position_embeddings",
)


class RopeError(ValueError):
    """A kind of rotary embedding that is not supported."""


@dataclass(frozen=True)
class Rope:
    """The settings of a rotary embedding, with the names of config.json."""

    rope_theta: float
    kind: str = "default"
    factor: float = 1.0
    original: int = 0  # positions of the training before scaling
    attention_factor: float | None = None
    beta_fast: float = 32.0
    beta_slow: float = 1.0
    mscale: float | None = None
    mscale_all_dim: float | None = None
    truncate: bool = True

    @property
    def amplitude(self) -> float:
        """Returns the factor on queries and keys in addition to their rotation."""
        if self.kind != "yarn":
            return 1.0
        if self.attention_factor is not None:
            return self.attention_factor
        if self.mscale and self.mscale_all_dim:
            return stretch(self.factor, self.mscale) / stretch(self.factor, self.mscale_all_dim)
        return stretch(self.factor, 1.0)

    @property
    def softmax_scale(self) -> float:
        """Returns DeepSeek-V3's factor on the products of queries and keys, in addition to 1/sqrt(width)."""
        if self.kind == "default" or not self.mscale_all_dim:
            return 1.0
        return stretch(self.factor, self.mscale_all_dim) ** 2

    def frequencies(self, width: int) -> Floats:
        """Returns the angle per position of each pair of columns, [width / 2]. In float32, as in
        transformers.
        """
        exponents = np.arange(0, width, 2, dtype=np.float32) / np.float32(width)
        plain: Floats = np.float32(1) / np.float32(self.rope_theta) ** exponents
        if self.kind == "default":
            return plain
        slow: Floats = plain / np.float32(self.factor)
        if self.kind == "linear":
            return slow
        kept = np.float32(1) - self.ramp(width)
        blended: Floats = slow * (1 - kept) + plain * kept
        return blended

    def ramp(self, width: int) -> Floats:
        """Returns 0 for fast pairs, which stay, up to 1 for slow pairs, which are scaled: [width / 2]."""
        low, high = self.pair_turning(self.beta_fast, width), self.pair_turning(self.beta_slow, width)
        if self.truncate:
            low, high = math.floor(low), math.ceil(high)
        low, high = max(low, 0), min(high, width - 1)
        high = high + 0.001 if low == high else high
        pairs = np.arange(width // 2, dtype=np.float32)
        result: Floats = np.clip((pairs - np.float32(low)) / np.float32(high - low), 0, 1)
        return result

    def pair_turning(self, times: float, width: int) -> float:
        """Returns the index of the pair that turns `times` times within the positions of the training."""
        return (width * math.log(self.original / (times * 2 * math.pi))) / (2 * math.log(self.rope_theta))


def stretch(factor: float, scale: float) -> float:
    """Returns YaRN's correction of the attention temperature (section 3.4)."""
    return 1.0 if factor <= 1 else 0.1 * scale * math.log(factor) + 1.0


def rotations(rope: Rope, width: int, room: int) -> Rotations:
    """Returns the rotation of each pair at each position, as complex numbers [room, width / 2]."""
    angles = np.arange(room, dtype=np.float32)[:, None] * rope.frequencies(width)
    turns: Rotations = (np.cos(angles) + 1j * np.sin(angles)).astype(np.complex64)
    turns *= np.float32(rope.amplitude)
    return turns


def read_rope(values: Mapping[str, Any], theta: float) -> Rope:
    """Reads the rotary settings of a config.json. `theta`: the family's default base.

    `rope_scaling` has precedence over `rope_parameters`, as in transformers. Raises RopeError.
    """
    settings = values.get("rope_scaling") or values.get("rope_parameters") or {}
    if not isinstance(settings, Mapping):
        raise RopeError(f"rope_parameters: expected an object, got {show(settings)}")
    given = {key: value for key, value in settings.items() if value is not None}
    kind = given.pop("rope_type", given.pop("type", "default"))
    given.pop("type", None)
    base = number("rope_theta", given.pop("rope_theta", values.get("rope_theta", theta)))
    partial = given.pop("partial_rotary_factor", values.get("partial_rotary_factor", 1.0))
    allowed = {"default": (), "linear": ("factor",), "yarn": YARN_KEYS}.get(str(kind))
    unknown = [key for key in given if allowed is not None and key not in allowed]
    if allowed is None or unknown or partial != 1.0:
        raise RopeError(
            f"rope_parameters: expected rope_type {', '.join(KINDS)} and what belongs to it, "
            f"got {show(kind)}{''.join(f', {key}' for key in unknown)}"
            f"{f', partial_rotary_factor {show(partial)}' if partial != 1.0 else ''}"
        )
    return Rope(base, str(kind), **stretching(given, values)) if kind != "default" else Rope(base)


def stretching(given: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Reads and checks the settings of a scaled embedding. Raises RopeError."""
    positions = given.get("original_max_position_embeddings", values.get("max_position_embeddings", 0))
    if not isinstance(given.get("truncate", True), bool):
        raise RopeError(f"rope_parameters.truncate: expected true or false, got {show(given['truncate'])}")
    numbers = {key: value for key, value in given.items() if key in YARN_KEYS[:6]}
    if "factor" not in given:
        raise RopeError("rope_parameters.factor: missing")
    settings: dict[str, Any] = {key: number(key, value) for key, value in numbers.items()}
    settings["original"] = int(number("original_max_position_embeddings", positions))
    return {**settings, "truncate": given.get("truncate", True)}


def number(key: str, value: object) -> float:
    """Reads a positive number. Raises RopeError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 2**53:
        raise RopeError(f"{key}: expected a positive number, got {show(value)}")
    return float(value)
