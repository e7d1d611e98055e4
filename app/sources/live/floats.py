"""Number formats of stored weights, each decoded exactly to float32.

bfloat16 is the upper half of a float32. The eight-bit formats are those of Micikevicius et al. 2022, "FP8
Formats for Deep Learning", arXiv 2209.05433 (E4M3), and of the OCP Microscaling specification 1.0 (E2M1 and
the scale E8M0). numpy supports none of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...trace import Floats

Bytes = NDArray[np.uint8]
Decode = Callable[[Bytes, Floats], None]  # raw bytes -> float32, in place


def decode_bfloat16(raw: Bytes, out: Floats) -> None:
    """Decodes bfloat16: widens, then shifts in place. In numpy this is twice as fast as one expression."""
    bits = out.view(np.uint32)
    np.copyto(bits, raw.view("<u2"))
    np.left_shift(bits, 16, out=bits)


def decode_float16(raw: Bytes, out: Floats) -> None:
    """Decodes float16."""
    np.copyto(out, raw.view("<f2"))


def e4m3_values() -> Floats:
    """Returns the value of each of the 256 bytes: sign, four exponent bits (bias 7), three mantissa bits."""
    codes = np.arange(256)
    exponent, mantissa = (codes >> 3) & 15, (codes & 7) / 8
    size = np.where(exponent == 0, mantissa * 2.0**-6, (1 + mantissa) * 2.0 ** (exponent - 7.0))
    values = np.where(codes & 128, -size, size).astype(np.float32)
    values[[0x7F, 0xFF]] = np.nan
    return values


def e2m1_pairs() -> NDArray[np.complex64]:
    """Returns the two four-bit values of each byte, lower half first, as one eight-byte number."""
    values = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6], np.float32)
    values = np.concatenate([values, -values])
    codes = np.arange(256)
    pairs: NDArray[np.complex64] = np.stack([values[codes & 15], values[codes >> 4]], axis=1).view(
        np.complex64
    )
    return pairs[:, 0]


E4M3 = e4m3_values()
E8M0 = np.append(np.ldexp(1.0, np.arange(255) - 127), np.nan).astype(np.float32)  # powers of two
E2M1_PAIRS = e2m1_pairs()


def decode_e4m3(raw: Bytes, out: Floats) -> None:
    """Decodes E4M3, one byte each, by table."""
    np.take(E4M3, raw, out=out, mode="clip")


def decode_e8m0(raw: Bytes, out: Floats) -> None:
    """Decodes E8M0, one byte each: powers of two."""
    np.take(E8M0, raw, out=out, mode="clip")


def decode_byte(raw: Bytes, out: Floats) -> None:
    """Decodes unsigned bytes."""
    np.copyto(out, raw)


DECODERS: dict[str, Decode] = {
    "BF16": decode_bfloat16,
    "F16": decode_float16,
    "F8_E4M3": decode_e4m3,
    "F8_E8M0": decode_e8m0,
    "U8": decode_byte,
}


def decoder_of(kind: str) -> Decode:
    """Returns the decoder of a safetensors type."""
    return DECODERS[kind]
