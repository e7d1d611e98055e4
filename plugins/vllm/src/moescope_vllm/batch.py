"""Which rows of a forward pass belong to which request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """The rows of one request in one pass, and the key under which it asked."""

    request: str
    key: str
    rows: slice


def spans(order: Iterable[str], counts: Mapping[str, int], asking: Mapping[str, str]) -> list[Span]:
    """Returns the spans of the requests that ask.

    A pass has the requests of its batch back to back, in the batch's own order, each with as many rows as
    the scheduler gave it (vllm/v1/worker/gpu_model_runner.py, `_prepare_inputs`).
    """
    found, start = [], 0
    for request in order:
        stop = start + counts.get(request, 0)
        if request in asking and stop > start:
            found.append(Span(request, asking[request], slice(start, stop)))
        start = stop
    return found
