"""The view keys: how a trace is shown. The page reads them; pictures and pages read some of them too.

Layers and tokens count from 1 in an address. The page receives these declarations and reads the same values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

THEMES = ("dark", "light", "contrast")
PALETTES = ("ember", "cobalt", "mono")
COLOURS = ("group", "heat")
LANGUAGES = ("en", "fr")
MOST_TOKEN, MOST_LAYER, MOST_DEVICES = 100_000, 1000, 512
TOWER = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})")
ATLAS = re.compile(r"[A-Za-z0-9._-]{0,80}(?:/[A-Za-z0-9._-]{1,80})?")
FOLD = re.compile(r"([0-9]{1,4})(?:-([0-9]{1,4}))?")


@dataclass(frozen=True)
class ViewKey:
    """One view key. `kind` selects how its text is read; an address counts it from `origin`."""

    name: str
    kind: str  # choice, integer, number, flag, tower, fold, name or atlas
    default: Any = None
    values: tuple[str, ...] = ()
    limits: tuple[float, float] | None = None
    origin: int = 0

    def to_json(self) -> dict[str, Any]:
        """Returns the declaration as the page receives it: boot_types.js `KeyDeclaration`."""
        limits = {} if self.limits is None else {"limits": list(self.limits)}
        values = {"values": list(self.values)} if self.values else {}
        origin = {"origin": self.origin} if self.origin else {}
        common = {"name": self.name, "belongs": "view", "kind": self.kind, "default": self.default}
        return {**common, **limits, **values, **origin}

    def read(self, text: str) -> Any:
        """Returns the value in a text, counted from 0; None if it is invalid."""
        return READERS[self.kind](self, text)


def choice(name: str, *values: str) -> ViewKey:
    """Declares a key with fixed values. The first is the default."""
    return ViewKey(name, "choice", values[0], values)


def place(name: str, most: int) -> ViewKey:
    """Returns a key that holds a token or a layer, counted from 1 in an address."""
    return ViewKey(name, "integer", limits=(1, most), origin=1)


VIEW_KEYS = (
    choice("mode", "sequence", "single", "all"),
    choice("camera", "orbit", "front", "top"),
    place("token", MOST_TOKEN),
    place("layer", MOST_LAYER),
    place("floor", MOST_LAYER),
    ViewKey("fold", "fold"),
    ViewKey("shot", "number", limits=(0, 9.2)),  # a time in the directed shot, seconds
    ViewKey("speed", "number", 1, limits=(0.1, 10)),
    place("path", MOST_TOKEN),
    ViewKey("tower", "tower"),
    ViewKey("devices", "integer", 0, limits=(0, MOST_DEVICES)),
    ViewKey("corpus", "atlas", ""),  # corpus of the routing: heldout, or the name of an atlas
    choice("level", "story", "explore", "present"),
    choice("panel", "none", "heatmap", "load", "table", "learned", "models", "next", "devices"),
    ViewKey("whole", "flag", False),
    choice("theme", *THEMES),
    choice("palette", *PALETTES),
    choice("colour", *COLOURS),  # of trails and caps: token groups, or number of uses
    choice("lang", *LANGUAGES),
    ViewKey("tour", "name", ""),
    ViewKey("at", "integer", 0, limits=(1, 100), origin=1),
    ViewKey("quiz", "integer", limits=(1, 100), origin=1),
)
VIEW_KEY_NAMES = tuple(key.name for key in VIEW_KEYS)


def read_choice(key: ViewKey, text: str) -> str | None:
    return text if text in key.values else None


def read_integer(key: ViewKey, text: str) -> int | None:
    value = int(text) if re.fullmatch(r"[0-9]{1,6}", text) else None
    return None if value is None or not within(key, value) else value - key.origin


def read_number(key: ViewKey, text: str) -> float | None:
    value = float(text) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text) else None
    return value if value is not None and within(key, value) else None


def read_flag(key: ViewKey, text: str) -> bool | None:
    return {"0": False, "1": True}.get(text)


def read_tower(key: ViewKey, text: str) -> dict[str, int] | None:
    """Reads 2.5 as expert 5 of the second layer."""
    found = TOWER.fullmatch(text)
    if not found or found[1] == "0" * len(found[1]):
        return None
    return {"layer": int(found[1]) - 1, "expert": int(found[2])}


def read_fold(key: ViewKey, text: str) -> dict[str, int] | None:
    """Reads 10-20 as layers 10 to 20, unfolded."""
    found = FOLD.fullmatch(text)
    if not found:
        return None
    first, last = int(found[1]), int(found[2] or found[1])
    return {"first": first - 1, "last": last - 1} if 1 <= first <= last else None


def read_name(key: ViewKey, text: str) -> str | None:
    return text if re.fullmatch(r"[a-z0-9-]{0,60}", text) else None


def read_atlas(key: ViewKey, text: str) -> str | None:
    """Reads the name of an atlas: a folder, or a name such as heldout/trio-64."""
    return text if ATLAS.fullmatch(text) else None


READERS = {
    "choice": read_choice,
    "integer": read_integer,
    "number": read_number,
    "flag": read_flag,
    "tower": read_tower,
    "fold": read_fold,
    "name": read_name,
    "atlas": read_atlas,
}


def within(key: ViewKey, value: float) -> bool:
    """Returns whether a number lies within the limits of its key, both ends included."""
    return key.limits is None or key.limits[0] <= value <= key.limits[1]


def read_view_key(name: str, query: Mapping[str, str]) -> Any:
    """Returns the value of one view key in a query string; its default if omitted or invalid."""
    key = next(each for each in VIEW_KEYS if each.name == name)
    value = key.read(query[name]) if name in query else None
    return key.default if value is None else value


def look_of(query: Mapping[str, str]) -> dict[str, str]:
    """Returns theme and palette of a view."""
    return {name: read_view_key(name, query) for name in ("theme", "palette")}


def own_look(query: Mapping[str, str]) -> dict[str, str]:
    """Returns theme and palette of a view, without defaults."""
    plain = look_of({})
    return {key: value for key, value in look_of(query).items() if value != plain[key]}
