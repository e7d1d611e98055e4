"""The memory that weights need, and how many devices hold them."""

from __future__ import annotations

BITS = (16, 8, 4)
GIGABYTE = 10**9


def weight_bytes(parameters: int, bits: int) -> int:
    """Bytes of that many parameters at so many bits each; the scales of quantised formats come on top."""
    return -(-parameters * bits // 8)


def devices_needed(size: int, device: int) -> int:
    """How many devices of `device` bytes hold `size` bytes of weights; caches and activations come on top."""
    if device < 1:
        raise ValueError(f"device memory: expected at least 1 byte, got {device}")
    return -(-size // device)


def memory_table(parameters: int, device: int) -> list[dict[str, int]]:
    """For 16, 8 and 4 bits: bytes, and devices of `device` bytes."""
    rows = [(bits, weight_bytes(parameters, bits)) for bits in BITS]
    return [{"bits": bits, "bytes": size, "devices": devices_needed(size, device)} for bits, size in rows]
