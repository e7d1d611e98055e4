"""The Parquet files of an atlas: checked against the manifest, and opened as tables of a database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from .manifest import TABLES, AtlasError, Manifest

MEMORY = "700MB"
THREADS = 2


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """A context that names the file that pyarrow cannot read. Raises AtlasError."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        told = " ".join(str(error).split())[:120]
        raise AtlasError(f"{path}: expected a Parquet file that can be read, got {told}") from error


def check_rows(folder: Path, manifest: Manifest) -> None:
    """Raises AtlasError naming the first file whose rows differ from the manifest."""
    shape = manifest.shape
    for part in manifest.parts:
        counted = {
            "routing": part.rows,
            "documents": part.documents,
            "load": shape.layers * shape.experts,
        }
        for table, rows in counted.items():
            path = folder / part.path(table)
            with readable(path):
                found = pq.read_metadata(path).num_rows
            if found != rows:
                raise AtlasError(
                    f"{path}: expected {rows} rows, as recorded, got {found}: it is of another run"
                )


def connect(folder: Path, manifest: Manifest) -> duckdb.DuckDBPyConnection:
    """Opens an embedded database in memory with a view for each table. Raises AtlasError."""
    connection = duckdb.connect(":memory:", config={"threads": THREADS, "memory_limit": MEMORY})
    for table in TABLES:
        paths = [str(folder / part.path(table)) for part in manifest.parts]
        try:
            connection.read_parquet(paths).create_view(table)
        except duckdb.Error as error:
            raise AtlasError(f"{folder}: {table}: expected Parquet files, got {error}") from error
    return connection
