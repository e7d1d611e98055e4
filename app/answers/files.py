"""Answers computed in a thread or a process: a trace, its pictures, its loads, its traffic.

Each is a module-level function with the sources as its first argument, so that a process can run it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from ..metrics.device_limits import compare_routers
from ..metrics.load import Load
from ..picture.raster import rasterise
from ..picture.view_picture import ViewPicture
from ..problem import BadRequest, Problem
from ..request.schema import TraceRequest
from ..settings import ROOT
from ..sources.authored.scenario import load_scenarios
from ..sources.live.prompt_trace import room_of
from ..sources.live.text_windows import load_of, requests_over, windows
from ..sources.recorded.long_trace import LONG_TOKENS, is_long
from ..sources.registry import SourceRegistry
from ..trace import RoutingTrace, dump

Keys = Mapping[str, str]


def open_sources(
    scenarios: Path, models: Path, engine: str = "", traces: Path | None = None
) -> SourceRegistry:
    """Returns the sources of a process: all but the engines on other machines, for which no process waits."""
    return SourceRegistry(load_scenarios(scenarios), models, traces, engine=engine)


def trace_file(sources: SourceRegistry, keys: Mapping[str, object]) -> bytes:
    """Returns a trace as a safetensors file."""
    return short_trace(sources, sources.parse(keys)).to_bytes()


def short_trace(sources: SourceRegistry, request: TraceRequest) -> RoutingTrace:
    """Returns the trace of a request. Raises BadRequest if it is too long for one answer."""
    source = sources.open(request)
    count = len(source.header.tokens)
    if is_long(count, source.header.shape):
        advice = "use moescope convert on the file in the folder TRACES"
        raise BadRequest(Problem("trace", f"{count:,} tokens", f"at most {LONG_TOKENS:,} tokens", advice))
    return source.trace()


def named_trace(sources: SourceRegistry, request: TraceRequest) -> tuple[str, bytes]:
    """Returns the identity of a trace and its file."""
    source = sources.open(request)
    return source.identity, source.trace().to_bytes()


def picture(sources: SourceRegistry, keys: Keys, view: Keys, width: int | None) -> bytes:
    """Returns the preview of a view: SVG, or PNG of the given width."""
    drawing = ViewPicture.of(keys, view, sources, second_falls_back=True).draw()
    return drawing.encode() if width is None else rasterise(drawing, width, ROOT / "static" / "vendor")


def device_traffic(sources: SourceRegistry, keys: Keys, count: int) -> bytes:
    """Returns JSON: the traffic of one step between devices."""
    trace = short_trace(sources, sources.parse(keys))
    shape = trace.header.shape
    rows = compare_routers(trace, min(count, shape.experts))
    return dump({"routers": [row.to_json(shape.d_model) for row in rows]}).encode()


def load_over(sources: SourceRegistry, keys: Keys, over: str) -> bytes:
    """Returns JSON: the load of every expert over a prompt, or over all scenarios."""
    requests = requests_over(sources.parse(keys), over, sources.available.scenarios)
    made: list[Callable[[], RoutingTrace]] = [partial(short_trace, sources, each) for each in requests]
    return dump({"over": over, **total(made).to_json()}).encode()


def load_of_text(sources: SourceRegistry, keys: Keys, text: str) -> bytes:
    """Returns JSON: the load of every expert over a text."""
    made = windows(sources, sources.parse(keys), text)
    return dump({"over": "text", **total(made).to_json()}).encode()


def tokens_of_text(sources: SourceRegistry, keys: Keys, text: str) -> bytes:
    """Returns JSON: the number of tokens of a text for the request's model, and the limit on a prompt."""
    model = sources.live.open_model(sources.parse(keys).checkpoint)
    return dump({"tokens": len(model.checkpoint.tokenizer.encode(text)), "most": room_of(model)}).encode()


def total(made: list[Callable[[], RoutingTrace]]) -> Load:
    """Returns the summed loads of several traces."""
    load = load_of(made[0])
    for make in made[1:]:
        load += load_of(make)
    return load
