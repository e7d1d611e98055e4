"""Writes an atlas part by part. A killed run resumes after its last complete part.

The cut into parts and the content of a part depend only on the corpus and the model, so a resumed run writes
the same rows as an uninterrupted one. Memory is bounded by one part.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ...trace import Ints
from ..dataset import manifest as manifests
from ..dataset.corpus import Document, cut_into_parts
from ..dataset.manifest import AtlasError, Manifest, Part
from ..dataset.schema import Columns, documents_table, layer_table, load_table, routing_schema, tokens_table
from .routes import Routes

ZSTD_LEVEL = 9  # 8 % smaller than level 3 on real routing; still far faster than any model
ENCODING = {
    "position": "DELTA_BINARY_PACKED"
}  # BYTE_STREAM_SPLIT would suit weights, but DuckDB reads it only for wider floats
DICTIONARY = ["doc", "token_id", "layer", "experts.list.element", "domain", "language", "split", "class"]


@dataclass(frozen=True)
class Progress:
    """The progress of a run after a part."""

    documents: int
    of: int  # documents of the corpus; 0 if unknown
    tokens: int
    rows: int  # rows written by this run


Report = Callable[[Progress], None]
Job = Callable[[int, list[Document]], Part]  # makes the files of one part
Run = Callable[[Job, Iterator[tuple[int, list[Document]]]], Iterable[Part]]


def start(routes: Routes, corpus: dict[str, Any]) -> Manifest:
    """Returns the manifest of a run without parts."""
    return Manifest(routes.model, routes.engine, routes.rule, corpus, routes.window)


def one_by_one(job: Job, parts: Iterator[tuple[int, list[Document]]]) -> Iterator[Part]:
    """Makes parts in this process, in order."""
    return (job(number, documents) for number, documents in parts)


def record(
    folder: Path,
    routes: Routes,
    documents: Iterable[Document],
    corpus: dict[str, Any],
    report: Report = lambda progress: None,
    run: Run = one_by_one,
) -> Manifest:
    """Routes every document and writes the data set; resumes an incomplete one.

    Raises AtlasError if the folder holds the routing of another model or corpus, or another run is writing
    it. After an interruption (Ctrl-C, kill) the data set is valid and holds all complete parts.
    """

    def job(number: int, part: list[Document]) -> Part:
        return make_part(folder, routes, number, part)

    return write_parts(folder, start(routes, corpus), documents, job, report, run)


def write_parts(
    folder: Path, new: Manifest, documents: Iterable[Document], job: Job, report: Report, run: Run
) -> Manifest:
    """Commits the parts that `run` makes of the documents, and marks the data set complete."""
    with manifests.writing(folder):
        known = resumed(folder, new)
        if known.complete:
            return known
        done = {part.number for part in known.parts}
        waiting = ((n, part) for n, part in enumerate(cut_into_parts(documents)) if n not in done)
        rows = 0
        for part in run(job, waiting):
            known = known.with_part(part)
            manifests.write(folder, known)
            rows += part.rows
            report(Progress(known.documents, int(new.corpus.get("documents", 0)), known.tokens, rows))
        if not known.parts:
            raise AtlasError(f"{folder}: expected at least one document, got an empty corpus")
        known = replace(known, complete=True)
        manifests.write(folder, known)
        return known


def resumed(folder: Path, new: Manifest) -> Manifest:
    """Returns the manifest to extend. Raises AtlasError if the folder holds another data set."""
    for table in manifests.TABLES:
        (folder / table).mkdir(parents=True, exist_ok=True)
    if not (folder / manifests.FILE).exists():
        manifests.write(folder, new)
        return new
    known = manifests.read(folder)
    manifests.check_same_origin(folder, known, new)
    manifests.check_files(folder, known)
    return known


def make_part(folder: Path, routes: Routes, number: int, documents: list[Document]) -> Part:
    """Routes the documents of a part and writes its files."""
    rows, windows, known = [], [], []
    for document in documents:
        ids = np.array(document.ids or routes.encode(document.text), np.int32)
        if not len(ids):
            raise AtlasError(f"document {document.number}: text: expected at least 1 token, got 0")
        columns, count = route_document(routes, document.number, ids)
        text = document.text or "".join(routes.text(id) for id in ids.tolist())
        known.append(replace(document, text=text))
        rows.append(columns)
        windows.append(count)
    texts = {id: routes.text(id) for each in rows for id in set(each.ids.tolist())}
    return write_part(folder, number, known, rows, windows, texts, routes.model["experts"])


def route_document(routes: Routes, doc: int, ids: Ints) -> tuple[Columns, int]:
    """Routes one document in windows of nearly equal length; returns columns and number of windows."""
    count = -(-len(ids) // routes.window)
    found: Columns | None = None
    for window in range(count):
        piece = ids[window * len(ids) // count : (window + 1) * len(ids) // count]
        columns = Columns.of(doc, piece, routes.route(piece))
        found = columns if found is None else columns.after(found)
    assert found is not None, "a document has a token"
    return found, count


def write_part(
    folder: Path,
    number: int,
    documents: list[Document],
    rows: list[Columns],
    windows: list[int],
    texts: dict[int, str],
    experts: int,
) -> Part:
    """Writes the four files of a part, each atomically."""
    sizes = [len(each.ids) for each in rows]
    layers = rows[0].experts.shape[1]
    part = Part(number, documents[0].number, len(documents), sum(sizes), sum(sizes) * layers)
    schema = routing_schema(experts)
    tables = (layer_table(rows, layer, schema) for layer in range(layers))
    save(folder / part.path("routing"), schema, tables)
    found = {
        "documents": documents_table(documents, sizes, windows),
        "tokens": tokens_table(texts),
        "load": load_table(number, rows, experts),
    }
    for name, table in found.items():
        save(folder / part.path(name), table.schema, [table])
    return part


def save(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Writes a Parquet file with one row group per table, to a temporary name that is renamed at the end."""
    beside = path.with_suffix(".part")
    columns = [name for name in DICTIONARY if name.partition(".")[0] in schema.names]
    with pq.ParquetWriter(
        beside,
        schema,
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        use_dictionary=columns,
        column_encoding={name: how for name, how in ENCODING.items() if name in schema.names},
    ) as writer:
        for table in tables:
            writer.write_table(table, row_group_size=max(1, len(table)))
    os.replace(beside, path)
