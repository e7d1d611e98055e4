"""The models that can be run: those that are shipped and those in a user's folder, each opened once."""

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
from .checkpoint import GIB, Checkpoint
from .config import CheckpointError, read_config
from .forward import Forward
from .generation import Written, check_prompt, generate, steps


@dataclass(frozen=True)
class Listing:
    """What is known of a model from its config.json alone."""

    name: str
    folder: Path
    family: str
    shape: ModelShape
    router: str  # the one that it was trained with

    @property
    def experts(self) -> int:
        """Experts a layer."""
        return self.shape.experts

    @property
    def top_k(self) -> int:
        """Chosen experts a token and layer, as trained."""
        return self.shape.top_k

    @property
    def note(self) -> str:
        """One sentence for a person who chooses."""
        shape = self.shape
        return (
            f"{shape.layers} layers of {shape.experts} experts, trained with {shape.top_k} a token; "
            f"{shape.total_p + shape.rest:,} parameters"
        )

    def to_json(self) -> dict[str, Any]:
        """As `GET /api/models` answers it."""
        return {
            "name": self.name,
            "family": self.family,
            "layers": self.shape.layers,
            "experts": self.experts,
            "top_k": self.top_k,
            "router": self.router,
            "note": self.note,
        }


@dataclass
class Model:
    """A model that is open. Nothing in it belongs to one viewer."""

    listing: Listing
    checkpoint: Checkpoint

    @cached_property
    def forward(self) -> Forward:
        """The forward pass."""
        return Forward(self.checkpoint)

    def tokens(self, prompt: str) -> tuple[Token, ...]:
        """The tokens of a prompt. Raises ValueError where there are none or too many."""
        tokens = self.checkpoint.tokenizer.encode(prompt)
        check_prompt(tokens)
        return tokens

    def steps(self, tokens: tuple[Token, ...], k: int, router: Router) -> Iterator[Step]:
        """The routing of each token, computed as it is pulled."""
        return steps(self.forward, check_prompt(tokens), k, router)

    def write_on(
        self, tokens: tuple[Token, ...], k: int, router: Router, *, count: int, temperature: float, seed: int
    ) -> Iterator[Step]:
        """The same, and then up to `count` tokens that the model writes, each with its routing."""
        ids, text = check_prompt(tokens), self.checkpoint.tokenizer.text
        made = generate(self.forward, ids, k, router, count=count, temperature=temperature, seed=seed)
        for each in made:
            if isinstance(each, Written):
                yield replace(each.step, written=Token(text(each.id), id=each.id))
            else:
                yield each


class Models:
    """The models in some folders, by name; looked for when asked, so a new one is found without a restart."""

    def __init__(self, *folders: Path, budget_bytes: int = 2 * GIB) -> None:
        """Folders whose subfolders are checkpoints; of two with one name, the first counts."""
        self._folders = folders
        self._budget = budget_bytes
        self._open: dict[str, Model] = {}
        self._lock = Lock()

    def list(self) -> tuple[dict[str, Listing], list[str]]:
        """The models by name, and a sentence for each folder that cannot be run."""
        found: dict[str, Listing] = {}
        problems: list[str] = []
        for folder in subfolders(self._folders):
            try:
                config = read_config(folder)
            except CheckpointError as error:
                problems.append(str(error))
                continue
            listing = Listing(folder.name, folder, config.model_type, config.shape, config.router)
            if found.setdefault(folder.name, listing) is not listing:
                problems.append(f"{folder}: expected a name of its own, {found[folder.name].folder} has it")
        return found, problems

    def find(self, name: str) -> Listing:
        """The model of that name. Raises ValueError naming those that there are."""
        found, problems = self.list()
        if name not in found:
            known = ", ".join(found) or "none is installed"
            raise ValueError("; ".join([f"model: expected one of {known}, got {name!r}", *problems]))
        return found[name]

    def open(self, name: str) -> Model:
        """The model of that name, opened by the first who asks. Raises ValueError where it cannot be run."""
        with self._lock:
            if name not in self._open:
                listing = self.find(name)
                self._open[name] = Model(listing, Checkpoint.open(listing.folder, self._budget))
            return self._open[name]


def subfolders(folders: Iterable[Path]) -> Iterator[Path]:
    """Folders with a config.json, in the order of their names; numbers in a name count as numbers."""
    for folder in folders:
        yield from sorted((path.parent for path in folder.glob("*/config.json")), key=natural)


def natural(path: Path) -> tuple[int, str]:
    """trio-8 before trio-16: shorter names first."""
    return len(path.name), path.name
