"""How many updates of a selection bias one request may ask for."""

from __future__ import annotations

from ..problem import BadRequest, Problem
from ..routing import ROUTERS
from ..shape import ModelShape
from .schema import TraceRequest

MOST_UPDATED = 100_000_000  # updates x tokens x layers x experts: a second or two of one processor


def check_updates(request: TraceRequest, shape: ModelShape, tokens: int) -> None:
    """Raises BadRequest for more updates than anybody shall wait for. `request` is one that `parse` gave."""
    if "updates" not in ROUTERS[request.router].uses:
        return
    most = MOST_UPDATED // (tokens * shape.layers * shape.experts)
    if (request.updates or 0) > most:
        expected = f"0 to {most} with {tokens} tokens, {shape.layers} layers and {shape.experts} experts"
        advice = "choose fewer updates, tokens or experts"
        raise BadRequest(Problem("updates", str(request.updates), expected, advice))
