"""Reads captures from paths or bytes, with config and tokenizer if given, and checks them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..routing.alterations import CHARS
from .bounds import Bounds, no_routing, too_large
from .build_capture import build_capture
from .capture import Capture
from .containers.files import Files, from_bytes, from_path
from .containers.opened import Opened, open_files
from .detect import format_of
from .engines.own import matches_trace
from .findings import CaptureError
from .hints import Hints
from .model_facts import ModelFacts, facts_of
from .registry import Format
from .soundness import judge, judge_together
from .texts import Decode, with_texts

CONFIG_BYTES = 2**20
BESIDE = ("config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json")


def read(
    path: str | Path,
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    decode: Decode | None = None,
    hints: Hints | None = None,
    bounds: Bounds | None = None,
) -> list[Capture]:
    """Reads a file or a folder; returns one capture per request, with its findings.

    `config` is a config.json; without it, the one beside the file is read. `decode` turns ids into text.
    Raises CaptureError if the file cannot be read, OSError if it does not exist.
    """
    bounds = bounds or Bounds()
    path = Path(path)
    files = from_path(path, bounds)
    files, beside = without_config(files)
    if config is None and beside is None and (path.parent / "config.json").is_file() and path.is_file():
        config = path.parent / "config.json"
    values = beside if config is None else config_values(config)
    return read_files(files, values, decode, hints)


def read_bytes(
    contents: Mapping[str, bytes],
    *,
    config: Mapping[str, Any] | None = None,
    decode: Decode | None = None,
    hints: Hints | None = None,
    bounds: Bounds | None = None,
) -> list[Capture]:
    """Reads files in memory, by name; a config.json may be among them. Otherwise like `read`."""
    files, beside = without_config(from_bytes(contents, bounds or Bounds()))
    return read_files(files, config or beside, decode, hints)


def read_files(
    files: Files, config: Mapping[str, Any] | None, decode: Decode | None, hints: Hints | None
) -> list[Capture]:
    """Opens the files, detects their format, and returns checked captures."""
    hints = hints or Hints()
    if hints.facts is None and config is not None:
        hints = replace(hints, facts=facts_of(config))
    opened, format = recognised(files, hints.format)
    try:
        captures = [build_capture(stored, format.name, hints) for stored in format.read(opened, hints)]
    except CaptureError as error:
        error.format = format.name
        raise
    except (RecursionError, MemoryError) as error:
        raise no_routing(
            opened.name, f"a file of {format.name}", "one that cannot be held", "shorten it"
        ) from error
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise malformed(opened, format.name, error) from error
    return finish(captures, hints.facts, decode, opened)


def recognised(files: Files, name: str | None) -> tuple[Opened, Format]:
    """Opens the files and detects their format. Raises CaptureError."""
    try:
        opened = open_files(files)
        return opened, format_of(opened, name)
    except CaptureError:
        raise
    except (RecursionError, MemoryError) as error:
        raise too_large(files.names[0], "what fits into memory", "a file that does not") from error
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        got = f"values that do not fit ({type(error).__name__})"
        raise no_routing(files.names[0], "a capture", got, "check what wrote the file") from error


def malformed(opened: Opened, format: str, error: Exception) -> CaptureError:
    """Returns the error for a file that begins like its format but does not continue like it."""
    got = f"a value that does not fit ({type(error).__name__}: {str(error)[:100]})"
    refusal = no_routing(opened.name, f"a file of {format}", got, "check it, or name another --format")
    refusal.format = format
    return refusal


def finish(
    captures: Sequence[Capture], facts: ModelFacts | None, decode: Decode | None, opened: Opened
) -> list[Capture]:
    """Checks each capture, then all of them together, and adds token texts."""
    count = len(captures)
    judged = [replace(one, choice=at, choices=count) for at, one in enumerate(captures)]
    judged = [judge(one, facts) for one in judged]
    judged = judge_together(judged)
    origin = {"source": "recorded", "file": opened.name, **alterations_in(opened)}
    return [with_texts(replace(one, origin={**origin, "format": one.format}), decode) for one in judged]


def alterations_in(opened: Opened) -> dict[str, str]:
    """Returns the router alterations that one of our own traces states; empty for other formats."""
    try:
        found = json.loads(opened.metadata["origin"])["alter"] if matches_trace(opened) else ""
    except (KeyError, TypeError, ValueError, RecursionError):
        return {}
    return {"alter": found[:CHARS]} if isinstance(found, str) and found else {}


def without_config(files: Files) -> tuple[Files, Mapping[str, Any] | None]:
    """Separates config and tokenizer from the files of a folder; a single capture may remain."""
    if not files.folder:
        return files, None
    beside = [name for name in files.names if name.rpartition("/")[2] in BESIDE]
    configs = [name for name in beside if name.endswith("/config.json") or name == "config.json"]
    config = config_values(bytes(files.contents[configs[0]])) if configs else None
    left = files.without(beside)
    if len(left.contents) == 1:
        return Files(left.contents, False, left.bounds), config
    return left, config


def config_values(config: str | Path | bytes | Mapping[str, Any]) -> Mapping[str, Any]:
    """Reads a config.json. Raises CaptureError if it is not one."""
    if isinstance(config, Mapping):
        return config
    data = config if isinstance(config, bytes) else Path(config).read_bytes()
    if len(data) > CONFIG_BYTES:
        raise no_routing(
            "config.json", f"at most {CONFIG_BYTES:,} bytes", f"{len(data):,}", "give the config"
        )
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise no_routing(
            "config.json", "JSON", "something else", "give the config.json of the model"
        ) from error
    if not isinstance(values, dict):
        raise no_routing(
            "config.json", "an object of fields", "something else", "give the config of the model"
        )
    return values
