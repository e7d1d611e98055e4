"""Typed and checked access to the fields of one config.json; records the defaults that were assumed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from ...problem import Problem, cut, show

MOST = 2**40  # a larger size is an error
MOST_LAYERS = 4096


NOT_IMPLEMENTED = "no other value is implemented"
ADVICE = "choose the config.json of a mixture-of-experts model"


class ConfigError(ValueError):
    """A config.json that cannot be counted, as a `Problem`."""

    def __init__(self, field: str, expected: str, found: str, advice: str = ADVICE) -> None:
        self.problem = Problem(field, found, expected, advice)
        super().__init__(self.problem.message)


def load_defaults() -> dict[str, dict[str, Any]]:
    """Returns the configuration class of each family, and its defaults for missing fields."""
    text = (files(__package__) / "defaults.json").read_text(encoding="utf-8")
    families: dict[str, dict[str, Any]] = json.loads(text)["families"]
    return families


DEFAULTS = load_defaults()
COMMON = {"tie_word_embeddings": False, "attention_bias": False}  # for classes without the field


@dataclass
class Fields:
    """Reads fields by name. Sizes must be in the file; others may use the class default, which is noted."""

    values: Mapping[str, Any]
    family: str
    at: str = ""  # path of a nested table: "text_config."
    assumed: dict[str, Any] = field(default_factory=dict)  # class defaults that were used

    @property
    def defaults(self) -> Mapping[str, Any]:
        """Returns the defaults of the family's configuration class."""
        own: Mapping[str, Any] = DEFAULTS[self.family]["defaults"]
        return {**COMMON, **own}

    def size(self, *names: str, most: int = MOST) -> int:
        """Returns a whole number from 1 that the file must have under one of these names."""
        for name in names:
            if self.values.get(name) is not None:
                return self.whole(name, self.values[name], 1, most)
        raise self.missing(names[0])

    def layers(self, name: str = "num_hidden_layers") -> int:
        """Returns the number of layers."""
        return self.size(name, most=MOST_LAYERS)

    def optional(self, name: str) -> Any:
        """Returns the file's value, else the class default."""
        if name in self.values:
            return self.values[name]
        if name not in self.defaults:
            raise self.missing(name)
        self.assumed[self.at + name] = self.defaults[name]
        return self.defaults[name]

    def count(self, name: str) -> int:
        """Returns a whole number from 0."""
        return self.whole(name, self.optional(name), 0)

    def period(self, name: str) -> int:
        """Returns a whole number from 1: a period in layers."""
        return self.whole(name, self.optional(name), 1)

    def maybe(self, name: str) -> int | None:
        """Returns a whole number from 1, or None if the file says null or the class default is None."""
        value = self.optional(name)
        return None if value is None else self.whole(name, value, 1)

    def switch(self, name: str) -> bool:
        """Returns true or false."""
        value = self.optional(name)
        if not isinstance(value, bool):
            raise ConfigError(self.at + name, "true or false", show(value))
        return value

    def number(self, name: str) -> float:
        """Returns a positive number."""
        value = self.optional(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < MOST:
            raise ConfigError(self.at + name, "a positive number", show(value))
        return value

    def indices(self, name: str, layers: int) -> tuple[int, ...]:
        """Returns positions of layers."""
        value = self.optional(name)
        if not isinstance(value, list):
            raise ConfigError(self.at + name, "a list of layers", show(value))
        return tuple(sorted({self.whole(name, item, 0, layers - 1) for item in value}))

    def same(self, name: str, least: int = 1) -> int:
        """Returns a size given once, or once per layer if all are equal."""
        value = self.values.get(name)
        if value is None:
            raise self.missing(name)
        each = value if isinstance(value, list) else [value]
        if len({json.dumps(item) for item in each}) != 1:
            raise ConfigError(self.at + name, "the same for all layers", show(value))
        return self.whole(name, each[0], least)

    def only(self, name: str, *expected: Any) -> None:
        """Raises ConfigError for an unsupported value; a missing field is accepted."""
        value = self.values.get(name, expected[0])
        if not any(type(value) is type(item) and value == item for item in expected):
            wanted = " or ".join(json.dumps(item) for item in expected)
            raise ConfigError(self.at + name, wanted, cut(json.dumps(value)), NOT_IMPLEMENTED)

    def all_be(self, name: str, expected: int) -> None:
        """Raises ConfigError for another number than `expected`, given for all layers or for each."""
        if name in self.values and self.same(name, least=0) != expected:
            got = cut(json.dumps(self.values[name]))
            raise ConfigError(self.at + name, str(expected), got, NOT_IMPLEMENTED)

    def table(self, name: str) -> Fields:
        """Returns a nested table."""
        value = self.values.get(name)
        if not isinstance(value, dict):
            raise ConfigError(self.at + name, "a table of fields", show(value))
        return Fields(value, self.family, f"{self.at}{name}.", self.assumed)

    def whole(self, name: str, value: Any, least: int, most: int = MOST) -> int:
        """Returns `value` as a whole number. Raises ConfigError if it is not one within limits."""
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ConfigError(self.at + name, f"a whole number from {least} to {most:,}", show(value))
        return value

    def missing(self, name: str) -> ConfigError:
        """Returns the error for a field that the file leaves out."""
        source, default = DEFAULTS[self.family]["class"], self.defaults.get(name)
        advice = (
            f"{source} would take {json.dumps(default)}: write it in if that is meant"
            if default is not None
            else f"write it in, as {source} gives no default"
        )
        return ConfigError(self.at + name, "a value", "nothing", advice)
