"""Queries an atlas: DuckDB for counts over rows, numpy for formulas over arrays.

Input from clients is never part of a statement: numbers are bound as parameters.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ...metrics.coactivation import pair_counts
from ...metrics.specialisation import position_buckets
from ...metrics.transitions import transition_counts
from ...shape import ModelShape
from ...trace import Counts, Doubles, Ints
from .layer_rows import LayerRows, arrays_of, choices_of, stack, sum_of, widened
from .manifest import AtlasError, Manifest, check_files, read
from .parquet_tables import check_rows, connect, readable

KEPT_ANSWERS = 200
LOAD = """
select {per}layer, expert, sum(assigned)::bigint assigned, coalesce(sum(mass), 0) mass from load group by all
"""
TOP_TOKENS = """
select r.token_id, count(*) n from routing r where r.layer = ? and list_contains(r.experts, ?) group by all
"""
SERVED = """
select doc, token_id, position from routing where layer = ? and list_contains(experts, ?)
"""
SHARPEST = """
select doc, position, token_id, list_extract(weights, list_position(experts, ?)) w, margin
from routing where layer = ? and list_contains(experts, ?)
qualify row_number() over (partition by token_id order by w desc, doc, position) <= ?
order by w desc, doc, position limit ?
"""
BY_DOCUMENT = """
select doc, count(*) n from routing where layer = ? and list_contains(experts, ?) group by all
"""


class Atlas:
    """An open atlas. Threads may share it; every answer is a new object."""

    def __init__(self, folder: Path) -> None:
        """Opens a folder. Raises AtlasError if it is not an atlas, lacks a file, or has no rows yet."""
        self.folder = folder
        self.manifest: Manifest = read(folder)
        check_files(folder, self.manifest)
        if not self.manifest.parts:
            raise AtlasError(f"{folder}: expected at least one part, got an atlas without rows; record it")
        check_rows(folder, self.manifest)
        self._connection = connect(folder, self.manifest)
        self._lock = RLock()
        self._answers: dict[Any, Any] = {}
        self._kept: dict[Any, Any] = {}

    @property
    def shape(self) -> ModelShape:
        """Returns the shape of the model."""
        return self.manifest.shape

    @property
    def tokens(self) -> int:
        """Returns the number of tokens in the corpus."""
        return self.manifest.tokens

    def ask(self, statement: str, *values: Any) -> dict[str, Any]:
        """Returns the columns of a statement's result by name, as numpy arrays."""
        cursor = self._connection.cursor()
        try:
            columns: dict[str, Any] = cursor.execute(statement, values).fetchnumpy()
        except duckdb.Error as error:
            raise AtlasError(
                f"{self.folder}: expected Parquet files that can be read, got {error}"
            ) from error
        finally:
            cursor.close()
        return columns

    def once(self, key: Any, make: Any) -> Any:
        """Returns the result of `make`, computed at the first call for a key."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            return self._kept[key]

    def kept_answer(self, key: Any, make: Any) -> Any:
        """Returns the cached answer, else makes it. Only the latest `KEPT_ANSWERS` are cached.

        Two threads may compute the same answer at once.
        """
        with self._lock:
            if key in self._answers:
                return self._answers[key]
        found = make()
        with self._lock:
            self._answers[key] = found
            while len(self._answers) > KEPT_ANSWERS:
                self._answers.pop(next(iter(self._answers)))
        return found

    # Counts over rows

    @cached_property
    def load(self) -> tuple[Counts, Doubles]:
        """Returns assignments and gate mass of each expert: [L, N] twice; the mass is 0 without weights."""
        found = self.ask(LOAD.format(per=""))
        shape = (self.shape.layers, self.shape.experts)
        assigned, mass = np.zeros(shape, np.int64), np.zeros(shape)
        assigned[found["layer"], found["expert"]] = found["assigned"]
        mass[found["layer"], found["expert"]] = found["mass"]
        return assigned, mass

    @cached_property
    def load_by_part(self) -> Counts:
        """Returns the assignments in each part of the corpus, in order: [P, L, N]."""
        found = self.ask(LOAD.format(per="part, "))
        numbers, at = np.unique(found["part"], return_inverse=True)
        counts = np.zeros((len(numbers), self.shape.layers, self.shape.experts), np.int64)
        counts[at, found["layer"], found["expert"]] = found["assigned"]
        return counts

    @cached_property
    def has_weights(self) -> bool:
        """Returns whether rows have combine weights."""
        return bool(self.ask("select weights is not null found from routing limit 1")["found"][0])

    @cached_property
    def occurrences(self) -> Counts:
        """Returns the number of occurrences of each token id: [V], V = the largest id + 1."""
        found = self.ask("select token_id, count(*) n from routing where layer = 0 group by all")
        counts = np.zeros(int(found["token_id"].max(initial=0)) + 1, np.int64)
        counts[found["token_id"]] = found["n"]
        return counts

    @cached_property
    def token_texts(self) -> dict[int, str]:
        """Returns the text of each token id."""
        found = self.ask("select token_id, any_value(text) text from tokens group by all")
        return dict(zip(found["token_id"].tolist(), found["text"].tolist(), strict=True))

    @cached_property
    def token_classes(self) -> dict[int, str]:
        """Returns the class of each token id."""
        found = self.ask("select token_id, any_value(class) class from tokens group by all")
        return dict(zip(found["token_id"].tolist(), found["class"].tolist(), strict=True))

    @cached_property
    def documents(self) -> dict[str, Any]:
        """Returns doc, tokens, domain and language of each document, as columns sorted by doc."""
        return self.ask(
            "select doc, tokens, coalesce(domain, '') domain, coalesce(language, '') as language, "
            "coalesce(split, '') split from documents order by doc"
        )

    def tokens_by_label(self, label: str) -> dict[str, int]:
        """Returns the number of tokens per value of a label; "" for documents without it."""
        found = self.documents
        names, numbers = np.unique(found[label].astype(str), return_inverse=True)
        sums = np.bincount(numbers, weights=found["tokens"]).astype(np.int64)
        return dict(zip(names.tolist(), sums.tolist(), strict=True))

    def top_tokens(self, layer: int, expert: int) -> Counts:
        """Returns how many tokens of each id the expert received: [V]."""
        found = self.ask(TOP_TOKENS, layer, expert)
        counts = np.zeros(len(self.occurrences), np.int64)
        counts[found["token_id"]] = found["n"]
        return counts

    def by_document(self, layer: int, expert: int) -> Counts:
        """Returns how many tokens of each document the expert received, in the order of `documents`."""
        found = self.ask(BY_DOCUMENT, layer, expert)
        counts = np.zeros(len(self.documents["doc"]), np.int64)
        counts[np.searchsorted(self.documents["doc"], found["doc"])] = found["n"]
        return counts

    def served(self, layer: int, expert: int) -> tuple[Ints, Any, Ints, Ints]:
        """Returns the document index, class, id and position of each token that the expert received."""
        found = self.ask(SERVED, layer, expert)
        docs = np.searchsorted(self.documents["doc"], found["doc"]).astype(np.int32)
        ids = found["token_id"].astype(np.int32)
        return docs, self.class_names[ids], ids, found["position"].astype(np.int32)

    @cached_property
    def class_names(self) -> Any:
        """Returns the class of each token id: strings [V]; "" for an id that does not occur."""
        names = np.full(len(self.occurrences), "", dtype="U12")
        for id, name in self.token_classes.items():
            names[id] = name
        return names

    @cached_property
    def class_tokens(self) -> dict[str, int]:
        """Returns the number of tokens per class that occurs."""
        names, numbers = np.unique(self.class_names, return_inverse=True)
        sums = np.bincount(numbers, weights=self.occurrences).astype(np.int64)
        return {
            name: count for name, count in zip(names.tolist(), sums.tolist(), strict=True) if name and count
        }

    @cached_property
    def bucket_tokens(self) -> Counts:
        """Returns the number of tokens per bucket of positions: [B]."""
        found = self.ask("select position, count(*) n from routing where layer = 0 group by all")
        buckets = position_buckets(found["position"].astype(np.int32))
        return np.bincount(buckets, weights=found["n"]).astype(np.int64)

    def label_of(self, doc: int, label: str) -> str:
        """Returns the label of a document; "" without one."""
        return str(self.documents[label][np.searchsorted(self.documents["doc"], doc)])

    def sharpest(self, layer: int, expert: int, most: int, of_token: int) -> list[dict[str, Any]]:
        """Returns the received tokens of largest weight, at most `of_token` for each token id."""
        found = self.ask(SHARPEST, expert, layer, expert, of_token, most)
        return [
            {name: number(column[row]) for name, column in found.items()} for row in range(len(found["doc"]))
        ]

    def document_ids(self, doc: int) -> list[int]:
        """Returns the token ids of a document."""
        found = self.ask("select token_id from routing where layer = 0 and doc = ? order by position", doc)
        ids: list[int] = found["token_id"].tolist()
        return ids

    # Arrays

    def rows(self, layer: int) -> Iterator[LayerRows]:
        """Reads one layer as arrays, part by part. Raises AtlasError."""
        return (arrays_of(table) for table in self.tables(layer))

    def experts(self, layer: int) -> Iterator[Ints]:
        """Reads the choices of one layer alone, part by part: [T, K]. Raises AtlasError."""
        return (choices_of(table["experts"], -1) for table in self.tables(layer, ["experts"]))

    def tables(self, layer: int, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """Reads one layer, part by part: the row group of a layer has its number. Raises AtlasError."""
        for part in self.manifest.parts:
            path = self.folder / part.path("routing")
            with readable(path):
                table = pq.ParquetFile(path).read_row_group(layer, columns=columns)
            yield table

    def coactivation(self, layer: int) -> Counts:
        """Returns how many tokens choose both of two experts: [N, N]."""

        def count() -> Counts:
            return sum_of(pair_counts(rows, self.shape.experts) for rows in self.experts(layer))

        found: Counts = self.once(("coactivation", layer), count)
        return found

    def transitions(self, layer: int) -> Counts:
        """Returns how many tokens choose a in this layer and b in the next: [N, N], row a."""

        def count() -> Counts:
            pairs = zip(self.experts(layer), self.experts(layer + 1), strict=True)
            return sum_of(transition_counts(here, ahead, self.shape.experts) for here, ahead in pairs)

        found: Counts = self.once(("transitions", layer), count)
        return found

    def trace(self, most: int) -> Ints:
        """Returns the choices of about `most` tokens in all layers: [T, L, K], for a simulation.

        Every part gives the same number of its first tokens, so that all domains are included.
        """
        each = -(-most // len(self.manifest.parts))
        layers = [stack([rows[:each] for rows in self.experts(layer)]) for layer in range(self.shape.layers)]
        width = max(rows.shape[1] for rows in layers)
        return np.stack([widened(rows, width) for rows in layers], axis=1)


def number(value: Any) -> Any:
    """Returns a plain number; None for a masked or non-finite one."""
    if value is np.ma.masked:
        return None
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and not np.isfinite(plain) else plain
