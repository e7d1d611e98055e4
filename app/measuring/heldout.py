"""Held-out text as token ids: the same windows for every model, so that losses are comparable."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from safetensors.numpy import load, save

from ..trace import Ints, dump, ordered, read_metadata

FILE = "heldout.safetensors"
FORMAT = "moescope.heldout/1"


@dataclass(frozen=True)
class HeldOut:
    """Windows of consecutive tokens per language: ids [W, S + 1]; the last one is only a target."""

    windows: dict[str, Ints]
    tokenizer: str  # hash of the tokenizer.json of the ids
    note: str = ""  # the origin of the text, and its licences

    @property
    def ids(self) -> Ints:
        """Returns all windows, languages sorted by name: [all W, S + 1]."""
        return np.concatenate([self.windows[name] for name in self.languages])

    def every(self, stride: int) -> HeldOut:
        """Returns every `stride`-th window."""
        return replace(self, windows={name: ids[::stride] for name, ids in self.windows.items()})

    @property
    def languages(self) -> list[str]:
        """Names of the languages."""
        return sorted(self.windows)

    @property
    def rows(self) -> dict[str, slice]:
        """Returns the range of each language's windows in `ids`."""
        ends = np.cumsum([len(self.windows[name]) for name in self.languages]).tolist()
        return {name: slice(a, b) for name, a, b in zip(self.languages, [0, *ends], ends, strict=False)}

    @property
    def digest(self) -> str:
        """Returns a hash of everything."""
        return sha256(self.to_bytes()).hexdigest()[:16]

    def to_bytes(self) -> bytes:
        """Returns a safetensors file with one tensor of ids per language."""
        tensors = {name: ids.astype(np.uint16) for name, ids in self.windows.items()}
        about = {"tokenizer": self.tokenizer, "note": self.note}
        return ordered(save(tensors, {"format": FORMAT, "about": dump(about)}))

    @classmethod
    def from_bytes(cls, data: bytes) -> HeldOut:
        """Reads the output of `to_bytes`. Raises ValueError on anything else."""
        metadata = read_metadata(data)
        if metadata.get("format") != FORMAT:
            raise ValueError(f"heldout.format: expected {FORMAT!r}, got {metadata.get('format')!r}")
        about = json.loads(metadata["about"])
        windows = {name: ids.astype(np.int32) for name, ids in load(data).items()}
        return cls(windows, about["tokenizer"], about["note"])

    @classmethod
    def open(cls, folder: Path) -> HeldOut:
        """Returns the held-out text of a folder of models. Raises OSError or ValueError."""
        return cls.from_bytes((folder / FILE).read_bytes())


def hash_of(path: Path) -> str:
    """Returns a hash that identifies a tokenizer."""
    return sha256(path.read_bytes()).hexdigest()[:16]
