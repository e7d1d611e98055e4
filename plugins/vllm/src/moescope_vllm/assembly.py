"""Rows from all pipeline stages, joined by position and returned in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load

Row = dict[str, NDArray[Any]]


class Assembly:
    """The rows of one request. A row is whole once every stage has handed it over."""

    def __init__(self, layers: Sequence[int]) -> None:
        """`layers`: the numbers of all MoE layers, ascending."""
        self.layers = tuple(layers)
        self.next = 0  # position of the next row to hand on
        self.dropped = 0
        self.missing = 0
        self._rows: dict[int, dict[int, Row]] = {}  # position -> first layer of the stage -> its columns
        self._tokens: dict[int, int] = {}

    def add(self, replies: Sequence[Mapping[str, Any] | None]) -> None:
        """Takes the answers of all workers to `moescope_take`. Raises ValueError if one is an error."""
        for reply in replies:
            if reply is None:
                continue
            if "error" in reply:
                raise ValueError(reply["error"])
            self.dropped = max(self.dropped, reply["dropped"])
            for data in reply["requests"].values():
                self._add_stage(reply["layers"], load(data))

    def _add_stage(self, layers: Sequence[int], columns: Mapping[str, NDArray[Any]]) -> None:
        if not layers:
            return
        for index, position in enumerate(columns["positions"].tolist()):
            row = {name: columns[name][index] for name in ("logits", "ids", "weights")}
            self._rows.setdefault(position, {})[layers[0]] = row
            if columns["tokens"][index] >= 0:
                self._tokens[position] = int(columns["tokens"][index])

    def ready(self, sequence: Sequence[int], last: bool = False) -> Row | None:
        """Returns the next rows of the tokens of a request: logits [n, L, N], ids and weights [n, L, k], or
        None.

        The last token of the sequence has none: it was sampled and has not been through the model. Rows of
        other tokens than those of the sequence (rejected drafts) are left out. A gap ends the rows; the
        `last` call counts what is missing behind it.
        """
        end, found = len(sequence) - 1, []
        while self.next < end:
            row = self._row(self.next, sequence[self.next])
            if row is None:
                break
            found.append(row)
            self._rows.pop(self.next, None)
            self.next += 1
        if last:
            self.missing = max(0, end - self.next)
        return {name: np.stack([row[name] for row in found]) for name in found[0]} if found else None

    def _row(self, position: int, token: int) -> Row | None:
        stages = self._rows.get(position, {})
        if self._tokens.get(position, token) != token:
            return None
        parts = [stages[first] for first in sorted(stages)]
        if not parts or sum(len(part["ids"]) for part in parts) != len(self.layers):
            return None
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
