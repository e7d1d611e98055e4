"""The keys that choose the source, its model or shape, and its text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..problem import Problem, show
from ..published.named_shape import NamedShape, read_shape
from ..published.shape_text import BadShape
from .reading import Reading
from .schema import DEFAULTS, KEY_HELP, TraceRequest, shipped_model

# Keys that would be lost without notice with a source that does not read them.
UNREAD = {
    "prompt": ("no text", "choose source=live to type a prompt"),
    "continue": ("0", "choose source=live to let a model write on"),
    "shape": ("none", "choose source=authored to route on the shape of another model"),
    "alter": ("none", "choose source=live to change a model's routers"),
    "skew": ("0", "choose source=authored to lean a router by hand"),
}


@dataclass(frozen=True)
class Subject:
    """The model or shape that is routed: keys as understood, its number of experts, its own router."""

    keys: Mapping[str, Any]
    experts: int
    router: str = ""
    shaped: NamedShape | None = None
    fixed: Mapping[str, Any] | None = None  # request keys that the model's engine fixes


def read_source(reading: Reading) -> str:
    """Returns the source; removes the keys that it does not read."""
    sources = reading.available.sources
    named = "trace" if reading.get("trace") and "trace" in sources else DEFAULTS.source
    source = str(reading.get("source", named))
    if source not in sources:
        reading.reject(Problem("source", show(source), either(served(reading)), "choose one of them"))
    elif missing := nothing_offered(reading, source):
        reading.reject(missing)
    else:
        remove_unread(reading, source)
        return source
    fallback = next(name for name in sources if not nothing_offered(reading, name))
    remove_unread(reading, fallback)
    return fallback


def nothing_offered(reading: Reading, source: str) -> Problem | None:
    """Returns the problem of a source that needs models when none exists."""
    available = reading.available
    if available.reads(source, "trace"):
        return no_trace(reading)
    if available.reads(source, "step") and not available.steps:
        return Problem("source", show(source), "another, as no training is recorded here", "see /api/models")
    if available.reads(source, "model") and not available.models:
        return Problem("source", show(source), "authored, as no model is installed here", "see /api/models")
    return None


def served(reading: Reading) -> Iterable[str]:
    """Returns the sources of this server; `trace` only if it serves a folder of traces."""
    reads, traces = reading.available.reads, reading.available.traces
    return [name for name in reading.available.sources if traces is not None or not reads(name, "trace")]


def no_trace(reading: Reading) -> Problem | None:
    """Returns the problem of a file that is not in the folder of traces."""
    traces, name = reading.available.traces, str(reading.get("trace", ""))
    if traces is None:
        advice = "serve a folder with TRACES=folder, or drop the file on the page"
        field, found = ("source", "'trace'") if "source" in reading.values else ("trace", show(name))
        return Problem(field, found, "none, as no folder of traces is served here", advice)
    if name not in traces:
        return Problem("trace", show(name), *KEY_HELP["trace"])
    return None


def remove_unread(reading: Reading, source: str) -> None:
    """Removes keys that the source does not read, with a notice for those in UNREAD."""
    for key in [key for key in reading.values if key != "source"]:
        if reading.available.reads(source, key):
            continue
        name = "more" if key == "continue" else key
        if key in UNREAD and reading.values[key] != getattr(DEFAULTS, name):
            expected, advice = UNREAD[key]
            found = reading.values[key]
            text = show(found) if isinstance(found, str) else f"{found:g}"
            reading.reject(Problem(key, text, f"{expected} with source={source}", advice))
        reading.drop(key)


def read_subject(reading: Reading, source: str) -> Subject:
    """Returns the scenario, and the model or shape with its number of experts."""
    reads = reading.available.reads
    scenario = read_scenario(reading) if reads(source, "scenario") else {}
    if str(reading.get("prompt", "x")).strip() == "" and reading.get("prompt"):
        expected = "text with at least one character that is no space"
        reading.reject(Problem("prompt", show(reading.get("prompt")), expected, "type something"))
    if reads(source, "trace"):
        return read_trace(reading)
    subject = read_model(reading, source) if reads(source, "model") else read_own_shape(reading)
    return Subject(
        {**scenario, **subject.keys}, subject.experts, subject.router, subject.shaped, subject.fixed
    )


def read_trace(reading: Reading) -> Subject:
    """Returns the file in the folder of traces, with its sizes."""
    name, traces = str(reading.get("trace", "")), reading.available.traces
    experts, k = (traces.sizes(name) if traces is not None else None) or (DEFAULTS.experts, DEFAULTS.k)
    return Subject({"trace": name, "experts": experts, "k": k}, experts)


def read_scenario(reading: Reading) -> dict[str, Any]:
    """Returns the scenario; the first one if the requested one does not exist."""
    scenarios = reading.available.scenarios
    if "scenario" in reading.values and reading.get("scenario") not in scenarios:
        reading.reject(unknown("scenario", reading.get("scenario"), scenarios))
    return {"scenario": reading.get("scenario", reading.available.first_scenario)}


def read_model(reading: Reading, source: str) -> Subject:
    """Returns the model, and for recorded training the step."""
    available = reading.available
    recorded = available.reads(source, "step")
    models: Iterable[str] = available.steps if recorded else available.models
    name = str(reading.get("model", ""))
    if name in available.absent:
        reading.reject(available.absent[name])
        name = ""
    elif name in available.refused:
        reading.reject(Problem("model", show(name), "a model that can be run", available.refused[name]))
        name = ""
    elif name and name not in models:
        reading.reject(unknown("model", name, models))
        name = ""
    if name:
        reading.drop("experts")
    else:
        name = model_by_experts(reading, tuple(models), recorded)
    keys: dict[str, Any] = {"model": name, "experts": available.models.get(name, 8)}
    if recorded:
        keys["step"] = read_step(reading, available.steps[name])
    fixed = None if recorded else available.fixed.get(name)
    return Subject(keys, keys["experts"], available.routers.get(name, ""), fixed=fixed)


def model_by_experts(reading: Reading, models: tuple[str, ...], recorded: bool) -> str:
    """Returns the shipped model with the requested number of experts; the first model if there is none."""
    default = TraceRequest.model_fields["experts"].default
    for experts in (reading.get("experts", default), default):
        if shipped_model(experts) in models:
            return shipped_model(experts)
        if "experts" in reading.values:
            reading.reject(not_trained(reading, models, recorded))
    return models[0]


def not_trained(reading: Reading, models: tuple[str, ...], recorded: bool) -> Problem:
    """Returns the problem of a number of experts for which no shipped model exists."""
    found = str(reading.get("experts"))
    if recorded:
        expected = f"8 with source=recorded, or one of the models {', '.join(models)}"
        return Problem("experts", found, expected, "name a model")
    sizes = sorted(
        n for name, n in reading.available.models.items() if name in models and name == shipped_model(n)
    )
    expected = f"one of {', '.join(map(str, sizes))} with source=live"
    return Problem("experts", found, expected, "choose a number that a model was trained with")


def read_step(reading: Reading, steps: tuple[int, ...]) -> int:
    """Returns the training step; the last one if it is omitted or not recorded."""
    step = reading.get("step", steps[-1])
    if step in steps:
        return int(step)
    expected = f"one of {', '.join(map(str, steps))}"
    reading.reject(Problem("step", str(step), expected, "choose a moment that was recorded"))
    return steps[-1]


def read_own_shape(reading: Reading) -> Subject:
    """Returns the shape of a published model, or the small shape with any number of experts."""
    text = str(reading.get("shape", ""))
    shaped = reading.available.shaped(text)
    if text and shaped is None:
        reading.reject(no_shape(text, reading.available.shapes))
    if shaped is None:
        default = TraceRequest.model_fields["experts"].default
        return Subject({}, int(reading.get("experts", default)))
    own = shaped.shape.experts
    if reading.get("experts", own) != own:
        advice = "leave it out, or leave out the shape"
        reading.reject(Problem("experts", str(reading.get("experts")), f"{own} with this shape", advice))
    reading.drop("experts")
    return Subject({"shape": shaped.key, "experts": own}, own, shaped=shaped)


def no_shape(text: str, shapes: Iterable[str]) -> Problem:
    """Returns the problem of a shape; for text that looks like a shape, of its wrong part."""
    if text[:1].isdigit():
        try:
            read_shape(text)
        except BadShape as error:
            return Problem("shape", error.found, error.expected, error.advice)
    return unknown("shape", text, shapes)


def unknown(field: str, value: object, names: Iterable[str]) -> Problem:
    """Returns the problem of an unknown name."""
    return Problem(field, show(value), f"one of {', '.join(names)}", KEY_HELP[field][1])


def either(names: Iterable[str]) -> str:
    """Returns names as a list in words: authored, live or recorded."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
