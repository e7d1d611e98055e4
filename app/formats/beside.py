"""Finds the config and the tokenizer among the files of a capture, by name or by content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .bounds import Bounds
from .capture import Capture
from .hints import Hints
from .model_facts import ModelFacts, facts_of
from .read import CONFIG_BYTES, config_values, read, read_bytes
from .texts import TOKENIZER_BYTES, Decode, load_decoder

CONFIG_SIGNS = ("model_type", "architectures", "num_hidden_layers", "text_config")
OTHERS = ("tokenizer_config.json", "generation_config.json", "special_tokens_map.json", "added_tokens.json")


@dataclass(frozen=True)
class SortedFiles:
    """Files that were given together: captures, config, tokenizer."""

    captures: Mapping[str, bytes]
    config: Mapping[str, Any] | None = None
    tokenizer: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class ReadCaptures:
    """The captures of a file, and the facts from the config beside it."""

    captures: list[Capture]
    facts: ModelFacts | None


def sort_files(contents: Mapping[str, bytes]) -> SortedFiles:
    """Separates the config and the tokenizer from the captures. Raises CaptureError if either is broken."""
    captures, config, tokenizer = dict(contents), None, None
    for name, data in contents.items():
        last = name.rpartition("/")[2]
        if last in OTHERS:
            del captures[name]
        elif last == "tokenizer.json" or is_tokenizer(data):
            tokenizer = captures.pop(name)
        elif last == "config.json" or is_config(data):
            config = config_values(captures.pop(name))
    return SortedFiles(captures, config, tokenizer)


def is_config(data: bytes) -> bool:
    """Returns whether a file is the config of a model."""
    values = small_object(data, CONFIG_BYTES)
    return values is not None and any(sign in values for sign in CONFIG_SIGNS) and "choices" not in values


def is_tokenizer(data: bytes) -> bool:
    """Returns whether a file begins like a tokenizer.json."""
    begin = data[:2000]
    return len(data) <= TOKENIZER_BYTES and begin.lstrip()[:1] == b"{" and b'"added_tokens"' in begin


def small_object(data: bytes, most: int) -> dict[str, Any] | None:
    """Returns a JSON object of at most `most` bytes; None for anything else."""
    if len(data) > most or data.lstrip()[:1] != b"{":
        return None
    try:
        values = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def read_together(contents: Mapping[str, bytes], bounds: Bounds, hints: Hints | None = None) -> ReadCaptures:
    """Reads files that were given together. Raises CaptureError."""
    files = sort_files(contents)
    facts = None if files.config is None else facts_of(files.config)
    decode = None if files.tokenizer is None else load_decoder(files.tokenizer)
    captures = read_bytes(files.captures, config=files.config, decode=decode, hints=hints, bounds=bounds)
    return ReadCaptures(captures, facts)


def read_in_place(path: Path, bounds: Bounds | None = None) -> ReadCaptures:
    """Reads a file or folder with the config and tokenizer beside it. Raises CaptureError, OSError."""
    folder = path if path.is_dir() else path.parent
    config, tokenizer = folder / "config.json", folder / "tokenizer.json"
    facts = facts_of(config_values(config)) if config.is_file() and config != path else None
    decode = decoder_of(tokenizer) if tokenizer != path else None
    return ReadCaptures(read(path, hints=Hints(facts), decode=decode, bounds=bounds), facts)


def decoder_of(tokenizer: Path) -> Decode | None:
    """Returns the decoder of a tokenizer.json; None if the file does not exist."""
    return load_decoder(tokenizer) if tokenizer.is_file() else None
