"""A checkpoint on the embedded numpy engine, with the interface of the other engines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ... import __version__
from ...routing import Router
from ...routing.alterations import Alteration, altered, check_all
from ...shape import ModelShape
from ...trace import Step, Token
from ..live.checkpoint import Checkpoint
from ..live.forward import Forward, Routing
from ..live.generation import chunks, sample
from ..live.next_tokens import Prediction, next_tokens_by_rows
from .engine_trace import check_length
from .memory_limit import check_memory
from .model_files import ModelFiles
from .model_tokens import ModelTokens
from .recorder import EngineFacts, LayerMap


class NumpyModel(ModelTokens):
    """A checkpoint of a family that numpy supports, with the router of its training."""

    def __init__(self, files: ModelFiles, checkpoint: Checkpoint) -> None:
        config = checkpoint.config
        super().__init__(files.path, config.vocabulary)
        self.name = files.name
        self.family = config.family
        self.digest = checkpoint.digest
        self.facts = EngineFacts("numpy", __version__, "float32")
        self.shape: ModelShape = checkpoint.shape
        self._forward = Forward(checkpoint)
        self._router = checkpoint.router
        names = tuple(
            f"model.layers.{i}.{checkpoint.family.block}" for i, moe in enumerate(config.moe_layers) if moe
        )
        rules = (checkpoint.router.name,) * len(names)
        self.layers = LayerMap(names, rules=rules, experts=config.experts, choices=config.top_k)

    def before_steps(self, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """Returns the prompt unchanged."""
        return tokens

    def steps(
        self,
        tokens: tuple[Token, ...],
        more: int = 0,
        chunk: int | None = None,
        alterations: tuple[Alteration, ...] = (),
    ) -> Iterator[Step]:
        """Yields the routing of each token, then of greedily generated ones."""
        check_length(tokens, more, chunk)
        forward, k = self._forward, self.shape.top_k
        router = altered(self._router, alterations, self.shape.layers, self.shape.experts)
        ids = np.array([self.token(token.id or 0).id for token in tokens], np.int32)
        cache = forward.cache(len(ids) + more)
        routing: Routing | None = None
        for piece in pieces(len(ids), chunk, router, forward.checkpoint.kept is None):
            routing = forward.extend(ids[piece], cache, k, router.route, keep=1 if more else 0)
            yield from routing.steps()
        for _ in range(more):
            assert routing is not None, "check_length refuses an empty prompt"
            id = sample(forward.head(routing.hidden)[0], temperature=0, random=np.random.default_rng(0))
            if id in forward.config.ends:
                return
            routing = forward.extend(np.array([id], np.int32), cache, k, router.route, keep=1)
            (step,) = routing.steps()
            yield replace(step, written=self.token(id))

    def check_alterations(self, alterations: tuple[Alteration, ...]) -> None:
        """Raises BadSetting if an alteration does not fit the model."""
        check_all(alterations, self._router, self.shape.layers, self.shape.experts)

    def predict(self, tokens: tuple[Token, ...], alterations: tuple[Alteration, ...] = ()) -> Prediction:
        """Returns next tokens and chosen experts for a whole text."""
        forward, shape = self._forward, self.shape
        router = altered(self._router, alterations, shape.layers, shape.experts)
        ids = np.array([self.token(token.id or 0).id for token in tokens], np.int32)
        routing = forward.extend(ids, forward.cache(len(ids)), shape.top_k, router.route, keep=len(ids))
        found = next_tokens_by_rows(lambda rows: forward.head(routing.hidden[rows]), ids)
        return Prediction(found, np.stack([step.experts for step in routing.steps()]))


def pieces(count: int, chunk: int | None, router: Router, streamed: bool) -> Iterator[slice]:
    """Yields the tokens of each pass: growing pieces, or pieces of `chunk`."""
    if chunk is None:
        yield from chunks(count, router, streamed)
        return
    yield from (slice(start, min(count, start + chunk)) for start in range(0, count, chunk))


def open_model(files: ModelFiles) -> NumpyModel:
    """Opens a checkpoint folder. Raises CheckpointError for an unsupported family."""
    checkpoint = Checkpoint.open(files.path)
    check_memory(files.name, files.weight_bytes() // 4)  # weights are memory-mapped and read on use
    return NumpyModel(files, checkpoint)
