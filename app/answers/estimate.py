"""Estimates the cost of an answer from the request and its model. Nothing is run for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..request.cost import cost_of_routing, cost_of_trace, tokens_at_most
from ..request.schema import TEXT_CHARS, TraceRequest
from ..shape import ModelShape, small_shape
from ..sources.registry import SourceRegistry


@dataclass(frozen=True)
class Estimate:
    """The facts about an answer that are known before it is computed."""

    secs: float  # of a processor
    key: str = ""  # equal where the answers are
    elsewhere: bool = False  # whether it waits for an engine on another machine


def shape_of(sources: SourceRegistry, request: TraceRequest) -> ModelShape:
    """Returns the shape that a request runs on. Raises BadRequest for a file that cannot be read."""
    if request.source == "trace":
        return sources.trace_files.shape(request.trace)
    if request.source != "authored":
        listing = sources.live.list_models().get(request.checkpoint)
        if listing is not None:
            return listing.shape.with_routing(listing.experts, request.k)
        facts = sources.live.facts_of(request.checkpoint)
        if facts is not None:
            return facts.shape
    shaped = sources.available.shaped(request.shape)
    small = small_shape(request.experts, min(request.k, request.experts))
    return small if shaped is None else shaped.shape.with_routing(request.experts, request.k)


def tokens_of(sources: SourceRegistry, request: TraceRequest) -> int:
    """Returns the number of tokens of a request, or the upper limit for its text."""
    scenario = sources.library.scenarios.get(request.scenario)
    if request.source == "authored":
        return len(scenario.tokens) if scenario else 1
    return tokens_at_most(request.prompt or (scenario.text if scenario else ""))


def trace_secs(sources: SourceRegistry, request: TraceRequest) -> float:
    """Returns the seconds that a trace takes here."""
    return secs_here(sources, request, tokens_of(sources, request))


def estimate_of(
    sources: SourceRegistry, requests: Iterable[TraceRequest], secs: float = 0.0, key: str = ""
) -> Estimate:
    """Returns the estimate of an answer that takes some traces, and `secs` beside them."""
    asked = tuple(requests)
    cost = secs + sum(trace_secs(sources, each) for each in asked)
    return Estimate(cost, key, any(map(sources.elsewhere, asked)))


def text_secs(sources: SourceRegistry, request: TraceRequest, text: str) -> float:
    """Estimates the seconds for the load of a text."""
    alone = request.model_copy(update={"more": 0})
    return secs_here(sources, alone, tokens_at_most(text, most=4 * TEXT_CHARS))


def secs_here(sources: SourceRegistry, request: TraceRequest, tokens: int) -> float:
    """Returns the seconds of so many tokens here: of a model elsewhere, those of its routing alone."""
    cost = cost_of_routing if sources.elsewhere(request) else cost_of_trace
    return cost(request, shape_of(sources, request), tokens)
