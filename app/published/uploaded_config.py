"""Counts an uploaded config.json like a published model, and makes a shape for its link."""

from __future__ import annotations

from typing import Any

from ..problem import BadRequest, Problem
from .architectures.config_fields import ConfigError
from .architectures.registry import parse_config, read_config, too_deep
from .catalogue import shapes
from .named_shape import NamedShape, check_router, check_shape
from .parameters import Parameters
from .report import report
from .shape_text import BadShape, write_shape

NAME_CHARS = 80


def count_config(data: bytes) -> dict[str, Any]:
    """Returns the report of a config.json, and the request key `shape` for its shape.

    Raises BadRequest with the field or the architecture, what was found and what was expected.
    """
    try:
        values = parse_config(data)
        parameters = Parameters(read_config(values))
        shaped = shape_of(parameters)
    except ConfigError as error:
        raise BadRequest(error.problem) from error
    except RecursionError as error:  # parsed, but nested too deeply to be quoted
        raise BadRequest(too_deep().problem) from error
    except BadShape as error:
        advice = "it can be counted on the command line, but is not drawn"
        raise BadRequest(Problem("config.json", error.found, error.expected, advice)) from error
    known = next((each for each in shapes().values() if each.text == shaped.text), shaped)
    name = known.name if known is not shaped else name_in(values)
    return {"key": known.key, "name": name, "published": known is not shaped, **report(parameters)}


def shape_of(parameters: Parameters) -> NamedShape:
    """Returns the shape and the router of a counted config. Raises BadShape if it is too large to draw."""
    shape, routing = parameters.shape, parameters.config.routing
    check_shape(shape)
    check_router(routing.name, routing.settings, shape)
    return NamedShape(
        write_shape(shape, routing.name, routing.settings), "", shape, routing.name, routing.settings
    )


def name_in(values: dict[str, Any]) -> str:
    """Returns the name in the file, if any: the last part of its original path."""
    path = values.get("_name_or_path")
    name = path.rstrip("/").rpartition("/")[2] if isinstance(path, str) else ""
    return name if name.isprintable() and len(name) <= NAME_CHARS else ""
