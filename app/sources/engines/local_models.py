"""The models of this machine, each with its engine (numpy first) or the reason why none runs it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..live.models import Listing, Models, Refused
from .engine_models import EngineListing, EngineModels, gguf_files


@dataclass(frozen=True)
class Found:
    """The models found in the folders."""

    listings: dict[str, Listing]  # models that numpy runs
    others: dict[str, EngineListing]  # models that another engine runs
    refused: tuple[Refused, ...]

    @property
    def names(self) -> set[str]:
        """Returns the names of all models that can be run."""
        return {*self.listings, *self.others}


class LocalModels:
    """The folders of models, as seen by the engines of this machine."""

    def __init__(self, models: Models, others: EngineModels) -> None:
        self.models = models
        self.others = others

    def found(self) -> Found:
        """Returns every model with its engine, or the reason why none runs it; rereads changed files."""
        listings: dict[str, Listing] = {}
        others: dict[str, EngineListing] = {}
        refused: list[Refused] = []
        for name, entry in self.models.list().items():
            if isinstance(entry, Listing) and self.others.engine in ("", "numpy"):
                listings[name] = entry
                continue
            self.add(entry.folder, entry.reason if isinstance(entry, Refused) else "", others, refused)
        for path in gguf_files(self.models.folders):
            if path.stem not in listings and path.name not in listings:
                self.add(path, "", others, refused)
        return Found(listings, others, tuple(refused))

    def add(
        self, path: Path, numpy_refusal: str, others: dict[str, EngineListing], refused: list[Refused]
    ) -> None:
        """Adds one model to the group of its engine, or to the refused ones."""
        if self.others.engine == "numpy":
            refused.append(Refused(path.name, path, numpy_refusal or "numpy runs no GGUF file"))
            return
        entry = self.others.entry(path, numpy_refusal)
        if isinstance(entry, EngineListing):
            others[entry.name] = entry
        else:
            refused.append(entry)
