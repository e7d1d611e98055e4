"""JSON, JSON Lines and server-sent events, with bounds on size and depth."""

from __future__ import annotations

import json
from typing import Any

from ..bounds import Bounds, no_routing, too_large, truncated
from ..findings import CaptureError
from .files import Bytes

TAIL = 12  # characters: the longest escape or literal that the end of a file can cut off


def text_of(name: str, data: Bytes, bounds: Bounds) -> str:
    """Decodes a text file as UTF-8, or as its byte order mark says."""
    bounds.check(name, len(data), bounds.json_bytes)
    raw = bytes(data)
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        if error.start >= len(raw) - 4:
            raise truncated(name, "whole characters", "the end of the file within one") from error
        where = f"{name}: byte {error.start}"
        raise no_routing(where, "UTF-8 text", "another encoding", "save it as UTF-8") from error


def parse(name: str, text: str) -> Any:
    """Parses one JSON value. Raises CaptureError `truncated`, `too-large` or `no-routing`."""
    try:
        return json.loads(text)
    except RecursionError:
        raise too_large(name, "JSON nested at most some hundred deep", "deeper nesting") from None
    except json.JSONDecodeError as error:
        raise broken(name, text, error) from error
    except ValueError as error:
        raise too_large(name, "numbers of at most 4,300 digits", "a longer one") from error


def broken(name: str, text: str, error: json.JSONDecodeError) -> CaptureError:
    """Returns the error for a text that is not JSON: it ends too early, or it is something else."""
    rest = text[error.pos :].strip()
    ends = error.msg.startswith("Unterminated string") or (len(rest) < TAIL and not closes(rest))
    if ends:
        return truncated(f"{name}: line {error.lineno}", "JSON up to its last bracket", "the end of the file")
    where = f"{name}: line {error.lineno} column {error.colno}"
    return no_routing(where, "JSON", f"something else ({error.msg})", "check what wrote the file")


def closes(rest: str) -> bool:
    """Returns whether `rest` is more than the beginning of a number, a literal or an escape."""
    literals = ("true", "false", "null", "NaN", "Infinity", "-Infinity", "\\u0000")
    return bool(rest) and not any(literal.startswith(rest) for literal in literals) and rest[-1] in "]}>"


def parse_lines(name: str, text: str) -> list[Any]:
    """Parses JSON Lines; empty lines are skipped."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    values = []
    for number, line in lines:
        try:
            values.append(json.loads(line))
        except RecursionError:
            raise too_large(name, "JSON nested at most some hundred deep", "deeper nesting") from None
        except ValueError as error:
            if number == lines[-1][0]:
                raise truncated(f"{name}: line {number}", "whole lines of JSON", "part of one") from error
            where = f"{name}: line {number}"
            raise no_routing(where, "one JSON value a line", "something else", "check the line") from error
    return values


def is_lines(text: str) -> bool:
    """Returns whether a text is JSON Lines of objects, judged by its first line."""
    head, _, rest = text.lstrip().partition("\n")
    if not head.startswith("{") or not rest.lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(head), dict)
    except (ValueError, RecursionError):
        return False


def parse_events(name: str, text: str) -> list[Any]:
    """Parses server-sent events as curl saves them: `data: {...}` lines up to `data: [DONE]`."""
    chunks = [line[5:].strip() for line in text.splitlines() if line.startswith("data:")]
    return parse_lines(name, "\n".join(chunk for chunk in chunks if chunk != "[DONE]"))
