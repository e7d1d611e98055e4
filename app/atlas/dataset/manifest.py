"""manifest.json of an atlas: the model, engine and corpus, and which parts are complete.

A part is a range of documents with four files: routing, documents, tokens, load. A part exists once the
manifest names it. The files are written first; then the manifest is replaced atomically.
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
MOST_BYTES = 64 * 2**20  # limit on the size of a manifest


class AtlasError(ValueError):
    """An atlas cannot be read, extended, or queried; the message names the field."""


@dataclass(frozen=True)
class Part:
    """A complete range of documents."""

    number: int
    first: int  # number of the first document
    documents: int
    tokens: int
    rows: int  # rows of the routing table: tokens times MoE layers

    def path(self, table: str) -> str:
        """Returns the file of a table, relative to the atlas."""
        return f"{table}/part-{self.number:06d}.parquet"


@dataclass(frozen=True)
class Manifest:
    """The content of an atlas. A run may extend it only if `origin` is equal."""

    model: dict[str, Any]  # name, digest, router and the figures of its shape
    engine: dict[str, Any]  # name and versions of what computed the routing
    rule: str  # the router's rule in words
    corpus: dict[str, Any]  # name, digest, number of documents, number without each label
    window: int  # tokens of one forward pass; a longer document is cut into such windows
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
        """Returns the number of tokens in all parts."""
        return sum(part.tokens for part in self.parts)

    @property
    def documents(self) -> int:
        """Returns the number of documents in all parts."""
        return sum(part.documents for part in self.parts)

    @property
    def origin(self) -> dict[str, Any]:
        """Returns the fields that must be equal for a run to extend the data set."""
        return {
            "model": (self.model.get("name"), self.model.get("digest"), self.model.get("router")),
            "engine": self.engine.get("name"),
            "corpus": self.corpus.get("digest"),
            "window": self.window,
        }

    def with_part(self, part: Part) -> Manifest:
        """Returns the manifest with one more part; parts stay sorted."""
        parts = tuple(sorted((*self.parts, part), key=lambda each: each.number))
        return replace(self, parts=parts)

    def to_json(self) -> dict[str, Any]:
        """Returns the file's content."""
        return {"format": FORMAT, **asdict(self), "parts": [asdict(part) for part in self.parts]}


def write(folder: Path, manifest: Manifest) -> None:
    """Replaces the manifest atomically: a reader sees either the old one or the new one."""
    part = folder / f"{FILE}.part"
    with part.open("w", encoding="utf-8") as file:
        json.dump(manifest.to_json(), file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, folder / FILE)


def read(folder: Path) -> Manifest:
    """Reads the manifest of an atlas. Raises AtlasError if the folder has none of a supported version."""
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
    """Returns the manifest in a file's JSON. Raises AtlasError naming what is wrong."""
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
    """Raises AtlasError naming the first missing file of a part."""
    for part in manifest.parts:
        for table in TABLES:
            if not (folder / part.path(table)).is_file():
                raise AtlasError(
                    f"{folder}: part {part.number}: expected {part.path(table)}, got no such file; "
                    "copy it back, or delete manifest.json and record again"
                )


def check_same_origin(folder: Path, known: Manifest, new: Manifest) -> None:
    """Raises AtlasError if a run would mix models, corpora, engines or windows in one data set."""
    for field, expected in known.origin.items():
        if new.origin[field] != expected:
            raise AtlasError(
                f"{folder}: {field}: expected {expected!r}, as recorded there, got {new.origin[field]!r}; "
                "choose another folder"
            )


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Locks an atlas for writing. Raises AtlasError if another process holds the lock.

    The lock belongs to the operating system, so a killed process leaves none behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "writer.lock").open("w") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # systems without such locks have no protection against a second writer
            pass
        except OSError as error:
            raise AtlasError(f"{folder}: expected to be the only writer, got another; wait for it") from error
        yield
