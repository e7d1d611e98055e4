"""Models that the page runs on another engine, because the embedded numpy engine refuses them."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from safetensors import SafetensorError, safe_open

from ...formats.bounds import Bounds
from ...formats.containers.gguf_counts import read_gguf
from ...formats.model_facts import facts_of
from ...problem import BadRequest, Problem
from ...request.schema import PROMPT_TOKENS
from ...routing.alterations import Alteration
from ...trace import Step, TraceHeader
from ..live.models import Refused, stamp_of
from .engine_error import EngineRefusal
from .engine_trace import EngineTrace, check_length
from .model_files import ModelFiles, find_model
from .recorder import EngineModel
from .registry import ENGINES, Engine, open_files

REFUSAL = re.compile(r"(\w+): expected (.*?), got (.*?); (.*)", re.DOTALL)
KEYS = ("prompt", "alter", "continue")  # request keys that an engine may refuse


@dataclass(frozen=True)
class EngineListing:
    """The facts of a model before an engine opens it, from its config.json or its GGUF header."""

    name: str
    path: Path
    family: str
    engine: str
    layers: int
    experts: int
    top_k: int

    @property
    def alters(self) -> bool:
        """Returns whether the engine supports alterations of its routers."""
        return self.engine != "llama.cpp"

    @property
    def note(self) -> str:
        """Returns one sentence for the menu."""
        return f"{self.layers} layers of {self.experts} experts, {self.top_k} a token; runs on {self.engine}"

    @property
    def request_keys(self) -> dict[str, Any]:
        """Returns the request keys that the engine fixes: the model's own router, k, greedy decoding."""
        fixed = {"k": self.top_k, "router": "topk", "temperature": 0.0}
        return fixed if self.alters else {**fixed, "alter": ""}

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of `GET /api/models`."""
        names = ("name", "family", "layers", "experts", "top_k", "note", "engine", "alters")
        return {**{name: getattr(self, name) for name in names}, "router": ""}


@dataclass(frozen=True)
class EnginePrompt:
    """The trace of a prompt on an engine. Failures become problems of a request key."""

    trace: EngineTrace

    @property
    def header(self) -> TraceHeader:
        """Returns the header, known before the first token is routed. Raises BadRequest."""
        try:
            return self.trace.header
        except ValueError as error:
            raise as_problem(self.trace.model.name, error) from error

    def steps(self) -> Iterator[Step]:
        """Yields the routing of each token. Raises BadRequest."""
        try:
            yield from self.trace.steps()
        except ValueError as error:
            raise as_problem(self.trace.model.name, error) from error


class EngineModels:
    """Models by folder, opened at their first use. Only the last one used stays open."""

    def __init__(self, engine: str = "") -> None:
        """Limits the choice to `engine`; "": the first engine other than numpy that supports the model."""
        self.engine = engine
        self._open: dict[Path, EngineModel] = {}
        self._known: dict[Path, tuple[object, EngineListing | Refused]] = {}
        self._lock = Lock()

    def entry(self, path: Path, numpy_refusal: str = "") -> EngineListing | Refused:
        """Returns the menu entry of a model. Reads no weights and imports no engine; files are read again if
        changed.

        `numpy_refusal`: the embedded engine's refusal, shown if no other engine runs the model either.
        """
        stamp = (stamp_of(path), path.stat().st_mtime_ns, numpy_refusal)
        if path not in self._known or self._known[path][0] != stamp:
            self._known[path] = stamp, self.look_at(path, numpy_refusal)
        return self._known[path][1]

    def look_at(self, path: Path, numpy_refusal: str) -> EngineListing | Refused:
        """Returns the menu entry, read again from the files."""
        try:
            files = find_model(str(path))
            engine = self.engine_of(files)
            layers, experts, top_k = sizes_of(files)
            check_headers(files)
        except (ValueError, OSError) as error:
            reason = "; ".join(dict.fromkeys(filter(None, (numpy_refusal, str(error)))))
            return Refused(path.name, path, reason)
        if not engine.installed:
            reason = f"{numpy_refusal.rstrip('.')}; " if numpy_refusal else ""
            install = f"pip install 'moescope[{engine.extra}]'"
            return Refused(files.name, path, f"{reason}{engine.name} may run it: {install}")
        family = files.model_type or "GGUF"
        return EngineListing(files.name, path, family, engine.name, layers, experts, top_k)

    def engine_of(self, files: ModelFiles) -> Engine:
        """Returns the engine that supports a model. Raises EngineRefusal if none does."""
        for engine in ENGINES:
            wanted = engine.name == self.engine if self.engine else engine.name != "numpy"
            if wanted and engine.kind == files.kind:
                return engine
        raise EngineRefusal(f"{files.name}: expected a model of this machine, got another; see docs")

    def open(self, path: Path) -> EngineModel:
        """Opens the model. Raises EngineRefusal with reason and remedy."""
        files = find_model(str(path))
        with self._lock:
            if files.path not in self._open:
                self._open.clear()  # memory holds only one model of billions of parameters
                self._open[files.path] = open_files(files, self.engine_of(files).name)
            return self._open[files.path]

    def trace(
        self, path: Path, prompt: str, more: int = 0, alterations: tuple[Alteration, ...] = ()
    ) -> EngineTrace:
        """Returns the live trace of a prompt with the interface of a source: header and steps.

        Raises EngineRefusal, or ValueError for a tokenizer that cannot be read.
        """
        model = self.open(path)
        tokens = model.encode(prompt)
        check_length(tokens, more, None)
        if len(tokens) > PROMPT_TOKENS:
            raise EngineRefusal(
                f"prompt: expected 1 to {PROMPT_TOKENS} tokens, got {len(tokens)} tokens; shorten the text"
            )
        return EngineTrace(model, tokens, more, None, alterations)


def as_problem(name: str, error: ValueError) -> BadRequest:
    """Returns an engine's refusal as a problem of the request key that it concerns, else of the model."""
    found = REFUSAL.fullmatch(str(error))
    if found and found[1] in KEYS:
        return BadRequest(Problem(found[1], found[3], found[2], found[4]))
    return BadRequest(Problem("model", repr(name), "a checkpoint that can be run", str(error)))


