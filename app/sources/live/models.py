"""The models that can be run, shipped or in a user's folder. Each is opened once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from ...routing import Router
from ...shape import ModelShape
from ...trace import Step, Token
from .checkpoint import KEPT_BYTES, Checkpoint
from .config import CheckpointError
from .families.registry import FAMILIES, read_config
from .forward import Forward
from .generation import Written, check_prompt, generate, steps
from .tensors import INDEX
from .tokenizer import Tokenizer

FILES = ("config.json", "model.safetensors", INDEX, "tokenizer.json", "adapter_config.json")


@dataclass(frozen=True)
class Listing:
    """The facts of a model that are known before it is opened."""

    name: str
    folder: Path
    family: str
    shape: ModelShape
    router: str  # the router of its training

    @property
    def experts(self) -> int:
        """Experts per layer."""
        return self.shape.experts

    @property
    def top_k(self) -> int:
        """Chosen experts per token and layer, as trained."""
        return self.shape.top_k

    @property
    def note(self) -> str:
        """Returns one sentence for the menu."""
        shape = self.shape
        return (
            f"{shape.layers} layers of {shape.experts} experts, trained with {shape.top_k} a token; "
            f"{shape.total_p + shape.rest:,} parameters"
        )

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of `GET /api/models`."""
        return {
            "name": self.name,
            "family": self.family,
            "layers": self.shape.layers,
            "experts": self.experts,
            "top_k": self.top_k,
            "router": self.router,
            "note": self.note,
        }


@dataclass(frozen=True)
class Refused:
    """A folder that looks like a model but cannot be run, and the reason, which contains no path above it."""

    name: str
    folder: Path
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of `GET /api/models`."""
        return {"name": self.name, "refused": self.reason}


@dataclass
class Model:
    """An open model. It holds no state of a client."""

    listing: Listing
    checkpoint: Checkpoint

    @cached_property
    def forward(self) -> Forward:
        """Returns the forward pass."""
        return Forward(self.checkpoint)

    def steps(self, tokens: tuple[Token, ...], k: int, router: Router) -> Iterator[Step]:
        """Returns the routing of each token, computed on demand."""
        return steps(self.forward, check_prompt(tokens), k, router)

    def generate(
        self, tokens: tuple[Token, ...], k: int, router: Router, *, count: int, temperature: float, seed: int
    ) -> Iterator[Step]:
        """Yields the routing of the prompt, then up to `count` generated tokens with their routing."""
        ids, text = check_prompt(tokens), self.checkpoint.tokenizer.text
        made = generate(self.forward, ids, k, router, count=count, temperature=temperature, seed=seed)
        for each in made:
            if isinstance(each, Written):
                yield replace(each.step, written=Token(text(each.id), id=each.id))
            else:
                yield each


class Models:
    """The models in some folders, by name. Folders are read on request, so new models need no restart."""

    def __init__(self, *folders: Path, kept_bytes: int = KEPT_BYTES) -> None:
        """Takes folders whose subfolders are checkpoints. The first of two with the same name is used."""
        self.folders = folders
        self.kept_bytes = kept_bytes
        self.opened: dict[str, Model] = {}
        self.known: dict[Path, tuple[object, Listing | Refused]] = {}
        self.lock = Lock()

    def list(self) -> dict[str, Listing | Refused]:
        """Returns the models by name; those that cannot be run have a reason.

        Reads config.json, the headers of the weights and the tokenizer of each folder, again if one changed.
        """
        found: dict[str, Listing | Refused] = {}
        for folder in subfolders(self.folders):
            entry = self.entry(folder)
            if folder.name in found:
                taken = f"{folder.name}: expected a name of its own, another folder of models has it"
                entry = Refused(f"{folder.name} ({folder.parent.name})", folder, taken)
            found[entry.name] = entry
        return found

    def runnable(self) -> dict[str, Listing]:
        """Returns the models that can be run, by name."""
        return {name: entry for name, entry in self.list().items() if isinstance(entry, Listing)}

    def entry(self, folder: Path) -> Listing | Refused:
        """Returns the facts of a folder; one that cannot be run does not affect others."""
        stamp = stamp_of(folder)
        if folder not in self.known or self.known[folder][0] != stamp:
            self.known[folder] = stamp, look_at(folder, self.kept_bytes)
        return self.known[folder][1]

    def find(self, name: str) -> Listing:
        """Returns the model of that name.

        Raises ValueError with the reason for its refusal, or with the names of the available models.
        """
        found = self.list()
        entry = found.get(name)
        if isinstance(entry, Refused):
            raise CheckpointError(f"model: {name} cannot be run: {entry.reason}")
        if entry is None:
            known = ", ".join(self.runnable()) or "none is installed"
            raise ValueError(f"model: expected one of {known}, got {name!r}")
        return entry

    def open(self, name: str) -> Model:
        """Returns the model of that name, opened at its first use.

        Raises ValueError if it cannot be run.
        """
        with self.lock:
            if name not in self.opened:
                listing = self.find(name)
                self.opened[name] = Model(listing, Checkpoint.open(listing.folder, self.kept_bytes))
            return self.opened[name]


def look_at(folder: Path, kept_bytes: int) -> Listing | Refused:
    """Reads the facts of a folder that need no weights."""
    try:
        config = read_config(folder)
        checkpoint = Checkpoint.open(folder, kept_bytes)
        Tokenizer.open(folder, config.vocabulary)
    except (ValueError, OSError, RecursionError, MemoryError) as error:
        return Refused(folder.name, folder, str(error))
    family = FAMILIES[config.family]
    return Listing(folder.name, folder, config.family, checkpoint.shape, family.router(config))


def stamp_of(folder: Path) -> tuple[object, ...]:
    """Returns a value that changes if a file of a model changes."""
    stamp: list[object] = []
    for name in FILES:
        try:
            status = (folder / name).stat()
        except OSError:
            continue
        stamp.append((name, status.st_mtime_ns, status.st_size))
    return tuple(stamp)


def subfolders(folders: Iterable[Path]) -> Iterator[Path]:
    """Yields subfolders with a config.json, sorted by name with numbers by value."""
    for folder in folders:
        yield from sorted((path.parent for path in folder.glob("*/config.json")), key=sort_key)


def sort_key(path: Path) -> tuple[int, str]:
    """Returns a sort key that puts trio-8 before trio-16: shorter names come first."""
    return len(path.name), path.name
