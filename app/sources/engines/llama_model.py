"""A GGUF file run by llama.cpp on this machine, recorded through its callback."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from threading import Lock
from typing import Any

import llama_cpp
import numpy as np

from ...routing.alterations import Alteration
from ...shape import ModelShape
from ...trace import Floats, Step, Token
from ..live.next_tokens import Prediction, next_tokens_by_rows
from .chat_template import render
from .engine_error import EngineRefusal
from .engine_trace import check_length
from .llama_callback import GraphRecorder
from .memory_limit import check_memory
from .model_files import ModelFiles
from .recorder import EngineFacts, LayerMap, LayerRecord, steps_of

PIECE_BYTES = 256
TEXT_BYTES = 4096  # limit on one metadata value


class LlamaModel:
    """A GGUF that llama.cpp has open. Each prompt has its own context."""

    def __init__(self, files: ModelFiles) -> None:
        check_memory(files.name, files.weight_bytes())
        llama_cpp.llama_log_set(SILENT, ctypes.c_void_p(0))
        self._model = llama_cpp.llama_model_load_from_file(
            str(files.path).encode(), llama_cpp.llama_model_default_params()
        )
        if not self._model:
            raise EngineRefusal(
                f"{files.path}: llama.cpp {llama_cpp.__version__} cannot load it; "
                "a newer one may know its architecture: pip install -U llama-cpp-python"
            )
        self.name = files.name
        self.digest = files.digest()
        self.family = self._text("general.architecture")
        self._vocabulary = llama_cpp.llama_model_get_vocab(self._model)
        self._size = int(llama_cpp.llama_vocab_n_tokens(self._vocabulary))
        self._lock = Lock()
        if not self._number("expert_count"):
            raise EngineRefusal(
                f"{files.path}: expected a model with experts, got {self.family} without; choose a MoE"
            )

    @property
    def facts(self) -> EngineFacts:
        """Returns the engine's facts, and the quantisation of the file."""
        text = ctypes.create_string_buffer(PIECE_BYTES)
        llama_cpp.llama_model_desc(self._model, text, len(text))
        stored = text.value.decode().replace(" ?B", "")  # sizes that llama.cpp has no name for
        return EngineFacts("llama.cpp", llama_cpp.__version__, "float32", stored=stored)

    @cached_property
    def layers(self) -> LayerMap:
        """Returns the MoE layers, found by running two tokens."""
        with self._lock, self._context(2) as run:
            records, _ = run([0, min(1, self._size - 1)])
        return LayerMap.of(list(records.values()))

    @property
    def shape(self) -> ModelShape:
        """Returns the sizes from the file's metadata; their sum is the file's number of parameters."""
        d_model = int(llama_cpp.llama_model_n_embd(self._model))
        width = self._number("expert_feed_forward_length") or self._number("feed_forward_length")
        shape = ModelShape(
            layers=len(self.layers.names),
            experts=self.layers.experts,
            top_k=self.layers.choices,
            d_model=d_model,
            d_expert=width,
            d_shared=self._number("expert_shared_feed_forward_length"),
            embeddings=self._size * d_model,
        )
        rest = int(llama_cpp.llama_model_n_params(self._model)) - shape.total_p - shape.rest
        return replace(shape, dense=max(0, rest))

    def encode(self, text: str) -> tuple[Token, ...]:
        """Returns the tokens of a text, with the special tokens that the file adds."""
        return self._encode(text, special=True, parse=False)

    def encode_chat(self, messages: list[dict[str, str]]) -> tuple[Token, ...]:
        """Returns the tokens of a conversation, formatted by the file's chat template."""
        template = llama_cpp.llama_model_chat_template(self._model, None)
        if not template:
            raise EngineRefusal("chat: expected a file with a chat template, got none; use --prompt")
        ends = {"bos_token": llama_cpp.llama_vocab_bos, "eos_token": llama_cpp.llama_vocab_eos}
        found = {name: int(ask(self._vocabulary)) for name, ask in ends.items()}
        special = {name: self.token(id).text for name, id in found.items() if id >= 0}
        return self._encode(render(template.decode(), messages, special), special=False, parse=True)

    def token(self, id: int) -> Token:
        """Returns a token by its id."""
        if not 0 <= id < self._size:
            raise EngineRefusal(f"token ids: expected 0 to {self._size - 1}, got {id}")
        text = ctypes.create_string_buffer(PIECE_BYTES)
        length = llama_cpp.llama_token_to_piece(self._vocabulary, id, text, len(text), 0, True)
        return Token(text.raw[: max(0, length)].decode(errors="backslashreplace") or f"[{id}]", id=id)

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
        """Yields the routing of each token, pass by pass, then of greedily generated tokens."""
        check_length(tokens, more, chunk)
        check_unaltered(alterations)
        layers = self.layers
        ids = [int(self.token(-1 if token.id is None else token.id).id or 0) for token in tokens]
        size = chunk or len(ids)
        with self._lock, self._context(len(ids) + more) as run:
            for start in range(0, len(ids), size):
                piece = ids[start : start + size]
                records, logits = run(piece)
                yield from steps_of(records, layers, len(piece))
            for _ in range(more):
                id = int(logits(slice(-1, None)).argmax())
                if llama_cpp.llama_vocab_is_eog(self._vocabulary, id):
                    return
                records, logits = run([id])
                (step,) = steps_of(records, layers, 1)
                yield replace(step, written=self.token(id))

    def check_alterations(self, alterations: tuple[Alteration, ...]) -> None:
        """Raises EngineRefusal for any alteration: llama.cpp's graph cannot be changed."""
        check_unaltered(alterations)

    def predict(self, tokens: tuple[Token, ...], alterations: tuple[Alteration, ...] = ()) -> Prediction:
        """Returns next tokens and chosen experts for a whole text."""
        check_unaltered(alterations)
        ids, layers = [int(token.id or 0) for token in tokens], self.layers
        with self._lock, self._context(len(ids)) as run:
            records, logits = run(ids)
            found = next_tokens_by_rows(logits, np.array(ids))
        return Prediction(found, np.stack([step.experts for step in steps_of(records, layers, len(ids))]))

    @contextmanager
    def _context(self, room: int) -> Iterator[Any]:
        """Yields a function that runs token ids after the previous ones: records and logits."""
        recorder = GraphRecorder()
        settings = llama_cpp.llama_context_default_params()
        settings.n_ctx = settings.n_batch = max(room, 8)
        settings.n_ubatch = min(settings.n_batch, 512)
        settings.n_threads = settings.n_threads_batch = os.cpu_count() or 1
        settings.cb_eval = recorder.callback
        context = llama_cpp.llama_init_from_model(self._model, settings)
        if not context:
            raise EngineRefusal(f"{self.name}: llama.cpp has no memory for {room} tokens; shorten the text")
        batch = llama_cpp.llama_batch_init(room, 0, 1)
        place = 0

        def logits(rows: slice) -> Floats:
            """Returns the logits of some tokens of the last pass: [T, V]."""
            places = range(*rows.indices(int(batch.n_tokens)))
            found = [llama_cpp.llama_get_logits_ith(context, at) for at in places]
            return np.stack([np.ctypeslib.as_array(one, (self._size,)) for one in found])

        def run(ids: list[int]) -> tuple[dict[str, LayerRecord], Callable[[slice], Floats]]:
            nonlocal place
            fill(batch, ids, place)
            place += len(ids)
            if llama_cpp.llama_decode(context, batch):
                raise EngineRefusal(f"{self.name}: llama.cpp failed at token {place}; shorten the text")
            return recorder.take(), logits

        try:
            yield run
        finally:
            llama_cpp.llama_batch_free(batch)
            llama_cpp.llama_free(context)

    def _encode(self, text: str, special: bool, parse: bool) -> tuple[Token, ...]:
        data = text.encode()
        room = len(data) + 8
        ids = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self._vocabulary, data, len(data), ids, room, special, parse)
        if count < 0:
            raise EngineRefusal("prompt: expected a text that the file's tokenizer takes; give --token-ids")
        return tuple(self.token(int(id)) for id in ids[:count])

    def _text(self, key: str) -> str:
        """Returns a metadata value as text; "" if absent."""
        text = ctypes.create_string_buffer(TEXT_BYTES)
        length = llama_cpp.llama_model_meta_val_str(self._model, key.encode(), text, len(text))
        return text.value.decode(errors="replace") if length >= 0 else ""

    def _number(self, key: str) -> int:
        """Returns a number from the architecture's metadata; 0 if absent."""
        text = self._text(f"{self.family}.{key}")
        return int(text) if text.isdigit() else 0


def check_unaltered(alterations: tuple[Alteration, ...]) -> None:
    """Raises EngineRefusal for any alteration."""
    if alterations:
        raise EngineRefusal(
            "alter: llama.cpp runs a graph that cannot be altered; use the safetensors checkpoint"
        )


def fill(batch: Any, ids: list[int], place: int) -> None:
    """Puts tokens into a batch. All logits are requested; otherwise the last layer drops rows."""
    batch.n_tokens = len(ids)
    for index, id in enumerate(ids):
        batch.token[index] = id
        batch.pos[index] = place + index
        batch.n_seq_id[index] = 1
        batch.seq_id[index][0] = 0
        batch.logits[index] = True


def say_nothing(level: int, text: bytes, user: Any) -> None:
    """Discards llama.cpp's log messages."""


SILENT = llama_cpp.llama_log_callback(say_nothing)  # keeps the callback alive


def open_model(files: ModelFiles) -> LlamaModel:
    """Opens a GGUF file. Raises EngineRefusal."""
    return LlamaModel(files)
