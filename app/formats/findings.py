"""Findings about a capture: a code, a level, a place and one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["info", "warning", "error"]

# Every code with its default level. docs/CAPTURES.md explains each.
CODES: dict[str, Level] = {
    "unsafe-file": "error",
    "too-large": "error",
    "truncated": "error",
    "no-routing": "error",
    "needs-facts": "error",
    "config-mismatch": "error",
    "token-count": "error",
    "id-range": "error",
    "duplicate-ids": "error",
    "zeros": "error",
    "repeated-rows": "error",
    "ids-not-topk": "error",
    "strided-ids": "error",
    "bad-weights": "error",
    "weights-off": "warning",
    "prompts-differ": "warning",
    "not-logits": "warning",
    "missing-layers": "warning",
    "missing-rows": "warning",
    "last-token": "info",
    "filler": "info",
}


@dataclass(frozen=True)
class Finding:
    """One finding about a capture; `layer` and `token` count from 0."""

    code: str
    level: Level
    message: str
    layer: int | None = None
    token: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the five fields that `inspect --json` prints."""
        return {
            "code": self.code,
            "level": self.level,
            "message": self.message,
            "layer": self.layer,
            "token": self.token,
        }


def found(code: str, message: str, layer: int | None = None, token: int | None = None) -> Finding:
    """Returns a finding with the default level of its code."""
    return Finding(code, CODES[code], message, layer, token)


class CaptureError(ValueError):
    """A file cannot be read as a capture: states what was expected, what was found, and what to do.

    `code` is one of `CODES`; `format` is the format, if it was recognised before the failure.
    """

    def __init__(self, code: str, where: str, expected: str, got: str, advice: str) -> None:
        super().__init__(f"{where}: expected {expected}, got {got}; {advice}")
        self.code = code
        self.where = where
        self.expected = expected
        self.found = got
        self.advice = advice
        self.format: str | None = None

    @property
    def finding(self) -> Finding:
        """The error as a finding."""
        return found(self.code, str(self))
