"""Encodes and decodes text for a checkpoint folder, for any engine."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import tokenizers

from ...trace import Token
from ..live.config import CheckpointError
from ..live.tokenizer import Tokenizer
from .chat_template import read_template, render
from .engine_error import EngineRefusal


class ModelTokens:
    """A model with the tokenizer of its folder, read on demand. Without one it accepts token ids."""

    def __init__(self, folder: Path, vocabulary: int) -> None:
        self.folder = folder
        self.vocabulary = vocabulary

    @cached_property
    def _tokenizer(self) -> Tokenizer | None:
        if not (self.folder / "tokenizer.json").exists():
            return None
        return Tokenizer.open(self.folder, self.vocabulary)

    def encode(self, text: str) -> tuple[Token, ...]:
        """Returns the tokens of a text. Raises EngineRefusal if the folder has no tokenizer.json."""
        return self._needed().encode(text)

    def encode_chat(self, messages: list[dict[str, str]]) -> tuple[Token, ...]:
        """Returns the tokens of a conversation, special tokens of the template included."""
        needed = self._needed()
        text = render(*chat_parts(self.folder, messages))
        fast = tokenizers.Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        return tuple(Token(needed.text(id), id=id) for id in fast.encode(text, add_special_tokens=False).ids)

    def token(self, id: int) -> Token:
        """Returns a token by its id. Raises EngineRefusal if the model has no such id."""
        if not 0 <= id < self.vocabulary:
            raise EngineRefusal(f"token ids: expected 0 to {self.vocabulary - 1}, got {id}")
        try:
            tokenizer = self._tokenizer
        except CheckpointError:
            tokenizer = None  # ids alone need no tokenizer
        return Token(f"[{id}]" if tokenizer is None else tokenizer.text(id), id=id)

    def _needed(self) -> Tokenizer:
        if self._tokenizer is None:
            raise EngineRefusal(
                f"{self.folder}: expected tokenizer.json, got none; give --token-ids, or save it with "
                "transformers: AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)"
            )
        return self._tokenizer


def chat_parts(
    folder: Path, messages: list[dict[str, str]]
) -> tuple[str, list[dict[str, str]], dict[str, str]]:
    """Returns the arguments of `render` for a folder."""
    template, special = read_template(folder)
    return template, messages, special
