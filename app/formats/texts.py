"""Adds texts to the tokens of a capture, if a tokenizer is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from tokenizers import Tokenizer

from ..trace import Token
from .bounds import no_routing
from .capture import Capture

Decode = Callable[[Sequence[int]], list[str]]
TOKENIZER_BYTES = 64 * 2**20
BROKEN = "\ufffd"
BYTES = re.compile(r"(?:\\x[0-9a-f]{2})+")


def load_decoder(source: str | Path | bytes) -> Decode:
    """Reads a tokenizer.json. Raises CaptureError if it is not one."""
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    if len(data) > TOKENIZER_BYTES:
        raise no_routing(
            "tokenizer.json", f"at most {TOKENIZER_BYTES:,} bytes", f"{len(data):,}", "give another"
        )
    try:
        tokenizer = Tokenizer.from_str(data.decode())
    except Exception as error:  # the library raises bare Exception
        raise no_routing("tokenizer.json", "a tokenizer", "something else", "give the model's own") from error
    return lambda ids: pieces(tokenizer, ids)


def pieces(tokenizer: Tokenizer, ids: Sequence[int]) -> list[str]:
    """Returns the text of each token; joined, they are the whole text.

    The last token of a multi-token character holds that character.
    """
    result: list[str] = []
    held: list[int] = []
    for one in ids:
        held.append(int(one))
        text = tokenizer.decode(held, skip_special_tokens=False)
        if text.endswith(BROKEN) and len(held) < 8:
            result.append("")
            continue
        result.append(text)
        held = []
    return result


def joined(texts: Iterable[str]) -> str:
    """Returns the joined text of tokens. Escaped bytes such as `\xe2` are decoded to characters."""
    return BYTES.sub(lambda match: whole_characters(match[0]), "".join(texts))


def whole_characters(escaped: str) -> str:
    """Returns `\\xe2\\x82\\xac` as the character that it is; as it stands if it is not one."""
    try:
        return bytes.fromhex(escaped.replace("\\x", "")).decode()
    except ValueError:
        return escaped


def with_texts(capture: Capture, decode: Decode | None) -> Capture:
    """Returns the capture with the text of each token whose id is known, and the whole text."""
    tokens = list(capture.tokens)
    if decode is not None:
        for begin, end in runs(tokens):
            ids = [token.id for token in tokens[begin:end] if token.id is not None]
            for at, text in enumerate(decode(ids)):
                tokens[begin + at] = replace(tokens[begin + at], text=text)
    whole = capture.text
    if decode is not None and tokens and all(token.id is not None for token in tokens):
        whole = joined(token.text for token in tokens)
    return replace(capture, tokens=tuple(tokens), text=whole)


def runs(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Returns ranges of tokens that have an id and no text."""
    stretches: list[tuple[int, int]] = []
    begin = None
    for at, token in enumerate([*tokens, Token("end")]):
        open_here = token.id is not None and not token.text
        if open_here and begin is None:
            begin = at
        elif not open_here and begin is not None:
            stretches.append((begin, at))
            begin = None
    return stretches
