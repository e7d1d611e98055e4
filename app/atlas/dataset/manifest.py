"""manifest.json of an atlas: what was routed by what, and which parts are whole.

A part is a range of documents with four files: routing, documents, tokens, load. It exists once the
manifest names it: the files are written first, then the manifest is replaced in one step.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ...shape import ModelShape

FILE = "manifest.json"
FORMAT = "moescope.atlas/1"
TABLES = ("routing", "documents", "tokens", "load")
MOST_BYTES = 64 * 2**20  # of a manifest that is read


class AtlasError(ValueError):
    """An atlas that cannot be read, written on, or asked; the message names the field."""


@dataclass(frozen=True)
class Part:
    """A range of documents that is whole."""

    number: int
    first: int  # number of its first document
    documents: int
    tokens: int
    rows: int  # of routing: tokens times MoE layers

    def path(self, table: str) -> str:
        """Returns the file of a table, relative to the atlas."""
        return f"{table}/part-{self.number:06d}.parquet"


@dataclass(frozen=True)
class Manifest:
    """What an atlas holds. `origin` decides whether a run may go on with it."""

    model: dict[str, Any]  # name, digest, router and the figures of its shape
    engine: dict[str, Any]  # name and versions of what computed the routing
    rule: str  # how experts were chosen, in words
    corpus: dict[str, Any]  # name, digest, documents, how many lack a label
    window: int  # tokens that see each other; a longer document is cut into such windows
    has_weights: bool = True
    has_scores: bool = True
    complete: bool = False
    parts: tuple[Part, ...] = ()

    @property
    def shape(self) -> ModelShape:
        """Returns the shape of the model."""
        return ModelShape.from_json(self.model)

    @property
    def tokens(self) -> int:
        """Returns the tokens of all parts."""
        return sum(part.tokens for part in self.parts)

    @property
    def documents(self) -> int:
        """Returns the documents of all parts."""
        return sum(part.documents for part in self.parts)

    @property
    def origin(self) -> dict[str, Any]:
        """Returns what must be equal for a run to go on with the data set, by field."""
        return {
            "model": (self.model.get("name"), self.model.get("digest"), self.model.get("router")),
            "engine": self.engine.get("name"),
            "corpus": self.corpus.get("digest"),
            "window": self.window,
        }

    def with_part(self, part: Part) -> Manifest:
        """Returns the manifest with one more part; parts stay in order."""
        parts = tuple(sorted((*self.parts, part), key=lambda each: each.number))
        return replace(self, parts=parts)

    def to_json(self) -> dict[str, Any]:
        """Returns the file's content."""
        return {"format": FORMAT, **asdict(self), "parts": [asdict(part) for part in self.parts]}


def write(folder: Path, manifest: Manifest) -> None:
    """Replaces the manifest in one step, so that a reader sees the old one or the new one."""
    part = folder / f"{FILE}.part"
    with part.open("w", encoding="utf-8") as file:
        json.dump(manifest.to_json(), file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, folder / FILE)


def read(folder: Path) -> Manifest:
    """Reads the manifest of an atlas. Raises AtlasError if the folder holds none that this version reads."""
    path = folder / FILE
    try:
        if path.stat().st_size > MOST_BYTES:
            raise AtlasError(f"{path}: expected at most {MOST_BYTES} bytes; it is no manifest of an atlas")
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AtlasError(f"{folder}: expected an atlas with {FILE}, got {error.strerror}") from error
    except ValueError as error:
        raise AtlasError(f"{path}: expected JSON, got {error}") from error
    return parse(path, found)


def parse(path: Path, found: Any) -> Manifest:
    """Returns the manifest that a file's JSON spells. Raises AtlasError naming what is wrong."""
    spelled = found.pop("format", None) if isinstance(found, dict) else None
    if spelled != FORMAT:
        raise AtlasError(f"{path}: format: expected {FORMAT!r}, got {spelled!r}; record it again")
    try:
        parts = tuple(Part(**part) for part in found.pop("parts"))
        manifest = Manifest(**found, parts=parts)
        manifest.shape  # noqa: B018  # raises if figures are missing
    except (TypeError, KeyError, AttributeError) as error:
        raise AtlasError(f"{path}: expected the fields of {FORMAT}, got {error}") from error
    return manifest


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raises AtlasError naming the first file that a part lacks."""
    for part in manifest.parts:
        for table in TABLES:
            if not (folder / part.path(table)).is_file():
                raise AtlasError(
                    f"{folder}: part {part.number}: expected {part.path(table)}, got no such file; "
                    "copy it back, or delete manifest.json and record again"
                )


def check_same_origin(folder: Path, known: Manifest, new: Manifest) -> None:
    """Raises AtlasError if a run would mix two models, corpora, engines or windows in one data set."""
    for field, expected in known.origin.items():
        if new.origin[field] != expected:
            raise AtlasError(
                f"{folder}: {field}: expected {expected!r}, as recorded there, got {new.origin[field]!r}; "
                "choose another folder"
            )


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Holds the right to write an atlas. Raises AtlasError if another process has it.

    The lock is the operating system's, so a killed process leaves none behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "writer.lock").open("w") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # a system without such locks: nothing guards against a second writer
            pass
        except OSError as error:
            raise AtlasError(f"{folder}: expected to be the only writer, got another; wait for it") from error
        yield
