"""The name of a view and its description in one sentence, in the view's language."""

from __future__ import annotations

from ..published.catalogue import find_shape, shapes
from ..published.named_shape import NamedShape
from ..request.schema import TraceRequest
from ..routing import DEFAULT_ROUTER
from ..sources.registry import SourceRegistry
from ..trace import RoutingTrace
from ..wording import ENGLISH, Wording


def name(request: TraceRequest, sources: SourceRegistry, words: Wording = ENGLISH) -> str:
    """Returns the name of a view."""
    if request.source == "recorded":
        step = words.exactly(request.step or 0)
        return words.recorded_title.format(model=request.checkpoint, step=step)
    if request.source == "trace":
        return request.trace
    if request.source == "live" and request.prompt:
        return words.live_title.format(prompt=request.prompt[:60])
    scenario = sources.library.scenarios.get(request.scenario)
    title = scenario.title_in(words.language) if scenario else request.scenario
    shaped = find_shape(request.shape)
    return f"{model_name(shaped, words)} · {title}" if shaped and request.source == "authored" else title


def model_name(shaped: NamedShape, words: Wording) -> str:
    """Returns the name of a published model, or the words for a shape given in the request."""
    if shaped.key in shapes():
        return shaped.name
    shape = shaped.shape
    return words.own_shape.format(layers=shape.layers, experts=shape.experts, k=shape.top_k)


def description(request: TraceRequest, sources: SourceRegistry, words: Wording = ENGLISH) -> str:
    """Describes a view in one sentence, with the badge of its picture."""
    shape = words.shape.format(experts=request.experts, k=request.k)
    if request.source == "recorded":
        step = words.exactly(request.step or 0)
        return words.about_recorded.format(model=request.checkpoint, step=step)
    if request.source == "trace":
        return words.about_trace.format(trace=request.trace)
    if request.router not in ("", DEFAULT_ROUTER):
        shape += words.router.format(router=request.router)
    if request.source == "live":
        shape += words.altered.format(alter=request.alter) if request.alter else ""
        return words.about_live.format(shape=shape)
    shaped = find_shape(request.shape)
    if shaped:
        shape += words.on_shape.format(model=model_name(shaped, words))
    scenario = sources.library.scenarios.get(request.scenario)
    teaches = scenario.info(words.language)["teaches"] if scenario else request.scenario
    return words.about_authored.format(teaches=teaches, shape=shape)


def title_of(trace: RoutingTrace, sources: SourceRegistry, words: Wording) -> str:
    """Returns the title of an authored trace, else "", because other traces are named by their model."""
    scenario = sources.library.scenarios.get(str(trace.header.origin.get("scenario", "")))
    return scenario.title_in(words.language) if scenario else ""
