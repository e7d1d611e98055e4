"""The texts of an atlas: a JSON Lines file, or windows of token ids, cut into parts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from .manifest import AtlasError

LABELS = ("domain", "language", "split")
LINE_BYTES = 16 * 2**20  # of one line
PART_CHARS = 64 * 1024  # of text after which a part ends; about 16,000 tokens
PART_DOCUMENTS = 256
CHARS_A_TOKEN = 4  # of a document that is token ids


@dataclass(frozen=True)
class Document:
    """One text with its labels; `ids` instead of a text that is tokenised already."""

    number: int
    text: str = ""
    ids: tuple[int, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Returns its size in characters, for the cut into parts."""
        return len(self.text) or CHARS_A_TOKEN * len(self.ids)


@dataclass(frozen=True)
class Corpus:
    """A JSON Lines file that was looked over: each line an object with `text`, and labels if it has any."""

    path: Path
    digest: str
    documents: int
    unlabelled: dict[str, int]  # documents without each label that others have

    @classmethod
    def open(cls, path: Path) -> Corpus:
        """Looks over every line before anything is computed.

        Raises AtlasError naming the line that is wrong, or an empty corpus.
        """
        digest, count = sha256(), 0
        labelled = dict.fromkeys(LABELS, 0)
        try:
            for number, line in enumerate(lines(path)):
                digest.update(line)
                document = read_line(path, number, line)
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
        return (read_line(self.path, number, line) for number, line in enumerate(lines(self.path)))

    def about(self) -> dict[str, Any]:
        """Returns what the manifest says of it."""
        return {
            "name": self.path.name,
            "digest": self.digest,
            "documents": self.documents,
            "unlabelled": self.unlabelled,
        }


def lines(path: Path) -> Iterator[bytes]:
    """Reads the lines of a file that are not blank, each of a bounded length. Raises AtlasError, OSError."""
    with path.open("rb") as file:
        while line := file.readline(LINE_BYTES + 1):
            if len(line) > LINE_BYTES:
                raise AtlasError(f"{path}: expected lines of at most {LINE_BYTES} bytes, got a longer one")
            if line.strip():
                yield line


def read_line(path: Path, number: int, line: bytes) -> Document:
    """Returns the document of a line. Raises AtlasError naming it; lines count from 1 in messages."""
    where = f"{path}: line {number + 1}"
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
    """Groups documents in order. The cut depends on the texts alone, so a second run makes the same parts."""
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
