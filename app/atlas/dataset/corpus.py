"""Reads the texts of an atlas from a JSON Lines file or from windows of token ids; cuts them into parts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from .manifest import AtlasError

LABELS = ("domain", "language", "split")
LINE_BYTES = 16 * 2**20  # limit on one line
PART_CHARS = 64 * 1024  # size at which a part ends; about 16,000 tokens
PART_DOCUMENTS = 256
CHARS_A_TOKEN = 4  # assumed size of a token in a document of token ids


@dataclass(frozen=True)
class Document:
    """One text with its labels; `ids` replaces the text if it is tokenised already."""

    number: int
    text: str = ""
    ids: tuple[int, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Returns the size in characters, which decides the cut into parts."""
        return len(self.text) or CHARS_A_TOKEN * len(self.ids)


@dataclass(frozen=True)
class Corpus:
    """A checked JSON Lines file: each line is an object with `text`, and with optional labels."""

    path: Path
    digest: str
    documents: int
    unlabelled: dict[str, int]  # label -> number of documents without it

    @classmethod
    def open(cls, path: Path) -> Corpus:
        """Checks every line before anything is computed.

        Raises AtlasError naming the line that is wrong, or an empty corpus.
        """
        digest, count = sha256(), 0
        labelled = dict.fromkeys(LABELS, 0)
        try:
            for at, line in lines(path):
                digest.update(line)
                document = read_line(path, count, line, at)
                count += 1
                for name in document.labels:
                    labelled[name] += 1
        except OSError as error:
            raise AtlasError(f"{path}: expected a file of texts, got {error.strerror}") from error
        if not count:
            raise AtlasError(
                f'{path}: expected at least one line such as {{"text": "..."}}, got an empty file'
            )
        unlabelled = {name: count - seen for name, seen in labelled.items() if 0 < seen < count}
        return cls(path, digest.hexdigest()[:16], count, unlabelled)

    def __iter__(self) -> Iterator[Document]:
        return (read_line(self.path, number, line, at) for number, (at, line) in enumerate(lines(self.path)))

    def about(self) -> dict[str, Any]:
        """Returns the entry of the corpus in the manifest."""
        return {
            "name": self.path.name,
            "digest": self.digest,
            "documents": self.documents,
            "unlabelled": self.unlabelled,
        }


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Reads the lines of a file that are not blank, with their numbers from 1. Raises AtlasError, OSError."""
    at = 0
    with path.open("rb") as file:
        while line := file.readline(LINE_BYTES + 1):
            at += 1
            if len(line) > LINE_BYTES:
                raise AtlasError(f"{path}: line {at}: expected at most {LINE_BYTES} bytes, got more")
            if line.strip():
                yield at, line


def read_line(path: Path, number: int, line: bytes, at: int) -> Document:
    """Returns the document of line `at`, which counts from 1. Raises AtlasError naming it."""
    where = f"{path}: line {at}"
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise AtlasError(f"{where}: expected a JSON object, got {error}") from error
    text = found.get("text") if isinstance(found, dict) else None
    if not isinstance(text, str) or not text:
        raise AtlasError(
            f'{where}: text: expected characters, got {str(text)[:40]!r}; write {{"text": "..."}}'
        )
    labels = {}
    for name in LABELS:
        value = found.get(name)
        if value is not None and not isinstance(value, str):
            raise AtlasError(f"{where}: {name}: expected a string, got {str(value)[:40]!r}")
        if value:
            labels[name] = value
    return Document(number, text=text, labels=labels)


def cut_into_parts(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Groups documents in order. The cut depends only on the texts, so a second run makes the same parts."""
    held: list[Document] = []
    size = 0
    for document in documents:
        held.append(document)
        size += document.size
        if size >= PART_CHARS or len(held) >= PART_DOCUMENTS:
            yield held
            held, size = [], 0
    if held:
        yield held
