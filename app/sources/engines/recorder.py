"""The record of one MoE layer from an engine, and its conversion to steps of a trace.

An engine records the ids and weights that it computed with. Ids are never derived from logits, because
biases, groups, hash tables and capacities make a plain top-k wrong for about half of the model types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from ...routing.alterations import Alteration
from ...routing.zero_experts import left_empty
from ...shape import ModelShape
from ...trace import Bools, Floats, Ints, Step, Token
from ..live.next_tokens import Prediction


@dataclass(frozen=True)
class LayerRecord:
    """The routing of T rows in one MoE layer, as an engine computed it."""

    name: str  # its name in the engine: "model.layers.3.mlp", "blk.3"
    experts: Ints  # [T, K] in any order; -1 for no expert
    weights: Floats  # [T, K] combine weights; 0 if no expert
    scores: Floats | None = None  # [T, N] gate scores in 0..1; None: not available
    logits: Floats | None = None  # [T, N] as the router computed them
    dropped: Bools | None = None  # [T, K] chosen, but over capacity
    kind: str = ""  # label of the layer: "hash", "attention experts"; "" for an ordinary one
    rule: str = ""  # the engine's name of the rule, such as the router's class

    def computed(self, experts: int) -> LayerRecord:
        """Returns the record of the first N experts alone. A choice of a zero expert is -1 with weight 0."""
        ids, weights = left_empty(self.experts, self.weights, experts)
        scores = None if self.scores is None else self.scores[:, :experts]
        logits = None if self.logits is None else self.logits[:, :experts]
        return replace(self, experts=ids, weights=weights, scores=scores, logits=logits)

    def best_first(self) -> LayerRecord:
        """Returns the record with the choices of each row sorted by weight, descending; empty ones come last.

        Engines leave them unsorted. A dropped choice has weight 0 and precedes the empty ones.
        """
        empty = self.experts < 0
        order = np.argsort(np.where(empty, np.inf, -self.weights), axis=-1, kind="stable")

        def along(values: Any) -> Any:
            return None if values is None else np.take_along_axis(values, order, axis=-1)

        columns = {name: along(getattr(self, name)) for name in ("experts", "weights", "dropped")}
        return LayerRecord(**{**vars(self), **columns})


@dataclass(frozen=True)
class EngineFacts:
    """What computed a trace: shown beside the badge LIVE and stored in the origin of a file."""

    engine: str  # "numpy", "transformers", "llama.cpp", "server"
    version: str
    dtype: str  # of the arithmetic: "float32", "bfloat16"
    device: str = "cpu"
    stored: str = ""  # format of the weights on disk, if different: "fp8", "mxfp4", "Q4_K_M"

    def to_json(self) -> dict[str, str]:
        """Returns the fields that are set."""
        return {name: value for name, value in vars(self).items() if value}

    @property
    def note(self) -> str:
        """Returns a clause for display: `by transformers 5.24.0 in bfloat16 on cpu`."""
        stored = f" from {self.stored} weights" if self.stored else ""
        return f"by {self.engine} {self.version} in {self.dtype} on {self.device}{stored}"


@dataclass(frozen=True)
class LayerMap:
    """The MoE layers of a model in the order of the forward pass, and the sizes of a trace."""

    names: tuple[str, ...]
    kinds: tuple[str, ...] = ()  # one label per layer; "" for an ordinary one
    rules: tuple[str, ...] = ()
    experts: int = 0  # N of the widest layer, zero experts not counted
    zeros: int = 0  # zero experts per layer: the router's ids from N on, which compute nothing
    choices: int = 0  # K of the widest layer
    scored: bool = True  # the engine returns gate scores
    logits: bool = True
    drops: bool = False

    @classmethod
    def of(cls, records: Sequence[LayerRecord], computed: int = 0, zeros: int = 0) -> LayerMap:
        """Returns the map of the layers of one whole pass.

        `computed`: N of a model whose router has `zeros` more ids; 0 if it has none.
        """
        return cls(
            names=tuple(record.name for record in records),
            kinds=tuple(record.kind for record in records),
            rules=tuple(record.rule for record in records),
            experts=computed or max(width_of(record) for record in records),
            zeros=zeros,
            choices=max(record.experts.shape[-1] for record in records),
            scored=any(record.scores is not None for record in records),
            logits=all(record.logits is not None for record in records),
            drops=any(record.dropped is not None for record in records),
        )

    def labels(self) -> dict[str, Any]:
        """Returns the header's entries on unusual layers and zero experts; empty for a model without any."""
        kinds = {str(layer): kind for layer, kind in enumerate(self.kinds) if kind}
        found = {"layer_kinds": kinds, "zero_experts": self.zeros}
        return {name: value for name, value in found.items() if value}


