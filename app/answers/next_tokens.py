"""Next tokens after each token; for an altered model also those before, and the tokens that moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..problem import BadRequest, Problem
from ..request.schema import TraceRequest
from ..sources.live.next_tokens import NextTokens
from ..sources.registry import SourceRegistry
from ..trace import Ints, dump

MOST_MOVED = 20_000  # limit on named pairs of token and layer


def check_live(request: TraceRequest) -> None:
    """Raises BadRequest for routing that is not computed live here."""
    if request.source != "live":
        raise BadRequest(Problem("source", repr(request.source), "'live'", "choose a model that runs here"))


def next_tokens(sources: SourceRegistry, keys: Mapping[str, object]) -> bytes:
    """Returns JSON: the most likely next tokens after each token of a live trace, and the loss on it."""
    request = sources.parse(keys)
    check_live(request)
    trace = sources.open(request).trace()
    found, before = sources.live.predict(request, trace.header.tokens)
    text = sources.live.text_by_id(request)
    answer = {"alter": request.alter, **of(found.next, text), "unaltered": None}
    if before is not None:
        answer["unaltered"] = {**of(before.next, text), "moved": moved(before.experts, found.experts)}
    return dump(answer).encode()


def of(found: NextTokens, text: Any) -> dict[str, Any]:
    """Returns next tokens in the page's format, rounded to visible digits."""
    answer = found.to_json(text)
    rows = [
        [{**each, "probability": round(each["probability"], 6)} for each in row] for row in answer["next"]
    ]
    return {**answer, "next": rows, "loss": [round(each, 5) for each in answer["loss"]]}


def moved(before: Ints, after: Ints) -> list[list[Any]]:
    """Returns where choices differ, from [T, L, K] twice: token, layer, experts lost, experts gained."""
    width = max(before.shape[-1], after.shape[-1])
    before, after = (np.sort(padded(each, width), axis=-1) for each in (before, after))
    places = np.argwhere((before != after).any(axis=-1))[:MOST_MOVED].tolist()
    return [[t, layer, *lost_and_taken(before[t, layer], after[t, layer])] for t, layer in places]


def padded(experts: Ints, width: int) -> Ints:
    """Returns choices padded with empty ones to `width`."""
    extra = ((0, 0), (0, 0), (0, width - experts.shape[-1]))
    return np.pad(experts, extra, constant_values=-1)


def lost_and_taken(before: Ints, after: Ints) -> tuple[list[int], list[int]]:
    """Returns the experts in only one set and in only the other, without empty choices."""
    was, now = ({int(e) for e in side if e >= 0} for side in (before, after))
    return sorted(was - now), sorted(now - was)
