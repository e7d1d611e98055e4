"""Answers questions to an atlas by name: a query of plain values -> JSON, for HTTP and the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .dataset.queries import Atlas
from .questions.curves import coactivation_map, coverage_curves, strongest_flows
from .questions.expert_maps import expert_map
from .questions.expert_page import expert_page
from .questions.learned import learned, load
from .questions.overview import layer_metrics, overview
from .questions.scene import scene
from .what_if.simulations import cache_answer, cache_curve, placement_answer, pruning_answer

Query = Mapping[str, str]
Answer = Callable[[Atlas, Query], dict[str, Any]]


def whole(query: Query, name: str, default: int | None = None) -> int:
    """Returns a whole number of a query. Raises ValueError naming the key."""
    text = query.get(name, "" if default is None else str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(f"{name}: expected a whole number, got {text[:20]!r}")
    return int(text)


def share(query: Query, name: str, default: float) -> float:
    """Returns a number in 0..1 of a query. Raises ValueError naming the key."""
    text = query.get(name, str(default))
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise ValueError(f"{name}: expected a number from 0 to 1, got {text[:20]!r}")
    return found


def optional_layer(query: Query) -> int | None:
    """Returns the layer of a query, if it has one."""
    return whole(query, "layer") if "layer" in query else None


def placement_query(atlas: Atlas, query: Query) -> dict[str, Any]:
    """Reads devices, slots, groups and nodes."""
    sizes = (whole(query, "slots", 0), whole(query, "groups", 1), whole(query, "nodes", 1))
    return placement_answer(atlas, whole(query, "devices", 8), *sizes)


def label_of(query: Query) -> str:
    """Returns the label that groups documents. Raises ValueError for another column."""
    label = query.get("label", "domain")
    if label not in ("domain", "language", "split"):
        raise ValueError(f"label: expected one of domain, language, split, got {label[:20]!r}")
    return label


ANSWERS: dict[str, Answer] = {  # question -> how it reads the query
    "overview": lambda atlas, query: overview(atlas),
    "layers": lambda atlas, query: layer_metrics(atlas),
    "map": lambda atlas, query: expert_map(atlas, query.get("metric", "load")),
    "coverage": lambda atlas, query: coverage_curves(atlas),
    "coactivation": lambda atlas, query: coactivation_map(atlas, whole(query, "layer")),
    "flows": lambda atlas, query: strongest_flows(atlas, optional_layer(query)),
    "expert": lambda atlas, query: expert_page(atlas, whole(query, "layer"), whole(query, "expert")),
    "scene": lambda atlas, query: scene(atlas),
    "learned": lambda atlas, query: learned(atlas, label_of(query)),
    "load": lambda atlas, query: load(atlas),
    "cache": lambda atlas, query: cache_answer(atlas, share(query, "share", 0.25)),
    "caches": lambda atlas, query: cache_curve(atlas),
    "placement": placement_query,
    "pruning": lambda atlas, query: pruning_answer(
        atlas, query.get("by", "frequency"), share(query, "drop", 0.25)
    ),
}


def answer(atlas: Atlas, question: str, query: Query) -> dict[str, Any]:
    """Returns the answer to a question. Raises ValueError naming what is wrong with it.

    An answer is computed once for an atlas and a query. Layers and experts count from 0.
    """
    if question not in ANSWERS:
        raise ValueError(f"question: expected one of {', '.join(ANSWERS)}, got {question[:40]!r}")
    key = ("answer", question, tuple(sorted(query.items())))
    found: dict[str, Any] = atlas.kept_answer(key, lambda: ANSWERS[question](atlas, query))
    return found
