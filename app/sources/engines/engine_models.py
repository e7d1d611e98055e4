"""Models that the page runs on an engine, because the embedded numpy engine refuses them."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any

from ...routing.alterations import Alteration
from .engine_error import EngineRefusal
from .engine_trace import EngineTrace, check_length
from .model_files import ModelFiles, find_model
from .recorder import EngineModel
from .registry import ENGINES, Engine, open_files


class EngineModels:
    """Models by folder, each opened by the first who asks. The last one asked for stays open, others go."""

    def __init__(self) -> None:
        self._open: dict[Path, EngineModel] = {}
        self._lock = Lock()

    def info(self, path: Path) -> dict[str, Any]:
        """What a menu says of a model: family, engine, and why it cannot run here, if it cannot.

        Reads no weights and imports no engine.
        """
        try:
            files = find_model(str(path))
            engine = engine_of(files)
        except EngineRefusal as error:
            return {"name": path.name, "family": "", "engine": "", "problem": str(error)}
        missing = f"run: pip install 'moescope[{engine.extra}]'"
        return {
            "name": files.name,
            "family": files.model_type or files.kind,
            "engine": engine.name,
            "problem": "" if engine.installed else missing,
        }

    def open(self, path: Path) -> EngineModel:
        """The model, open. Raises EngineRefusal with the reason and the remedy."""
        files = find_model(str(path))
        with self._lock:
            if files.path not in self._open:
                self._open.clear()  # two models of billions do not fit side by side
                self._open[files.path] = open_files(files, engine_of(files).name)
            return self._open[files.path]

    def trace(
        self, path: Path, prompt: str, more: int = 0, alterations: tuple[Alteration, ...] = ()
    ) -> EngineTrace:
        """The live trace of a prompt: header and steps, as the registry of sources wants them.

        Raises EngineRefusal, or ValueError for a tokenizer that cannot be read.
        """
        model = self.open(path)
        tokens = model.encode(prompt)
        check_length(tokens, more, None)
        return EngineTrace(model, tokens, more, None, alterations)


def engine_of(files: ModelFiles) -> Engine:
    """The engine beside numpy that takes a model. Raises EngineRefusal for an address."""
    for engine in ENGINES:
        if engine.name != "numpy" and engine.kind == files.kind:
            return engine
    raise EngineRefusal(f"{files.name}: expected a model of this machine, got an address; name it in ENGINES")
