"""`with moescope.record(model) as r`: records the routing of a model in the user's own code."""

from __future__ import annotations

from typing import Any

import numpy as np
import transformers

from ...trace import RoutingTrace, Token
from .engine_trace import header_of
from .recorder import EngineFacts, LayerMap, LayerRecord, steps_of
from .transformers_hooks import Pass, RoutingHooks
from .transformers_shape import shape_of


class Recording:
    """Hooks on a model within a `with` block.

    Works in eager mode, under `torch.no_grad` and in training; not under `torch.compile`. Recomputation by
    gradient checkpointing is not recorded again. Memory grows with each call until `clear`.
    """

    def __init__(self, model: Any, tokenizer: Any = None, scores: bool = True) -> None:
        """Prepares a recording. `tokenizer`: gives texts to tokens. `scores=False`: records no scores."""
        self.model = model
        self._tokenizer = tokenizer
        self._hooks = RoutingHooks(model, scores)

    def __enter__(self) -> Recording:
        self._hooks.attach()
        return self

    def __exit__(self, *error: object) -> None:
        self._hooks.detach()

    def clear(self) -> None:
        """Discards the recorded passes."""
        self._hooks.take()

    @property
    def trace(self) -> RoutingTrace:
        """Returns the one recorded sequence. Raises ValueError if there are none or several."""
        traces = self.traces
        if len(traces) != 1:
            advice = "use r.traces" if traces else "call the model inside the `with` block"
            raise ValueError(f"trace: expected 1 recorded sequence, got {len(traces)}; {advice}")
        return traces[0]

    @property
    def traces(self) -> list[RoutingTrace]:
        """Returns one trace per sequence, batches in order, without padding."""
        groups = sequences(self._hooks.passes)
        return [self._trace(group, row) for group in groups for row in range(batch_of(group))]

    def _trace(self, group: list[Pass], row: int) -> RoutingTrace:
        layers = LayerMap.of(first_records(self._hooks.passes), self._hooks.computed, self._hooks.zeros)
        tokens, steps = [], []
        for done in group:
            ids, records = sequence_of(done, row, batch_of(group))
            tokens += [self._token(id) for id in ids]
            steps += steps_of(records, layers, len(ids))
        config = self.model.config
        header = header_of(
            name=str(getattr(config, "_name_or_path", "")).rstrip("/").rpartition("/")[2]
            or type(self.model).__name__,
            family=str(config.model_type),
            facts=EngineFacts(
                "transformers",
                transformers.__version__,
                str(self.model.dtype).removeprefix("torch."),
                self.model.device.type,
            ),
            shape=shape_of(self.model, len(layers.names), layers.experts, layers.choices),
            layers=layers,
            tokens=tuple(tokens),
        )
        return RoutingTrace.from_steps(header, steps)

    def _token(self, id: int) -> Token:
        if id < 0:
            return Token("[embedding]")
        text = f"[{id}]" if self._tokenizer is None else str(self._tokenizer.decode([id]))
        return Token(text, id=id)


def sequences(passes: list[Pass]) -> list[list[Pass]]:
    """Groups passes: one that continues another, and a decoder's with its encoder's."""
    groups: list[list[Pass]] = []
    for done in passes:
        if groups and (done.continues or done.root == "decoder"):
            groups[-1].append(done)
        else:
            groups.append([done])
    return groups


def batch_of(group: list[Pass]) -> int:
    """Returns the batch size of a group. Raises ValueError if it varies, as in a beam search."""
    sizes = {1 if done.ids is None else len(done.ids) for done in group}
    if len(sizes) > 1:
        raise ValueError(f"batch: expected one size in all passes, got {sorted(sizes)}; record without beams")
    return sizes.pop()


def sequence_of(done: Pass, row: int, batch: int) -> tuple[list[int], dict[str, LayerRecord]]:
    """Returns token ids and records of one sequence of a pass, without padding."""
    length = done.rows // batch
    ids = np.full(length, -1) if done.ids is None else done.ids[row]
    real = np.ones(length, bool) if done.real is None else done.real[row]
    records = {}
    for name, record in done.records.items():
        if len(record.experts) != done.rows:
            raise ValueError(
                f"{name}: expected a row for each of {done.rows} tokens, got {len(record.experts)}; "
                "tokens of several kinds (images) are not recorded"
            )
        records[name] = cut(record, slice(row * length, (row + 1) * length), real)
    return [int(id) for id in ids[real]], records


def cut(record: LayerRecord, rows: slice, real: Any) -> LayerRecord:
    """Returns the given rows of a record."""
    columns = ("experts", "weights", "scores", "logits", "dropped")
    parts = {name: None if (c := getattr(record, name)) is None else c[rows][real] for name in columns}
    return LayerRecord(**{**vars(record), **parts})


def first_records(passes: list[Pass]) -> list[LayerRecord]:
    """Returns the first record of every layer in the order of the forward pass, encoders first."""
    found: dict[str, LayerRecord] = {}
    for done in sorted(passes, key=lambda done: done.root == "decoder"):
        for name, record in done.records.items():
            found.setdefault(name, record)
    return list(found.values())
