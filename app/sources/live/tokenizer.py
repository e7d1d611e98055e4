"""Converts text to tokens, and tokens to readable text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import tokenizers

from ...problem import cut
from ...trace import Token
from .config import CheckpointError

MOST_BYTES = 64 << 20


class Tokenizer:
    """A checkpoint's tokenizer.json. Special tokens are not recognised in user input."""

    def __init__(self, data: str) -> None:
        """Parses a tokenizer.json. Raises ValueError if `data` is not one."""
        try:
            self._fast = tokenizers.Tokenizer.from_str(data)
        except Exception as error:  # the library raises bare Exception
            raise ValueError(str(error)) from error
        self._fast.no_truncation()
        self._fast.no_padding()
        self._fast.encode_special_tokens = True
        self._byte_level = "ByteLevel" in kinds(
            json.loads(data).get("decoder")
        )  # the library's limit on nesting
        self._added = {id: token.content for id, token in self._fast.get_added_tokens_decoder().items()}

    @classmethod
    def open(cls, folder: Path, vocabulary: int) -> Tokenizer:
        """Reads tokenizer.json. Raises CheckpointError if it is missing, wrong, or too large."""
        path = folder / "tokenizer.json"
        try:
            if path.stat().st_size > MOST_BYTES:
                raise ValueError(f"expected at most {MOST_BYTES:,} bytes, got {path.stat().st_size:,}")
            tokenizer = cls(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise CheckpointError(f"{path.name}: expected a tokenizer; {error.strerror}") from error
        except (ValueError, RecursionError) as error:
            raise CheckpointError(f"{path.name}: expected a tokenizer; {cut(str(error))}") from error
        largest = max(tokenizer._fast.get_vocab().values(), default=0)
        if largest >= vocabulary:
            raise CheckpointError(f"{path.name}: expected ids below vocab_size {vocabulary}, got {largest}")
        return tokenizer

    def encode(self, text: str) -> tuple[Token, ...]:
        """Returns the tokens of a text, with the special tokens that the tokenizer adds."""
        return tuple(Token(self.text(id), id=id) for id in self._fast.encode(text).ids)

    def text(self, id: int) -> str:
        """Returns the displayed text of a token.

        Bytes of an incomplete character are written as \xf0.
        """
        if id in self._added:
            return self._added[id]
        return self._bytes(id).decode("utf-8", errors="backslashreplace")

    def join(self, ids: list[int]) -> str:
        """Returns the joined text of tokens; characters split over tokens are decoded."""
        parts = [self._added[id].encode() if id in self._added else self._bytes(id) for id in ids]
        return b"".join(parts).decode("utf-8", errors="backslashreplace")

    def _bytes(self, id: int) -> bytes:
        piece = self._fast.id_to_token(id)
        if piece is None:  # the embedding may have more rows than the tokenizer has entries
            return f"[{id}]".encode()
        if self._byte_level and BYTE_OF.keys() >= set(piece):
            return bytes(BYTE_OF[letter] for letter in piece)
        if (
            len(piece) == 6 and piece.startswith("<0x") and piece.endswith(">")
        ):  # SentencePiece's byte fallback
            return bytes.fromhex(piece[3:5])
        return str(piece).replace("▁", " ").encode()


def kinds(decoder: Any) -> set[str]:
    """Returns the types of a decoder and of its nested decoders."""
    parts = (decoder or {}).get("decoders", [])
    return {(decoder or {}).get("type", ""), *(kind for part in parts for kind in kinds(part))}


def byte_letters() -> dict[str, int]:
    """Returns the letter of each byte in byte-level BPE: itself if printable, else from 256 on (GPT-2)."""
    prints = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in prints]
    return {chr(byte): byte for byte in prints} | {chr(256 + n): byte for n, byte in enumerate(others)}


BYTE_OF = byte_letters()
