"""The shape of a published model or an uploaded config.json, with its router."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..routing import ROUTERS, BadSetting, RouterSettings
from ..shape import ModelShape
from .shape_text import MOST_LAYERS, BadShape, parse_shape, write_shape

MOST_EXPERTS, MOST_TOWERS, MOST_WIDTH = 2048, 131_072, 1_000_000
MOST_CHOSEN = 512  # limit on k
MOST_PARAMETERS = 2**53 - 1  # limit: integers that a browser represents exactly


@dataclass(frozen=True)
class NamedShape:
    """A shape that requests can use by its key, with the router of its model."""

    key: str  # name in the catalogue, or the shape's text
    name: str
    shape: ModelShape
    router: str
    settings: Mapping[str, float]

    @property
    def text(self) -> str:
        """Returns shape, router and settings as text."""
        return write_shape(self.shape, self.router, self.settings)

    def defaults(self, given: Mapping[str, object]) -> dict[str, Any]:
        """Returns the request keys of the model: k, and the settings of its router."""
        own: dict[str, Any] = {"k": self.shape.top_k}
        if given.get("router", self.router) != self.router:
            return own
        own |= {"router": self.router, **self.settings}
        if "groups" in own and not self.groups_hold(given):
            del own["topk_groups"]
        return own

    def groups_hold(self, given: Mapping[str, object]) -> bool:
        """Returns whether the model's default number of chosen groups is possible with the given keys."""
        k, groups = whole(given.get("k", self.shape.top_k)), whole(given.get("groups"))
        size = self.shape.experts // int(self.settings["groups"])
        return groups in (None, self.settings["groups"]) and (
            not isinstance(k, int) or k <= size * self.settings["topk_groups"]
        )

    def info(self) -> dict[str, Any]:
        """Returns the facts that a page needs to read an address: boot_types.js `ShapeInfo`."""
        shape = self.shape
        return {
            "key": self.key,
            "name": self.name,
            "layers": shape.layers,
            "experts": shape.experts,
            "top_k": shape.top_k,
            "router": self.router,
            "settings": dict(self.settings),
        }


def whole(value: object) -> object:
    """Returns the number in decimal digits; other values unchanged, for the request to check."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value


def read_shape(text: str) -> NamedShape:
    """Returns the shape in a text. Raises BadShape if it cannot be read, routed or drawn."""
    shape, router, settings = parse_shape(text)
    check_shape(shape)
    check_router(router, settings, shape)
    key = write_shape(shape, router, settings)
    name = f"a config.json ({shape.layers} x {shape.experts}, k {shape.top_k})"
    return NamedShape(key, name, shape, router, settings)


def check_shape(shape: ModelShape) -> None:
    """Raises BadShape if the shape is too large to route and draw, or inconsistent."""
    limits = {
        "layers": (1, MOST_LAYERS),
        "experts": (2, MOST_EXPERTS),
        "top_k": (1, min(shape.experts, MOST_CHOSEN)),
    }
    limits |= {"d_model": (1, MOST_WIDTH), "d_expert": (1, MOST_WIDTH)}
    for name, (low, high) in limits.items():
        if not low <= getattr(shape, name) <= high:
            raise BadShape(f"{low} to {high} {name}", getattr(shape, name))
    if shape.layers * shape.experts > MOST_TOWERS:
        raise BadShape(f"at most {MOST_TOWERS:,} experts in all layers", f"{shape.layers * shape.experts:,}")
    if not 1 <= shape.total_p + shape.rest <= MOST_PARAMETERS:
        raise BadShape(f"1 to {MOST_PARAMETERS:,} parameters", f"{shape.total_p + shape.rest:,}")


def check_router(router: str, settings: Mapping[str, float], shape: ModelShape) -> None:
    """Raises BadShape if the router cannot route that shape."""
    try:
        given = RouterSettings(**dict[str, Any](settings))
        ROUTERS[router].with_settings(given, shape.experts, shape.top_k)
    except BadSetting as error:
        raise BadShape(f"{error.expected} as {error.field} of router {router}", error.found) from error
