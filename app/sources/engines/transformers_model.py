"""A model run by transformers on this machine, recorded by hooks."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
import torch
import transformers

from ...routing.alterations import Alteration
from ...shape import ModelShape
from ...trace import Step, Token
from ..live.next_tokens import Prediction, next_tokens_by_rows
from .engine_error import EngineRefusal
from .engine_trace import check_length
from .model_files import ModelFiles
from .model_tokens import ModelTokens
from .recorder import EngineFacts, LayerMap, LayerRecord, steps_of
from .transformers_alterations import altered, check_done
from .transformers_hooks import Pass, RoutingHooks
from .transformers_loading import ends_of, load, quiet
from .transformers_shape import shape_of

PROBED = 8  # tokens of the probing pass


@dataclass(frozen=True)
class State:
    """The state of one prompt; it belongs to one generator of steps."""

    output: Any  # the model's output: logits and cache
    encoded: Any = None  # the encoder's output for the prompt


class TransformersModel(ModelTokens):
    """A checkpoint loaded by transformers. Its hooks stay attached; a lock serialises prompts."""

    def __init__(self, files: ModelFiles, model: Any) -> None:
        self.name = files.name
        self.family = files.model_type
        self.digest = files.digest()
        self.model = model
        self._stored = files.quantised
        self._config = model.config.get_text_config(decoder=True)
        self._hooks = RoutingHooks(model).attach()
        super().__init__(files.path, int(self._config.vocab_size))
        self._lock = Lock()
        self._parameters = set(inspect.signature(model.forward).parameters)
        self._two_stacks = bool(getattr(model.config, "is_encoder_decoder", False))
        self._diffuses = "Diffusion" in type(model).__name__

    @classmethod
    def open(cls, files: ModelFiles) -> TransformersModel:
        """Loads the checkpoint. Raises EngineRefusal for one that cannot run here."""
        model = load(files)
        try:
            return cls(files, model)
        except ValueError as error:
            raise EngineRefusal(str(error)) from error

    @property
    def facts(self) -> EngineFacts:
        """Returns the engine's facts, with the dtype."""
        dtype = str(self.model.dtype).removeprefix("torch.")
        return EngineFacts(
            "transformers", transformers.__version__, dtype, self.model.device.type, self._stored
        )

    @cached_property
    def layers(self) -> LayerMap:
        """Returns the MoE layers, found by running a few tokens."""
        return LayerMap.of(self._probed, self._hooks.computed, self._hooks.zeros)

    @cached_property
    def shape(self) -> ModelShape:
        """Returns the sizes, counted from the weights."""
        layers = self.layers
        return shape_of(self.model, len(layers.names), layers.experts, layers.choices)

    @cached_property
    def _probed(self) -> list[LayerRecord]:
        """Returns the layers of one pass over a few tokens; one would not distinguish score functions."""
        ids = list(range(min(PROBED, int(self._config.vocab_size))))
        with self._lock, torch.inference_mode(), quiet():
            passes, _ = self._run(ids, None, cached=False)
        return [record for done in passes for record in done.records.values()]

    def before_steps(self, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """Returns the prompt, and the start token of a decoder."""
        return (*tokens, self.token(self._start)) if self._two_stacks else tokens

    def steps(
        self,
        tokens: tuple[Token, ...],
        more: int = 0,
        chunk: int | None = None,
        alterations: tuple[Alteration, ...] = (),
    ) -> Iterator[Step]:
        """Yields the routing of each token, pass by pass, then of greedily generated tokens."""
        check_length(tokens, more, chunk)
        if more and self._diffuses:
            raise EngineRefusal(
                "continue: expected 0 for a diffusion model, which fills a canvas in many passes; "
                "use: with moescope.record(model) as r: model.generate(...)"
            )
        ids = [self._checked(token) for token in tokens]
        size = len(ids) if chunk is None or self._two_stacks or self._diffuses else chunk
        state: State | None = None
        for start in range(0, len(ids), size):
            piece = ids[start : start + size]
            made, state = self._locked(piece, state, more > 0 or size < len(ids), alterations)
            yield from made
        for _ in range(more):
            assert state is not None, "check_length refuses an empty prompt"
            id = int(state.output.logits[0, -1].argmax())
            if id in ends_of(self.model):
                return
            (step,), state = self._locked([id], state, True, alterations)
            yield replace(step, written=self.token(id))

    def check_alterations(self, alterations: tuple[Alteration, ...]) -> None:
        """Raises EngineRefusal if an alteration names a missing layer, expert or router."""
        layers = self.layers
        with self._lock, altered(self.model, layers, alterations):
            pass

    def predict(self, tokens: tuple[Token, ...], alterations: tuple[Alteration, ...] = ()) -> Prediction:
        """Returns next tokens and experts for a whole text. Raises EngineRefusal if not a causal decoder."""
        if self._two_stacks or self._diffuses:
            raise EngineRefusal("next tokens: expected a causal decoder, got another kind of model")
        ids, layers = [self._checked(token) for token in tokens], self.layers
        with self._lock, torch.inference_mode(), quiet(), altered(self.model, layers, alterations):
            self._hooks.take()
            logits = self.model(input_ids=torch.tensor([ids], device=self.model.device)).logits[0]
            passes = self._hooks.take()
            found = next_tokens_by_rows(lambda rows: logits[rows].float().cpu().numpy(), np.array(ids))
        steps = [step for done in passes for step in steps_of(done.records, layers, done.rows)]
        return Prediction(found, np.stack([step.experts for step in steps]))

    def _locked(
        self, ids: list[int], state: State | None, cached: bool, alterations: tuple[Alteration, ...]
    ) -> tuple[list[Step], State]:
        """Returns the steps of one call under the lock, and the state for the next call."""
        layers = self.layers
        with self._lock, torch.inference_mode(), quiet(), altered(self.model, layers, alterations):
            passes, after = self._run(ids, state, cached)
        steps = []
        for done in passes:
            check_done(done.records, layers, alterations)
            steps += steps_of(done.records, layers, done.rows)
        return steps, after

    def _run(self, ids: list[int], state: State | None, cached: bool) -> tuple[list[Pass], State]:
        """Runs token ids after those of `state`. Returns its passes, and the state after them."""
        self._hooks.take()
        after = self._call(torch.tensor([ids], device=self.model.device), state, cached)
        return self._hooks.take(), after

    def _call(self, ids: torch.Tensor, state: State | None, cached: bool) -> State:
        if self._diffuses:
            return State(self.model.get_submodule("model.encoder")(input_ids=ids))
        options: dict[str, Any] = {"use_cache": cached} if "use_cache" in self._parameters else {}
        if "logits_to_keep" in self._parameters:
            options["logits_to_keep"] = 1
        if state is not None:
            options["past_key_values"] = state.output.past_key_values
        if not self._two_stacks:
            return State(self.model(input_ids=ids, **options))
        if state is None:
            encoded = self.model.get_encoder()(input_ids=ids)
            ids = torch.tensor([[self._start]], device=ids.device)
        else:
            encoded = state.encoded
        return State(self.model(encoder_outputs=encoded, decoder_input_ids=ids, **options), encoded)

    @property
    def _start(self) -> int:
        """Returns the start token of a decoder."""
        for name in ("decoder_start_token_id", "bos_token_id", "pad_token_id"):
            found = getattr(self.model.config, name, None)
            if found is not None:
                return int(found)
        return 0

    def _checked(self, token: Token) -> int:
        if token.id is None:
            raise EngineRefusal(f"tokens: expected ids, got {token.text!r} without one")
        return int(self.token(token.id).id or 0)


def open_model(files: ModelFiles) -> TransformersModel:
    """Opens a checkpoint folder. Raises EngineRefusal."""
    return TransformersModel.open(files)
