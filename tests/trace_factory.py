"""Small traces for tests, made from arrays."""

import numpy as np

from app.shape import ModelShape
from app.trace import RoutingTrace, Token, TraceHeader


def trace_of(experts, n, scores=None, dropped=None, logits=None, groups=None, k=None):
    """Returns a trace that chose `experts` [T, L, K] out of n, with even weights and scores where none are
    given."""
    experts = np.asarray(experts, np.int32)
    tokens, layers, columns = experts.shape
    k = k or columns
    scores = np.full((tokens, layers, n), 1 / n) if scores is None else scores
    names = groups or [None] * tokens
    return RoutingTrace(
        TraceHeader(
            tokens=tuple(Token(f"t{i}", group) for i, group in enumerate(names)),
            shape=ModelShape(layers, n, k, d_model=4, d_expert=2),
            model={"name": "made", "router": "topk"},
            origin={"source": "authored", "badge": "AUTHORED", "note": "made for a test"},
        ),
        scores=np.asarray(scores, np.float32),
        experts=experts,
        weights=np.where(experts >= 0, 1 / k, 0).astype(np.float32),
        logits=None if logits is None else np.asarray(logits, np.float32),
        dropped=None if dropped is None else np.asarray(dropped, np.bool_),
    )