def width_of(record: LayerRecord) -> int:
    """Returns the number of experts that a record implies."""
    for column in (record.scores, record.logits):
        if column is not None:
            return int(column.shape[-1])
    return int(record.experts.max(initial=-1)) + 1


def steps_of(records: Mapping[str, LayerRecord], layers: LayerMap, rows: int) -> list[Step]:
    """Returns one step per row. A layer without a record has no experts for these rows.

    Narrower layers are padded to the widest: scores 0, experts -1, weights 0.
    """
    shape = (rows, len(layers.names))
    experts = np.full((*shape, layers.choices), -1, np.int32)
    weights = np.zeros((*shape, layers.choices), np.float32)
    scores = np.zeros((*shape, layers.experts), np.float32) if layers.scored else None
    logits = np.zeros((*shape, layers.experts), np.float32) if layers.logits else None
    dropped = np.zeros((*shape, layers.choices), np.bool_) if layers.drops else None
    for layer, name in enumerate(layers.names):
        record = records.get(name)
        if record is None:
            continue
        check_finite(record, layer)
        sorted_record = record.computed(layers.experts).best_first()
        for column, values in (
            (experts, sorted_record.experts),
            (weights, sorted_record.weights),
            (scores, sorted_record.scores),
            (logits, sorted_record.logits),
            (dropped, sorted_record.dropped),
        ):
            if column is not None and values is not None:
                column[:, layer, : values.shape[-1]] = values
    nothing = [None] * rows
    columns = (scores, experts, weights, logits, dropped)
    return list(map(Step, *(nothing if column is None else column for column in columns)))


def check_finite(record: LayerRecord, layer: int) -> None:
    """Raises ValueError naming layer and row of a number that is not finite."""
    for name in ("logits", "weights"):
        values = getattr(record, name)
        if values is not None and np.isnan(values).any():
            row = int(np.argwhere(np.isnan(values))[0, 0])
            raise ValueError(
                f"{name}: expected numbers, got nan in layer {layer} ({record.name}), row {row}; "
                "the weights are damaged, or the dtype is too small for them"
            )


class EngineModel(Protocol):
    """A model that an engine has open. It holds no state of a prompt."""

    name: str
    family: str
    digest: str  # hash of everything that decides the routing

    @property
    def facts(self) -> EngineFacts: ...

    @property
    def shape(self) -> ModelShape: ...

    @property
    def layers(self) -> LayerMap: ...

    def encode(self, text: str) -> tuple[Token, ...]:
        """Returns the tokens of a text."""

    def encode_chat(self, messages: list[dict[str, str]]) -> tuple[Token, ...]:
        """Returns the tokens of a conversation, formatted by the model's chat template."""

    def token(self, id: int) -> Token:
        """Returns a token by its id. Raises EngineRefusal if the model has no such id."""

    def before_steps(self, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """Returns the tokens that have a step before generation, such as a decoder's start token."""

    def check_alterations(self, alterations: tuple[Alteration, ...]) -> None:
        """Raises ValueError if an alteration does not fit the model, or the engine supports none."""

    def predict(self, tokens: tuple[Token, ...], alterations: tuple[Alteration, ...]) -> Prediction:
        """Returns next tokens and chosen experts for a whole text."""

    def steps(
        self, tokens: tuple[Token, ...], more: int, chunk: int | None, alterations: tuple[Alteration, ...]
    ) -> Iterator[Step]:
        """Yields the routing of each token, and of up to `more` generated ones. `chunk`: tokens per pass."""
