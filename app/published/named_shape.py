"""The shape of a published model, or of anybody's config.json, with its router; and its form as text.

The text is for the address bar, so that a link holds all that the counters tell of a model that no catalogue
has: `58x256x8-d7168-e2048-...-rsigmoid_bias`. First layers, experts and chosen experts, then each size by
the name that SIZES has for it, dense layers as `x` with first, count and step, the router, its settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..request.schema import SHAPE_CHARS, plain
from ..routing import DEFAULT_ROUTER, LIMITS, ROUTERS, BadSetting, RouterSettings
from ..shape import ModelShape

SIZES = {  # in the text: fields of ModelShape
    "d": "d_model",
    "e": "d_expert",
    "s": "d_shared",
    "att": "attention",
    "emb": "embeddings",
    "nrm": "norms",
    "ffn": "dense",
    "mat": "matrices",
    "bias": "expert_bias",
    "gate": "shared_gate",
    "rb": "router_bias",
}
SETTINGS = {"g": "groups", "t": "topk_groups", "f": "scale"}
MOST_LAYERS, MOST_EXPERTS, MOST_TOWERS, MOST_WIDTH = 512, 2048, 65_536, 1_000_000
MOST_PARAMETERS = 2**53 - 1  # that a browser counts exactly

HEAD = re.compile(r"([0-9]{1,3})x([0-9]{1,4})x([0-9]{1,4})")
DENSE = re.compile(r"x([0-9]{1,3})_([0-9]{1,3})_([0-9]{1,3})")
ITEM = re.compile(r"([a-z]+?)([0-9]{1,16}(?:\.[0-9]{1,6})?)")

RENEW = "drop the config.json on the page again"


class BadShape(ValueError):
    """A shape that cannot be used: what was found, what was expected and what to do with the text of it."""

    def __init__(self, expected: str, found: object, advice: str = RENEW) -> None:
        super().__init__(f"shape: expected {expected}, got {found}")
        self.expected, self.found, self.advice = expected, str(found), advice


@dataclass(frozen=True)
class Shaped:
    """A shape that can be asked for by its key, with the router that its model has."""

    key: str  # name in the catalogue, or the text
    name: str
    shape: ModelShape
    router: str
    settings: Mapping[str, float]

    @property
    def text(self) -> str:
        """The whole of it as text."""
        return write_shape(self.shape, self.router, self.settings)

    def defaults(self, given: Mapping[str, object]) -> dict[str, Any]:
        """Request keys where nothing else is asked for: the settings are of the model's own router alone."""
        own: dict[str, Any] = {"k": self.shape.top_k}
        if given.get("router", self.router) != self.router:
            return own
        own |= {"router": self.router, **self.settings}
        if "groups" in own and not self.groups_hold(given):
            del own["topk_groups"]
        return own

    def groups_hold(self, given: Mapping[str, object]) -> bool:
        """Whether the model's own number of chosen groups fits what is asked for."""
        k, groups = (plain(given.get(key, own)) for key, own in (("k", self.shape.top_k), ("groups", None)))
        size = self.shape.experts // int(self.settings["groups"])
        return groups in (None, self.settings["groups"]) and (
            not isinstance(k, int) or k <= size * self.settings["topk_groups"]
        )

    def info(self) -> dict[str, Any]:
        """What a page needs of it to read an address: types.js `ShapeInfo`."""
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


def check_shape(shape: ModelShape) -> None:
    """Raises BadShape where it is too large to be routed and drawn, or no shape at all."""
    limits = {"layers": (1, MOST_LAYERS), "experts": (2, MOST_EXPERTS), "top_k": (1, shape.experts)}
    limits |= {"d_model": (1, MOST_WIDTH), "d_expert": (1, MOST_WIDTH)}
    for name, (low, high) in limits.items():
        if not low <= getattr(shape, name) <= high:
            raise BadShape(f"{low} to {high} {name}", getattr(shape, name))
    if shape.layers * shape.experts > MOST_TOWERS:
        raise BadShape(f"at most {MOST_TOWERS:,} experts in all layers", f"{shape.layers * shape.experts:,}")
    if not 1 <= shape.total_p + shape.rest <= MOST_PARAMETERS:
        raise BadShape(f"1 to {MOST_PARAMETERS:,} parameters", f"{shape.total_p + shape.rest:,}")


