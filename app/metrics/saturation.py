"""Router saturation: the share of the final routing that an earlier checkpoint has already."""

from __future__ import annotations

import numpy as np

from ..trace import Doubles, Ints
from .divergence import shared_choices
from .metric import Metric

SATURATION = Metric(
    "saturation",
    "share of a token's k experts that the last checkpoint chooses too, mean over the same tokens; "
    "with k = 1 its first choice alone",
    "OLMoE, arXiv 2409.02060, section 5.1; run_moe_analysis.py, `do_ckpt_analysis`",
)


def saturation(experts: Ints, last: Ints, first_alone: bool = False) -> Doubles:
    """Returns the saturation of each layer: [T, L, K] twice -> [L]."""
    if first_alone:
        experts, last = experts[..., :1], last[..., :1]
    chosen = np.maximum((last >= 0).sum(axis=-1), 1)
    result: Doubles = (shared_choices(experts, last) / chosen).mean(axis=0)
    return result
