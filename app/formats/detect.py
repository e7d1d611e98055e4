"""Detects the format of a file."""

from __future__ import annotations

from .bounds import no_routing
from .containers.opened import Opened
from .findings import CaptureError
from .registry import ALL, FORMATS, Format


def format_of(opened: Opened, name: str | None = None) -> Format:
    """Returns the requested format, else the first that recognises the file. Raises CaptureError."""
    if name is not None:
        return format_named(opened, name)
    chosen = next((one for one in ALL if one.recognises(opened)), None)
    if chosen is None:
        raise unknown(opened)
    return chosen


def format_named(opened: Opened, name: str) -> Format:
    """Returns the format of this name that reads such a container. Raises CaptureError if there is none."""
    if name not in FORMATS:
        raise no_routing("--format", f"one of {', '.join(FORMATS)}", repr(name[:60]), "name one of these")
    named = [one for one in ALL if one.name == name and opened.container in one.containers]
    if not named:
        got = f"a file of kind {opened.container}"
        raise no_routing(opened.name, f"what {name} is kept in", got, "leave --format out, or name another")
    return next((one for one in named if one.recognises(opened)), named[0])


PICTURES = (b"\x89PN", b"\xff\xd8\xff", b"GIF")


def unknown(opened: Opened) -> CaptureError:
    """Returns the error for a file that no format recognises; it names the likely kind."""
    got = known_other(opened) or f"{opened.container} of no known shape"
    return no_routing(opened.name, "a capture", got, "see docs/CAPTURES.md for what is read")


def known_other(opened: Opened) -> str | None:
    """Returns the kind of a file that is often given by mistake; None for any other."""
    value = opened.value
    if isinstance(value, dict):
        if "architectures" in value or "num_hidden_layers" in value:
            return "a model's config.json"
        if "added_tokens" in value and "model" in value:
            return "a tokenizer.json"
        if "error" in value or "detail" in value:
            return "the error that a server answered"
        if opened.container == "safetensors" and any("weight" in str(name) for name in value):
            return "a model's weights"
    if opened.container == "binary" and b"blk." in bytes(value[:4096]):
        return "an imatrix of the old .dat kind; write it with --output-format gguf"
    if opened.container == "binary" and bytes(value[:3]) in PICTURES:
        return "a picture"
    if opened.container == "folder":
        return "a folder without a trace that is known"
    return None
