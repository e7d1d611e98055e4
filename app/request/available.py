"""The names that a request may use on this server, and the keys that each source reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..problem import Problem
from ..published.named_shape import NamedShape, read_shape
from ..published.shape_text import BadShape
from .schema import TraceRequest


class TraceNames(Protocol):
    """The files of a folder of traces, each looked up on demand."""

    def __contains__(self, name: object) -> bool: ...

    def sizes(self, name: str) -> tuple[int, int] | None:
        """Returns N and K of a file; None if it cannot be read."""


@dataclass(frozen=True)
class Available:
    """The scenarios, the models with their experts per layer, and everything else that sources offer."""

    scenarios: tuple[str, ...]
    models: Mapping[str, int]
    routers: Mapping[str, str] = field(default_factory=dict)  # router of each model's training
    steps: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # recorded training steps per model
    shapes: Mapping[str, NamedShape] = field(default_factory=dict)  # of published models
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # request keys that a source reads
    refused: Mapping[str, str] = field(default_factory=dict)  # models that cannot be run, with reasons
    fixed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # request keys that an engine fixes
    absent: Mapping[str, Problem] = field(default_factory=dict)  # engines that do not answer, with reasons
    traces: TraceNames | None = None  # None: no folder of traces is served

    @property
    def first_scenario(self) -> str:
        """Returns the default scenario."""
        default: str = TraceRequest.model_fields["scenario"].default
        return default if default in self.scenarios or not self.scenarios else self.scenarios[0]

    def reads(self, source: str, key: str) -> bool:
        """Returns whether a source reads a request key."""
        return key in self.sources.get(source, ())

    def experts(self, request: TraceRequest) -> int | None:
        """Returns N of the model or shape that a request runs; None if there is no such model or shape."""
        if self.reads(request.source, "model"):
            return self.models.get(request.checkpoint)
        if not request.shape:
            return request.experts
        shaped = self.shaped(request.shape)
        return None if shaped is None else shaped.shape.experts

    def shaped(self, text: object) -> NamedShape | None:
        """Returns the shape that a key names or describes; None if it does neither."""
        if not isinstance(text, str) or not text:
            return None
        try:
            return self.shapes.get(text) or read_shape(text)
        except BadShape:
            return None
