"""What a viewer asks for, checked key by key; errors name field, what was found and what was expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from ..problem import BadRequest, Problem, show
from ..published.named_shape import BadShape, Shaped, read_shape
from ..routing import DEFAULT_ROUTER, LIMITS, ROUTERS, BadSetting
from .schema import (
    CONTINUE,
    EXPERTS,
    PROMPT_CHARS,
    SHAPE_CHARS,
    SKEW,
    STEP,
    TEMPERATURE,
    TraceRequest,
    plain,
)


@dataclass(frozen=True)
class Known:
    """What this server has: scenarios, and models with their number of experts a layer."""

    scenarios: tuple[str, ...]
    models: Mapping[str, int]
    routers: Mapping[str, str] = field(default_factory=dict)  # that a model was trained with
    steps: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # of training, recorded of a model
    shapes: Mapping[str, Shaped] = field(default_factory=dict)  # of published models
    engines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # keys that an engine decides
    absent: Mapping[str, Problem] = field(default_factory=dict)  # engines that do not answer, and why

    @property
    def first_scenario(self) -> str:
        """The one that a request gets which names none."""
        default: str = TraceRequest.model_fields["scenario"].default
        return default if default in self.scenarios or not self.scenarios else self.scenarios[0]

    def experts(self, request: TraceRequest) -> int | None:
        """N of what the request runs; None where it names a model or a shape that is not here."""
        if request.source != "authored":
            return self.models.get(request.checkpoint)
        if not request.shape:
            return request.experts
        shaped = self.shaped(request.shape)
        return None if shaped is None else shaped.shape.experts

    def shaped(self, text: object) -> Shaped | None:
        """The shape that a key names or spells; None where it does neither."""
        if not isinstance(text, str) or not text:
            return None
        try:
            return self.shapes.get(text) or read_shape(text)
        except BadShape:
            return None


def whole(limits: tuple[float, float]) -> tuple[str, str]:
    """Words of a key that holds a whole number."""
    return f"a whole number from {limits[0]:g} to {limits[1]:.10g}", "choose a number in this range"


def number(limits: tuple[float, float]) -> tuple[str, str]:
    """Words of a key that holds a number."""
    return f"a number from {limits[0]:g} to {limits[1]:g}", "choose a number in this range"


WORDS = {  # key: (expected, what to do)
    "source": ("authored, live or recorded", "choose one of them"),
    "scenario": ("the name of a scenario", "see /api/scenarios"),
    "prompt": (f"text of at most {PROMPT_CHARS} characters", "shorten the text"),
    "model": ("the name of a model", "see /api/models"),
    "shape": (
        f"the name of a published model, or a shape as text of at most {SHAPE_CHARS} characters",
        "see /api/catalogue",
    ),
    "experts": whole(EXPERTS),
    "k": ("a whole number from 1 to the number of experts", "choose a number in this range"),
    "router": (f"one of {', '.join(ROUTERS)}", "see /api/routers"),
    **{name: number(LIMITS[name]) for name in ("capacity", "scale", "noise", "rate")},
    **{name: whole(LIMITS[name]) for name in ("groups", "topk_groups", "updates", "seed")},
    "skew": number(SKEW),
    "continue": whole(CONTINUE),
    "temperature": number(TEMPERATURE),
    "step": whole(STEP),
}


def parse(values: Mapping[str, object], known: Known) -> TraceRequest:
    """The request that `values` spell, filled in. Raises BadRequest with every problem."""
    request, problems = read(values, known)
    if problems:
        raise BadRequest(*problems)
    return request


def read(values: Mapping[str, object], known: Known) -> tuple[TraceRequest, tuple[Problem, ...]]:
    """The request with every bad key at its default, and what was wrong with each."""
    values = without_own_experts({"scenario": known.first_scenario, **values}, known)
    problems = {problem.field: problem for problem in check_alone(values)}
    while True:
        good = {key: values[key] for key in values if key not in problems}
        if "scenario" in problems:
            good["scenario"] = known.first_scenario
        request = TraceRequest.model_validate(with_defaults(good, known))
        found = [problem for problem in check_together(request, known) if problem.field not in problems]
        if not found:
            return filled_in(request, known), tuple(problems.values())
        problems |= {problem.field: problem for problem in found}


def without_own_experts(values: Mapping[str, object], known: Known) -> dict[str, object]:
    """The same without a number of experts that is the shape's own: it may be more than others may ask."""
    shaped = known.shaped(values.get("shape"))
    own = shaped is not None and plain(values.get("experts")) == shaped.shape.experts
    return {key: value for key, value in values.items() if not (own and key == "experts")}


def with_defaults(values: Mapping[str, object], known: Known) -> Mapping[str, object]:
    """The same with what the shape has and the router forces, where nothing else is asked for."""
    given = {
        key: values[key] for key in values if values[key] is not None and (key, values[key]) != ("router", "")
    }
    shaped = known.shaped(values.get("shape"))
    own = {} if shaped is None else shaped.defaults(given)
    router = ROUTERS.get(str(given.get("router", own.get("router"))))
    forced = {} if router is None or router.fixed_k is None else {"k": router.fixed_k}
    return {**own, **forced, **given}


def filled_in(request: TraceRequest, known: Known) -> TraceRequest:
    """The same trace asked for with every key that decides it, without settings that its router ignores."""
    if request.source == "recorded":
        steps = known.steps.get(request.checkpoint)
        return request.model_copy(update={"step": steps[-1]} if steps and request.step is None else {})
    if request.source == "live" and request.checkpoint in known.engines:
        unread: dict[str, Any] = {name: None for name in LIMITS if name != "seed"}
        return request.model_copy(update=unread | dict(known.engines[request.checkpoint]))
    named = request.model_copy(update={"router": router_of(request, known), **own_shape(request, known)})
    experts = known.experts(named)
    try:
        settings = {} if experts is None else named.routed_by(experts).filled(experts, named.k)
    except BadSetting:  # told already
        settings = {}
    unread = {name: None for name in LIMITS if name not in settings and name != "seed"}
    return named.model_copy(update={**unread, **settings})


