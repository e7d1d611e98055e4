"""Engines by name, and the choice of an engine for a model."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .engine_error import EngineRefusal
from .model_files import Kind, ModelFiles, find_model
from .recorder import EngineModel


@dataclass(frozen=True)
class Engine:
    """An engine of this machine. Its module is imported when a model needs it."""

    name: str
    kind: Kind  # kind of model that it runs
    module: str  # has `open_model(files)`
    needs: tuple[str, ...] = ()  # packages of its extra
    extra: str = ""

    @property
    def installed(self) -> bool:
        """Returns whether the packages of its extra are installed."""
        return all(importlib.util.find_spec(package) is not None for package in self.needs)

    def open(self, files: ModelFiles) -> EngineModel:
        """Opens the model. Raises EngineRefusal with the remedy."""
        if files.kind != self.kind:
            raise EngineRefusal(
                f"engine: expected one that runs a {files.kind}, got {self.name}; leave --engine out"
            )
        if not self.installed:
            raise EngineRefusal(
                f"engine: {self.name} is not installed here; run: pip install 'moescope[{self.extra}]'"
            )
        opener: Callable[[ModelFiles], EngineModel] = importlib.import_module(
            f".{self.module}", __package__
        ).open_model
        return opener(files)


# In order of preference per kind of model: the first that supports it runs it.
ENGINES = (
    Engine("numpy", "checkpoint", "numpy_model"),
    Engine("transformers", "checkpoint", "transformers_model", ("torch", "transformers"), "transformers"),
    Engine("llama.cpp", "gguf", "llama_model", ("llama_cpp",), "llama-cpp"),
)
NAMES = (*(engine.name for engine in ENGINES), "server")


def open_model(model: str, engine: str | None = None) -> EngineModel:
    """Opens a model on the given engine, or on the first that runs it. Raises EngineRefusal."""
    files = find_model(model)
    if engine is not None and engine not in NAMES:
        raise EngineRefusal(f"engine: expected one of {', '.join(NAMES)}, got {engine!r}")
    if files.kind == "address" or engine == "server":
        raise EngineRefusal(
            f"model: a server is asked through the page, got {model!r}; start it with "
            'ENGINES="name=https://host:8000" and choose the model there'
        )
    return open_files(files, engine)


def open_files(files: ModelFiles, engine: str | None = None) -> EngineModel:
    """Opens a model that was found. The refusal lists the reasons of all engines of its kind."""
    takes = [each for each in ENGINES if (each.kind == files.kind if engine is None else each.name == engine)]
    reasons = []
    for each in takes:
        try:
            return each.open(files)
        except ValueError as error:
            reasons.append(f"{each.name}: {error}" if len(takes) > 1 else str(error))
    raise EngineRefusal("\n".join(reasons))


def engine_infos() -> list[dict[str, Any]]:
    """Returns the engines of this machine for display."""
    return [{"name": each.name, "installed": each.installed, "extra": each.extra} for each in ENGINES]
