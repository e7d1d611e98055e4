"""Compares several answers to one prompt: the prompt's routing must be equal, except for rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..capture import Capture
from ..findings import found

MOST_ROUNDING = (
    0.15  # share of sets that may differ: bfloat16 makes 1 to 2 % differ, other kernels up to 10 %
)
LEAST = 24  # cells that both must have
ALIKE = 8  # tokens at the beginning that must be equal


def differing_prompts(captures: Sequence[Capture]) -> list[Capture]:
    """Adds `prompts-differ` to captures that begin with the same tokens but are routed differently.

    Routing depends only on the tokens before, so a common beginning suffices.
    """
    firsts: dict[tuple[int, ...], int] = {}
    result = list(captures)
    for at, capture in enumerate(captures):
        begin = beginning(capture)
        if begin is None:
            continue
        first = firsts.setdefault(begin, at)
        share = 0.0 if first == at else share_differing(captures[first], capture)
        if share > MOST_ROUNDING:
            text = f"{100 * share:.0f} % of the choices differ from those of another answer that begins alike"
            told = found("prompts-differ", text + "; one of them is another request's routing, so ask again")
            for one in {first, at}:
                if not any(finding.code == "prompts-differ" for finding in result[one].findings):
                    result[one] = replace(result[one], findings=(*result[one].findings, told))
    return result


def beginning(capture: Capture) -> tuple[int, ...] | None:
    """Returns the ids of the first tokens; None if they are not known."""
    ids = [token.id for token in capture.tokens[:ALIKE]]
    known = tuple(one for one in ids if one is not None)
    return known if capture.ids is not None and len(known) == ALIKE else None


def common(one: Capture, other: Capture) -> int:
    """Returns the length of the common beginning in tokens."""
    for at, (left, right) in enumerate(zip(one.tokens, other.tokens, strict=False)):
        if left.id is None or left.id != right.id:
            return at
    return min(len(one.tokens), len(other.tokens))


def share_differing(one: Capture, other: Capture) -> float:
    """Returns the share of cells (token, layer) whose sets differ; 0 if there are too few cells."""
    assert one.ids is not None and other.ids is not None
    if one.ids.shape[1:] != other.ids.shape[1:] or one.layers != other.layers:
        return 0.0
    tokens = common(one, other)
    left, right = np.sort(one.ids[:tokens], axis=-1), np.sort(other.ids[:tokens], axis=-1)
    both = np.asarray((left >= 0).all(axis=-1) & (right >= 0).all(axis=-1))
    if np.count_nonzero(both) < LEAST:
        return 0.0
    return float(np.asarray((left != right).any(axis=-1))[both].mean())
