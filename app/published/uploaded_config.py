"""A config.json that somebody brings: counted like a published model, and as a shape that a link can hold."""

from __future__ import annotations

from typing import Any

from ..problem import BadRequest, Problem
from .architectures.config_fields import ConfigError
from .architectures.registry import TOO_DEEP, parse_config, read_config
from .catalogue import shapes
from .named_shape import BadShape, Shaped, check_router, check_shape, write_shape
from .parameters import Parameters
from .report import report

NAME_CHARS = 80


def count_config(data: bytes) -> dict[str, Any]:
    """The report of a config.json, and the request key `shape` that asks for its shape.

    Raises BadRequest naming the field or the architecture, what was found and what was expected.
    """
    try:
        values = parse_config(data)
        parameters = Parameters(read_config(values))
        shaped = shape_of(parameters)
    except ConfigError as error:
        raise BadRequest(problem_of(str(error))) from error
    except RecursionError as error:  # shallow enough to be read, too deep to be told
        raise BadRequest(problem_of(TOO_DEEP)) from error
    except BadShape as error:
        advice = "it can be counted on the command line, but is not drawn"
        raise BadRequest(Problem("config.json", error.found, error.expected, advice)) from error
    known = next((each for each in shapes().values() if each.text == shaped.text), shaped)
    name = known.name if known is not shaped else name_in(values)
    return {"key": known.key, "name": name, "published": known is not shaped, **report(parameters)}


def shape_of(parameters: Parameters) -> Shaped:
    """The shape and the router of a counted config. Raises BadShape where it is too large to be drawn."""
    shape, routing = parameters.shape, parameters.config.routing
    check_shape(shape)
    check_router(routing.name, routing.settings, shape)
    return Shaped(
        write_shape(shape, routing.name, routing.settings), "", shape, routing.name, routing.settings
    )


def name_in(values: dict[str, Any]) -> str:
    """The name that the file says, if it does: the last part of where it was saved."""
    path = values.get("_name_or_path")
    name = path.rstrip("/").rpartition("/")[2] if isinstance(path, str) else ""
    return name if name.isprintable() and len(name) <= NAME_CHARS else ""


def problem_of(message: str) -> Problem:
    """A ConfigError, `field: expected ..., got ...` or in words of its own, as a problem."""
    field, _, rest = message.partition(": ")
    if rest.startswith("expected ") and ", got " in rest:
        expected, _, found = rest.removeprefix("expected ").partition(", got ")
    elif rest.startswith("got ") and "; expected " in rest:
        found, _, expected = rest.removeprefix("got ").partition("; expected ")
    else:
        field, found, expected = "config.json", message, "the config.json of a supported architecture"
    return Problem(field, found, expected, "choose the config.json of a mixture-of-experts model")