def check_headers(files: ModelFiles) -> None:
    """Raises EngineRefusal if a weight file is damaged or shorter than its header states."""
    for path in files.weight_files() if files.kind == "checkpoint" else ():
        try:
            with safe_open(path, framework="np"):
                pass
        except SafetensorError as error:
            raise EngineRefusal(f"{path.name}: expected a whole file of weights; {error}") from error


def sizes_of(files: ModelFiles) -> tuple[int, int, int]:
    """Returns the numbers of MoE layers, experts and choices per token. Raises EngineRefusal if dense."""
    layers, experts, top_k = sizes_of_gguf(files.path) if files.kind == "gguf" else sizes_in(files)
    if experts < 1:
        raise EngineRefusal(f"{files.name}: expected a model with experts, got one without; choose a MoE")
    return layers, experts, max(1, top_k)


def sizes_in(files: ModelFiles) -> tuple[int, int, int]:
    """Returns the sizes in a config.json."""
    facts = facts_of(files.config)
    return (0, 0, 0) if facts is None else (len(facts.moe_layers), facts.experts, facts.k or 1)


def sizes_of_gguf(path: Path) -> tuple[int, int, int]:
    """Returns the sizes in the header of a GGUF file."""
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        memoryview(data) as view,
    ):
        read = read_gguf(path.name, view, Bounds(), suffix="\0")
    numbers = {key.partition(".")[2]: value for key, value in read.numbers.items()}
    names = ("block_count", "expert_count", "expert_used_count")
    layers, experts, top_k = (numbers.get(name, 0) for name in names)
    return layers - numbers.get("leading_dense_block_count", 0), experts, top_k


def gguf_files(folders: Iterable[Path]) -> Iterator[Path]:
    """Yields the GGUF files in folders of models: directly, or alone in a subfolder."""
    for folder in folders:
        yield from sorted(folder.glob("*.gguf"))
        inside = (path for path in sorted(folder.glob("*/")) if not (path / "config.json").exists())
        yield from (path for path in inside if len(list(path.glob("*.gguf"))) == 1)
