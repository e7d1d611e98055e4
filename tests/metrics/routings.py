"""Random routings for the tests of metrics."""

import numpy as np
from hypothesis import strategies as st


def choices(random, tokens, layers, n, k, empty=0.1):
    """Returns different experts for each (token, layer), some choices empty: [T, L, K]."""
    experts = np.argsort(random.random((tokens, layers, n)), axis=-1)[..., :k].astype(np.int32)
    experts[random.random(experts.shape) < empty] = -1
    return experts


@st.composite
def routings(draw, layers=2):
    """(experts [T, L, K], N, a generator)."""
    n = draw(st.integers(2, 9))
    k = draw(st.integers(1, min(4, n)))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    tokens = draw(st.integers(1, 12))
    return choices(random, tokens, layers, n, k, draw(st.sampled_from([0.0, 0.2]))), n, random