def write_shape(shape: ModelShape, router: str, settings: Mapping[str, float]) -> str:
    """The text of a shape; sizes that are as usual are left out."""
    parts = [f"{shape.layers}x{shape.experts}x{shape.top_k}"]
    usual = ModelShape(layers=1, experts=1, top_k=1, d_model=0, d_expert=0)
    sizes = {short: getattr(shape, name) for short, name in SIZES.items()}
    parts += [f"{short}{size}" for short, size in sizes.items() if size != getattr(usual, SIZES[short])]
    parts += [f"x{first}_{count}_{step}" for first, count, step in progressions(shape.dense_layers)]
    parts.append(f"r{router}")
    parts += [f"{short}{settings[name]:g}" for short, name in SETTINGS.items() if name in settings]
    return "-".join(parts)


def progressions(numbers: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    """Ascending numbers as few evenly spaced runs: first, count, step."""
    while numbers:
        step = numbers[1] - numbers[0] if len(numbers) > 1 else 1
        even = (number == numbers[0] + i * step for i, number in enumerate(numbers))
        count = next((i for i, fits in enumerate(even) if not fits), len(numbers))
        yield numbers[0], count, step
        numbers = numbers[count:]


def read_shape(text: str) -> Shaped:
    """The shape that `write_shape` wrote, in whatever order. Raises BadShape."""
    head, *items = text.split("-")
    found = HEAD.fullmatch(head)
    if not found or len(text) > SHAPE_CHARS:
        raise BadShape("the name of a model, or layers x experts x k and sizes", repr(text[:60]))
    layers, experts, top_k = map(int, found.groups())
    sizes = dict[str, float]()
    dense: list[int] = []
    router, settings = DEFAULT_ROUTER, dict[str, float]()
    for item in items:
        if dense_item := DENSE.fullmatch(item):
            first, count, step = map(int, dense_item.groups())
            dense += [first + i * step for i in range(min(count, MOST_LAYERS))]
        elif item.startswith("r") and item[1:] in ROUTERS:
            router = item[1:]
        else:
            name, value = read_item(item)
            (settings if name in LIMITS else sizes)[name] = value
    all_sizes = {"d_model": 0, "d_expert": 0} | whole(sizes)
    shape = ModelShape(layers, experts, top_k, dense_layers=tuple(sorted(set(dense))), **all_sizes)
    check_sizes(sizes)
    check_shape(shape)
    check_router(router, settings, shape)
    key = write_shape(shape, router, settings)
    return Shaped(key, f"a config.json ({layers} x {experts}, k {top_k})", shape, router, settings)


def read_item(item: str) -> tuple[str, float]:
    """One size or setting: the field's name and its value."""
    found = ITEM.fullmatch(item)
    name = {**SIZES, **SETTINGS}.get(found[1]) if found else None
    if found is None or name is None:
        raise BadShape(
            f"sizes named {', '.join((*SIZES, *SETTINGS))}, x or r, each with a number", repr(item)
        )
    value = float(found[2])
    return name, int(value) if value.is_integer() else value


def whole(sizes: Mapping[str, float]) -> dict[str, int]:
    """Sizes are whole numbers."""
    for name, size in sizes.items():
        if not isinstance(size, int):
            raise BadShape(f"a whole number of {name}", size)
    return {name: int(size) for name, size in sizes.items()}


def check_sizes(sizes: Mapping[str, float]) -> None:
    """Raises BadShape where the text leaves out a size that every model has."""
    for name, example in (("d_model", "-d4096"), ("d_expert", "-e2048")):
        if name not in sizes:
            raise BadShape(f"{name} in the text, as in {example}", "none", "add it to the text")


def check_router(router: str, settings: Mapping[str, float], shape: ModelShape) -> None:
    """Raises BadShape where the router cannot route that shape."""
    try:
        given = RouterSettings(**dict[str, Any](settings))
        ROUTERS[router].with_settings(given, shape.experts, shape.top_k)
    except BadSetting as error:
        raise BadShape(f"{error.expected} as {error.field} of router {router}", error.found) from error
