"""Number formats of stored weights, as types of numpy. All are exact in float32.

Those that numpy lacks come from ml_dtypes: bfloat16, the eight-bit formats of Micikevicius et al. 2022, "FP8
Formats for Deep Learning", arXiv 2209.05433 (E4M3), and those of the OCP Microscaling specification 1.0 (E2M1
and the scale E8M0).
"""

from __future__ import annotations

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

TYPES: dict[str, np.dtype] = {
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "F8_E4M3": np.dtype(ml_dtypes.float8_e4m3fn),
    "F8_E8M0": np.dtype(ml_dtypes.float8_e8m0fnu),
    "U8": np.dtype(np.uint8),
}


def e2m1_pairs() -> NDArray[np.complex64]:
    """Returns the two four-bit values of each byte, lower half first, as one eight-byte number."""
    codes = np.arange(256, dtype=np.uint8)
    values = np.stack([codes & 15, codes >> 4], axis=1).view(ml_dtypes.float4_e2m1fn).astype(np.float32)
    pairs: NDArray[np.complex64] = values.view(np.complex64)
    return pairs[:, 0]


E2M1_PAIRS = e2m1_pairs()
