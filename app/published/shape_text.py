"""A shape with its router as text for the address, so that a link contains all figures of the counters.

The text has the form `58x256x8-d7168-e2048-...-rsigmoid_bias`: layers, experts and chosen experts; each
size by its name in SIZES; dense layers as `x` with first, count and step; the router; and its settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..routing import DEFAULT_ROUTER, LIMITS, ROUTERS
from ..shape import ModelShape

SHAPE_CHARS = 400
MOST_LAYERS = 512
SIZES = {  # name in the text -> field of ModelShape
    "d": "d_model",
    "e": "d_expert",
    "s": "d_shared",
    "lat": "d_latent",
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

HEAD = re.compile(r"([0-9]{1,3})x([0-9]{1,4})x([0-9]{1,4})")
DENSE = re.compile(r"x([0-9]{1,3})_([0-9]{1,3})_([0-9]{1,3})")
ITEM = re.compile(r"([a-z]+?)([0-9]{1,16}(?:\.[0-9]{1,6})?)")
RENEW = "drop the config.json on the page again"


class BadShape(ValueError):
    """An unusable shape: what was found, what was expected, and the remedy."""

    def __init__(self, expected: str, found: object, advice: str = RENEW) -> None:
        super().__init__(f"shape: expected {expected}, got {found}")
        self.expected, self.found, self.advice = expected, str(found), advice


def write_shape(shape: ModelShape, router: str, settings: Mapping[str, float]) -> str:
    """Returns the text of a shape; default sizes are omitted."""
    parts = [f"{shape.layers}x{shape.experts}x{shape.top_k}"]
    usual = ModelShape(layers=1, experts=1, top_k=1, d_model=0, d_expert=0)
    sizes = {short: getattr(shape, name) for short, name in SIZES.items()}
    parts += [f"{short}{size}" for short, size in sizes.items() if size != getattr(usual, SIZES[short])]
    parts += [f"x{first}_{count}_{step}" for first, count, step in progressions(shape.dense_layers)]
    parts.append(f"r{router}")
    parts += [f"{short}{settings[name]:g}" for short, name in SETTINGS.items() if name in settings]
    return "-".join(parts)


def progressions(numbers: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    """Yields ascending numbers as the fewest evenly spaced runs: first, count, step."""
    while numbers:
        step = numbers[1] - numbers[0] if len(numbers) > 1 else 1
        even = (number == numbers[0] + i * step for i, number in enumerate(numbers))
        count = next((i for i, fits in enumerate(even) if not fits), len(numbers))
        yield numbers[0], count, step
        numbers = numbers[count:]


def parse_shape(text: str) -> tuple[ModelShape, str, dict[str, float]]:
    """Returns shape, router and settings from a text of `write_shape`, its items in any order.

    Raises BadShape. Sizes are not checked against each other.
    """
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
    return shape, router, settings


def read_item(item: str) -> tuple[str, float]:
    """Returns one size or setting: the field's name and its value."""
    found = ITEM.fullmatch(item)
    name = {**SIZES, **SETTINGS}.get(found[1]) if found else None
    if found is None or name is None:
        raise BadShape(
            f"sizes named {', '.join((*SIZES, *SETTINGS))}, x or r, each with a number", repr(item)
        )
    value = float(found[2])
    return name, int(value) if value.is_integer() else value


def whole(sizes: Mapping[str, float]) -> dict[str, int]:
    """Returns the sizes. Raises BadShape if one is not a whole number."""
    for name, size in sizes.items():
        if not isinstance(size, int):
            raise BadShape(f"a whole number of {name}", size)
    return {name: int(size) for name, size in sizes.items()}


def check_sizes(sizes: Mapping[str, float]) -> None:
    """Raises BadShape if the text lacks a required size."""
    for name, example in (("d_model", "-d4096"), ("d_expert", "-e2048")):
        if name not in sizes:
            raise BadShape(f"{name} in the text, as in {example}", "none", "add it to the text")
