"""All formats by name: what recognises one, and what reads it. The first that recognises a file reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import vllm
from .opened import Asked, Opened
from .stored import Stored


@dataclass(frozen=True)
class Format:
    """A kind of file. `read` returns one value for each request or choice in it."""

    name: str
    matches: Callable[[Opened], bool]
    read: Callable[[Opened, Asked], list[Stored]]


ALL = (
    Format("vllm-http-0.21", vllm.matches_021, vllm.read_021),
    Format("vllm-http", vllm.matches, vllm.read),
)
FORMATS = {one.name: one for one in ALL}
