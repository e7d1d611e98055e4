"""Estimates the cost of a request in processor seconds before it runs.

The figures were measured on one core of 2026 (docs/DEPLOY.md) and should be right within a factor of
three, which suffices to distinguish a hundredth of a second from a minute.
"""

from __future__ import annotations

from ..problem import BadRequest, Problem
from ..routing import ROUTERS
from ..shape import ModelShape
from .schema import PROMPT_TOKENS, TraceRequest

MOST_UPDATED = 100_000_000  # updates x tokens x layers x experts: one or two seconds on one core

SECS_OF_REQUEST = 0.002
SECS_OF_SCORE = 3e-7  # logits, router and columns per token, layer and expert
SECS_OF_UPDATE = 2e-8  # per update of the bias, token, layer and expert
SECS_OF_TOWER = 4e-6  # per expert and layer in an SVG picture
SECS_OF_DRAWN_TOWER = 2.5e-4  # the same in a PNG
SECS_OF_FLOP = 3.3e-11
SECS_OF_LIVE_TOKEN = 6e-5
WRITTEN = 8  # cost of a generated token in prompt tokens


def check_updates(request: TraceRequest, shape: ModelShape, tokens: int) -> None:
    """Raises BadRequest for too many bias updates. `request` is a result of `parse`."""
    if "updates" not in ROUTERS[request.router].uses:
        return
    most = MOST_UPDATED // (tokens * shape.layers * shape.experts)
    if (request.updates or 0) > most:
        expected = f"0 to {most} with {tokens} tokens, {shape.layers} layers and {shape.experts} experts"
        advice = "choose fewer updates, tokens or experts"
        raise BadRequest(Problem("updates", str(request.updates), expected, advice))


def tokens_at_most(text: str, most: int = PROMPT_TOKENS) -> int:
    """Returns an upper bound on a text's tokens: byte-level tokenizers make at most one per UTF-8 byte."""
    return max(1, min(most, len(text.encode(errors="replace"))))


def cost_of_trace(request: TraceRequest, shape: ModelShape, tokens: int) -> float:
    """Estimates the seconds for a trace of that shape."""
    if request.source in ("recorded", "trace"):
        return SECS_OF_REQUEST
    routed = cost_of_routing(request, shape, tokens)
    if request.source == "authored":
        return routed
    token = 2 * SECS_OF_FLOP * (shape.active_p + shape.attention) + SECS_OF_LIVE_TOKEN
    return routed + token * (tokens + WRITTEN * request.more)


def cost_of_routing(request: TraceRequest, shape: ModelShape, tokens: int) -> float:
    """Returns the seconds that the router takes, without the forward pass of a model."""
    towers = shape.layers * shape.experts
    updates = tokens * towers * (request.updates or 0) * SECS_OF_UPDATE
    return SECS_OF_REQUEST + (tokens + request.more) * towers * SECS_OF_SCORE + updates


def cost_of_picture(shape: ModelShape, drawn: bool) -> float:
    """Estimates the seconds for a picture of a trace; `drawn`: as PNG."""
    towers = shape.layers * shape.experts
    return towers * (SECS_OF_TOWER + (SECS_OF_DRAWN_TOWER if drawn else 0)) + (0.05 if drawn else 0)
