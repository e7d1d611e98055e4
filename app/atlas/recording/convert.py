"""Converts trace files to an atlas: one part per file, one document per trace."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from ... import __version__
from ...trace import Ints, RoutingTrace, Token
from ..dataset import manifest as manifests
from ..dataset.corpus import Document
from ..dataset.manifest import AtlasError, Manifest
from ..dataset.schema import Columns
from .writer import Progress, Report, resumed, write_part

Read = Callable[[Path], Iterable[RoutingTrace]]  # reads the traces of one file


def convert(folder: Path, files: list[Path], read: Read, report: Report = lambda progress: None) -> Manifest:
    """Writes the traces of some files as an atlas; resumes an incomplete one.

    All traces must be of one model. Raises AtlasError naming the file that differs, or for an empty list.
    A token without an id gets one from its text, the same in every file.
    """
    if not files:
        raise AtlasError("files: expected at least one trace file, got none")
    first = next(iter(read(files[0])), None)
    if first is None:
        raise AtlasError(f"{files[0]}: expected at least one trace, got none")
    new = manifest_of(first, files)
    with manifests.writing(folder):
        known = resumed(folder, new)
        done, rows = len(known.parts), 0
        for number, path in list(enumerate(files))[done:]:
            part = write_file(folder, number, known, path, list(read(path)))
            known = known.with_part(part)
            manifests.write(folder, known)
            rows += part.rows
            report(Progress(known.documents, 0, known.tokens, rows))
        known = replace(known, complete=True)
        manifests.write(folder, known)
    return known


def manifest_of(trace: RoutingTrace, files: list[Path]) -> Manifest:
    """Returns the manifest of a data set that starts with this trace."""
    header = trace.header
    digest = sha256()
    for path in files:
        with path.open("rb") as file:
            while piece := file.read(2**20):
                digest.update(piece)
    model = {**header.model_json(), "digest": str(header.origin.get("checkpoint", ""))}
    return Manifest(
        model=model,
        engine={"name": str(header.origin.get("source", "")), "moescope": __version__},
        rule=str(header.model.get("router", "")),
        corpus={
            "name": f"{len(files)} files",
            "digest": digest.hexdigest()[:16],
            "files": [p.name for p in files],
        },
        window=0,
        has_weights=not header.origin.get("ids_only"),
        has_scores=getattr(trace, "scores", None) is not None,
    )


def write_file(
    folder: Path, number: int, known: Manifest, path: Path, traces: list[RoutingTrace]
) -> manifests.Part:
    """Writes one file's traces as a part. Raises AtlasError if it has none, or is of another model."""
    if not traces:
        raise AtlasError(f"{path}: expected at least one trace, got none")
    documents, rows = [], []
    texts: dict[int, str] = {}
    for at, trace in enumerate(traces):
        check_same_model(path, known, trace)
        doc = known.documents + at
        ids = ids_of(trace.header.tokens)
        texts.update(zip(ids.tolist(), (token.text for token in trace.header.tokens), strict=True))
        rows.append(Columns.of(doc, ids, trace))
        text = "".join(token.text for token in trace.header.tokens)
        documents.append(Document(doc, text=text, labels=labels_of(trace)))
    return write_part(folder, number, documents, rows, [1] * len(rows), texts, known.shape.experts)


def check_same_model(path: Path, known: Manifest, trace: RoutingTrace) -> None:
    """Raises AtlasError if a trace is of another model than the data set."""
    shape, header = known.shape, trace.header
    expected = (known.model.get("name"), shape.layers, shape.experts)
    found = (header.model.get("name"), header.shape.layers, header.shape.experts)
    if found != expected:
        raise AtlasError(f"{path}: model: expected {expected}, as the first file has, got {found}")


def labels_of(trace: RoutingTrace) -> dict[str, str]:
    """Returns the labels that a trace's origin carries."""
    found: dict[str, Any] = trace.header.origin
    return {name: str(found[name]) for name in ("domain", "language", "split") if found.get(name)}


def ids_of(tokens: tuple[Token, ...]) -> Ints:
    """Returns the id of each token; without one, 31 bits of a hash of its text."""
    return np.array(
        [hashed(token.text) if token.id is None else token.id for token in tokens], np.int64
    ).astype(np.int32)


def hashed(text: str) -> int:
    """Returns an id for a text without one, above a million and so above those of a tokenizer."""
    return 2**20 + int.from_bytes(sha256(text.encode()).digest()[:3], "big")