def own_shape(request: TraceRequest, known: Known) -> dict[str, Any]:
    """The shape in the one form that it has, and its number of experts."""
    shaped = known.shaped(request.shape)
    return {} if shaped is None else {"shape": shaped.key, "experts": shaped.shape.experts}


def router_of(request: TraceRequest, known: Known) -> str:
    """The router that a request means."""
    if request.router or request.source == "authored":
        return request.router or DEFAULT_ROUTER
    return known.routers.get(request.checkpoint, DEFAULT_ROUTER)


def check_alone(values: Mapping[str, object]) -> Iterator[Problem]:
    """Each key by itself."""
    try:
        TraceRequest.model_validate(values)
    except ValidationError as error:
        for key in dict.fromkeys(str(line["loc"][0]) for line in error.errors(include_url=False)):
            expected, advice = WORDS.get(key, (f"one of {', '.join(WORDS)}", "leave it out"))
            yield Problem(key, show(plain(values[key])), expected, advice)


def check_together(request: TraceRequest, known: Known) -> Iterator[Problem]:
    """Keys against each other and against what there is."""
    if request.scenario not in known.scenarios:
        yield unknown("scenario", request.scenario, known.scenarios)
    yield from check_source(request)
    experts = known.experts(request)
    if request.source == "recorded":
        yield from check_recorded(request, known)
    elif request.shape:
        yield from check_shaped(request, known)
    elif experts is None:
        yield no_model(request, known)
    elif request.source == "live" and request.checkpoint in known.engines:
        return  # k and router are the engine's own
    else:
        yield from check_routing(request, experts, known)


def check_source(request: TraceRequest) -> Iterator[Problem]:
    """Keys that ask of a source what another one does."""
    source = request.source
    if request.prompt and source != "live":
        advice = "choose source=live to type a prompt"
        yield Problem("prompt", show(request.prompt), f"no text with source={source}", advice)
    if request.more and source != "live":
        advice = "choose source=live to let a model write on"
        yield Problem("continue", str(request.more), f"0 with source={source}", advice)
    if request.shape and source != "authored":
        advice = "choose source=authored to route on the shape of another model"
        yield Problem("shape", show(request.shape), f"none with source={source}", advice)
    if request.skew and source != "authored":
        advice = "choose source=authored to lean a router by hand"
        yield Problem("skew", f"{request.skew:g}", f"0 with source={source}", advice)


def check_shaped(request: TraceRequest, known: Known) -> Iterator[Problem]:
    """A shape that is there, with its own number of experts, and a router that routes it."""
    shaped = known.shaped(request.shape)
    if shaped is None:
        yield no_shape(request.shape, known)
    elif "experts" in request.model_fields_set:
        expected = f"{shaped.shape.experts} with this shape"
        yield Problem("experts", str(request.experts), expected, "leave it out, or leave out the shape")
    else:
        yield from check_routing(request, shaped.shape.experts, known)


def no_shape(text: str, known: Known) -> Problem:
    """Why a shape cannot be used: of what looks like one, what is wrong with it."""
    if text[:1].isdigit():
        try:
            read_shape(text)
        except BadShape as error:
            return Problem("shape", error.found, error.expected, error.advice)
    return unknown("shape", text, known.shapes)


def check_routing(request: TraceRequest, experts: int, known: Known) -> Iterator[Problem]:
    """k and the router's settings against N, and what the router can do."""
    named = request.model_copy(update={"router": router_of(request, known)})
    try:
        named.routed_by(experts)
    except BadSetting as error:
        yield Problem(error.field, error.found, error.expected, error.advice)
    if request.more and ROUTERS[named.router].whole_batch:
        advice = "choose a router that takes token after token"
        expected = f"0 with router {named.router}, which needs all tokens at once"
        yield Problem("continue", str(request.more), expected, advice)


def check_recorded(request: TraceRequest, known: Known) -> Iterator[Problem]:
    """A recorded request needs a model whose training was recorded, at that step."""
    steps = known.steps.get(request.checkpoint)
    if not known.steps:
        yield Problem(
            "source", show("recorded"), "another, as no training is recorded here", "see /api/models"
        )
    elif steps is None and request.model:
        yield unknown("model", request.model, known.steps)
    elif steps is None:
        expected = f"8 with source=recorded, or one of the models {', '.join(known.steps)}"
        yield Problem("experts", str(request.experts), expected, "name a model")
    elif request.step is not None and request.step not in steps:
        expected = f"one of {', '.join(map(str, steps))}"
        yield Problem("step", str(request.step), expected, "choose a moment that was recorded")


def no_model(request: TraceRequest, known: Known) -> Problem:
    """A live request needs a model that is there."""
    if request.model in known.absent:
        return known.absent[request.model]
    if not known.models:
        return Problem("source", show("live"), "authored, as no model is installed here", "see /api/models")
    if request.model:
        return unknown("model", request.model, known.models)
    sizes = sorted({known.models[name] for name in known.models if name.startswith("trio-")})
    expected = f"one of {', '.join(map(str, sizes))} with source=live"
    return Problem("experts", str(request.experts), expected, "choose a number that a model was trained with")


def unknown(field: str, value: str, names: Iterable[str]) -> Problem:
    return Problem(field, show(value), f"one of {', '.join(names)}", WORDS[field][1])
