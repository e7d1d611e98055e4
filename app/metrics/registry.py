"""All metrics, one line per metric."""

from __future__ import annotations

from .balance import MEASURES, SPREAD
from .caching import CACHE
from .coactivation import COACTIVATION
from .coverage import COVERAGE
from .divergence import DIVERGENCE, FLIPS, OVERLAP
from .margins import MARGIN, NEAR_TIES, SCORE_ENTROPY
from .metric import Metric
from .placement import DEVICE_LOAD, REACH
from .pruning import RANKINGS
from .same_token import SAME_TOKEN
from .saturation import SATURATION
from .specialisation import DOMAIN, POSITION, TOKEN_ID
from .token_class import TOKEN_CLASS
from .token_preference import PREFERENCE
from .transitions import COUNT_SIMILARITY, PREDICTABILITY, TRANSITIONS

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        *MEASURES,
        *SPREAD,
        COVERAGE,
        COACTIVATION,
        TRANSITIONS,
        PREDICTABILITY,
        COUNT_SIMILARITY,
        DOMAIN,
        TOKEN_CLASS,
        TOKEN_ID,
        POSITION,
        PREFERENCE,
        SAME_TOKEN,
        SATURATION,
        MARGIN,
        NEAR_TIES,
        SCORE_ENTROPY,
        DIVERGENCE,
        FLIPS,
        OVERLAP,
        CACHE,
        DEVICE_LOAD,
        REACH,
        *RANKINGS,
    )
}
