"""Checks that the views of tours and questions exist and that their numbers are true."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain

from ..problem import BadRequest, FileProblem
from ..request.available import Available
from ..request.comparison import own_keys, read_second, request_keys
from ..request.read import read
from ..request.schema import KEY_HELP, SECOND_PREFIX, TraceRequest
from ..shape import small_shape
from ..sources.authored.authored_trace import AuthoredTrace
from ..sources.authored.scenario import Scenario
from ..trace import RoutingTrace
from .caption_figures import agrees, figures_of
from .library import Lessons
from .view_query import keys_of

View = tuple[str, str, str, Mapping[str, float]]  # file, field, view, figures stated about it


def check_lessons(
    lessons: Lessons, scenarios: Mapping[str, Scenario], available: Available, view_keys: Collection[str]
) -> Iterator[FileProblem]:
    """Yields the problems of the lessons' views. The page checks the values of view keys."""
    for file, field, view, figures in views_of(lessons):
        keys = keys_of(view)
        for key in keys:
            if key.removeprefix(SECOND_PREFIX) not in KEY_HELP and key not in view_keys:
                expected = f"one of {', '.join((*KEY_HELP, *view_keys))}"
                yield FileProblem(file, field, repr(key), expected)
        if not available.models and any(key.endswith("source") for key in keys):
            continue  # the available models are unknown
        try:
            requests = {"": asked(keys, "", available), SECOND_PREFIX: asked(keys, SECOND_PREFIX, available)}
        except BadRequest as error:
            yield from (FileProblem(file, f"{field}.{p.field}", p.found, p.expected) for p in error.problems)
            continue
        yield from check_figures(file, field, figures, requests, scenarios)


def views_of(lessons: Lessons) -> Iterator[View]:
    """Yields every view of every lesson."""
    for tour in lessons.tours.values():
        for i, step in enumerate(tour.steps):
            yield f"tours/{tour.name}.toml", f"steps.{i}", step.view, step.figures
    for i, question in enumerate(lessons.questions):
        yield "quiz", f"questions.{i}.view", question.view, {}
        yield "quiz", f"questions.{i}.shows", question.shows, question.figures


def asked(keys: Mapping[str, str], prefix: str, available: Available) -> TraceRequest:
    """Returns the request of the first or second stack of a view. Raises BadRequest."""
    first = read(request_keys(keys), available)
    second = read_second(first, own_keys(keys), available) if prefix else None
    understood = second or first
    if understood.problems:
        raise BadRequest(*understood.problems)
    return understood.request


def check_figures(
    file: str,
    field: str,
    stated: Mapping[str, float],
    requests: Mapping[str, TraceRequest],
    scenarios: Mapping[str, Scenario],
) -> Iterator[FileProblem]:
    """Yields a problem for each figure that differs from its stated value."""
    found: dict[str, float] = {}
    for prefix, request in requests.items():
        if any(name.startswith(prefix) for name in stated) and request.source == "authored":
            counted = figures_of(routed(request, scenarios))
            found |= {prefix + name: figure for name, figure in counted.items()}
    for name, figure in stated.items():
        path = f"{field}.figures.{name}"
        if name not in found:
            names = chain.from_iterable(
                (each, SECOND_PREFIX + each) for each in found if not each.startswith(SECOND_PREFIX)
            )
            yield FileProblem(file, path, repr(name), f"a figure of an authored view: {', '.join(names)}")
        elif not agrees(figure, found[name]):
            yield FileProblem(file, path, f"{found[name]:.10g}", f"{figure:.10g}, as stated")


def routed(request: TraceRequest, scenarios: Mapping[str, Scenario]) -> RoutingTrace:
    """Returns the trace of an authored request, as app/sources/registry.py makes it."""
    shape = small_shape(request.experts, request.k)
    made = AuthoredTrace(scenarios[request.scenario], shape, request.routed_by(request.experts), request.skew)
    return RoutingTrace.from_steps(made.header, made.steps())
