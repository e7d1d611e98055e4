"""The fields of one config.json: typed, checked, and honest about what the file leaves out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from ...problem import cut, show

MOST = 2**40  # larger sizes are slips of the pen
MOST_LAYERS = 4096


class ConfigError(ValueError):
    """A config.json that cannot be counted: the field, what was expected, what was found."""


def load_defaults() -> dict[str, dict[str, Any]]:
    """For each family the class that reads its config.json, and what it assumes where nothing is said."""
    text = (files(__package__) / "defaults.json").read_text(encoding="utf-8")
    families: dict[str, dict[str, Any]] = json.loads(text)["families"]
    return families


DEFAULTS = load_defaults()


@dataclass
class Fields:
    """Reads fields by name. Sizes must be in the file; elsewhere the class default counts, and is noted."""

    values: Mapping[str, Any]
    family: str
    at: str = ""  # path of a nested table, "text_config."
    assumed: dict[str, Any] = field(default_factory=dict)  # class defaults that were used

    @property
    def defaults(self) -> Mapping[str, Any]:
        """What the family's configuration class assumes."""
        defaults: Mapping[str, Any] = DEFAULTS[self.family]["defaults"]
        return defaults

    def size(self, *names: str, most: int = MOST) -> int:
        """A whole number from 1, which the file must give under one of these names."""
        for name in names:
            if self.values.get(name) is not None:
                return self.whole(name, self.values[name], 1, most)
        raise self.missing(names[0])

    def layers(self, name: str = "num_hidden_layers") -> int:
        """How many layers there are."""
        return self.size(name, most=MOST_LAYERS)

    def optional(self, name: str) -> Any:
        """What the file says, else the class default."""
        if name in self.values:
            return self.values[name]
        if name not in self.defaults:
            raise self.missing(name)
        self.assumed[self.at + name] = self.defaults[name]
        return self.defaults[name]

    def count(self, name: str) -> int:
        """A whole number from 0."""
        return self.whole(name, self.optional(name), 0)

    def period(self, name: str) -> int:
        """A whole number from 1: every so many layers."""
        return self.whole(name, self.optional(name), 1)

    def maybe(self, name: str) -> int | None:
        """A whole number from 1, or None where the file says null or the class default is None."""
        value = self.optional(name)
        return None if value is None else self.whole(name, value, 1)

    def switch(self, name: str) -> bool:
        """True or false."""
        value = self.optional(name)
        if not isinstance(value, bool):
            raise ConfigError(f"{self.at}{name}: expected true or false, got {show(value)}")
        return value

    def number(self, name: str) -> float:
        """A positive number."""
        value = self.optional(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < MOST:
            raise ConfigError(f"{self.at}{name}: expected a positive number, got {show(value)}")
        return value

    def indices(self, name: str, layers: int) -> tuple[int, ...]:
        """Positions of layers."""
        value = self.optional(name)
        if not isinstance(value, list):
            raise ConfigError(f"{self.at}{name}: expected a list of layers, got {show(value)}")
        return tuple(sorted({self.whole(name, item, 0, layers - 1) for item in value}))

    def same(self, name: str, least: int = 1) -> int:
        """A size that the file gives once, or once a layer if all agree."""
        value = self.values.get(name)
        if value is None:
            raise self.missing(name)
        each = value if isinstance(value, list) else [value]
        if len({json.dumps(item) for item in each}) != 1:
            raise ConfigError(f"{self.at}{name}: expected the same for all layers, got {show(value)}")
        return self.whole(name, each[0], least)

    def only(self, name: str, *expected: Any) -> None:
        """Refuse a field that asks for what is not implemented; where it is left out nothing is asked."""
        value = self.values.get(name, expected[0])
        if not any(type(value) is type(item) and value == item for item in expected):
            wanted = " or ".join(json.dumps(item) for item in expected)
            raise ConfigError(
                f"{self.at}{name}: expected {wanted}, got {cut(json.dumps(value))}, which is not implemented"
            )

    def all_be(self, name: str, expected: int) -> None:
        """Refuse a number, one for all layers or one for each, other than the one that is implemented."""
        if name in self.values and self.same(name, least=0) != expected:
            got = cut(json.dumps(self.values[name]))
            raise ConfigError(f"{self.at}{name}: expected {expected}, got {got}, which is not implemented")

    def table(self, name: str) -> Fields:
        """A nested table."""
        value = self.values.get(name)
        if not isinstance(value, dict):
            raise ConfigError(f"{self.at}{name}: expected a table of fields, got {show(value)}")
        return Fields(value, self.family, f"{self.at}{name}.", self.assumed)

    def whole(self, name: str, value: Any, least: int, most: int = MOST) -> int:
        """`value`, checked."""
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ConfigError(
                f"{self.at}{name}: expected a whole number from {least} to {most:,}, got {show(value)}"
            )
        return value

    def missing(self, name: str) -> ConfigError:
        """The error for a field that the file leaves out."""
        source = DEFAULTS[self.family]["class"]
        if self.defaults.get(name) is None:
            return ConfigError(f"{self.at}{name}: missing, and {source} gives no default; write it in")
        default = json.dumps(self.defaults[name])
        return ConfigError(
            f"{self.at}{name}: missing; {source} would take {default}: write it in if that is meant"
        )
