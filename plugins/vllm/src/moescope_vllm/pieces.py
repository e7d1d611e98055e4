"""Displayed texts of tokens. Bytes of an incomplete character are written as \\xf0."""

from __future__ import annotations

from typing import Any


class Pieces:
    """The texts of a tokenizer's tokens (Hugging Face's fast or slow ones)."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        backend = getattr(tokenizer, "backend_tokenizer", None)
        self._byte_level = "ByteLevel" in repr(getattr(backend, "decoder", None))

    def encode(self, text: str) -> list[int]:
        """Returns the ids of a prompt. The name of a special token in it is text, as a person typed it."""
        try:
            ids = self._tokenizer(text, split_special_tokens=True)["input_ids"]
        except TypeError:  # a tokenizer of a kind of its own
            ids = self._tokenizer.encode(text)
        return [int(id) for id in ids]

    def text(self, id: int) -> str:
        """Returns one token."""
        piece = self._tokenizer.convert_ids_to_tokens(id)
        if piece is None:
            return f"[{id}]"
        if isinstance(piece, bytes):
            return piece.decode(errors="backslashreplace")
        if self._byte_level and BYTE_OF.keys() >= set(piece):
            return bytes(BYTE_OF[letter] for letter in piece).decode(errors="backslashreplace")
        if len(piece) == 6 and piece.startswith("<0x") and piece.endswith(">"):  # SentencePiece's bytes
            return bytes.fromhex(piece[3:5]).decode(errors="backslashreplace")
        return str(piece).replace("▁", " ")


def byte_letters() -> dict[str, int]:
    """Returns how byte-level BPE writes a byte: as itself if it prints, else as a letter from 256 on
    (GPT-2)."""
    prints = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in prints]
    return {chr(byte): byte for byte in prints} | {chr(256 + n): byte for n, byte in enumerate(others)}


BYTE_OF = byte_letters()
