"""Several answers to one prompt: their routing of the prompt must be the same, but for rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..capture import Capture
from ..findings import found
from ..stored import Array

MOST_ROUNDING = (
    0.15  # share of sets that may differ: bfloat16 makes 1 to 2 % differ, other kernels up to 10 %
)
LEAST = 24  # cells that must be there


def differing_prompts(captures: Sequence[Capture]) -> list[Capture]:
    """Returns the captures; a later answer whose prompt is routed otherwise gets `prompts-differ`."""
    firsts: dict[tuple[int, ...], Capture] = {}
    result = []
    for capture in captures:
        prompt = prompt_of(capture)
        first = None if prompt is None else firsts.setdefault(prompt, capture)
        share = (
            0.0 if first is None or first is capture else share_differing(first, capture, len(prompt or ()))
        )
        if share > MOST_ROUNDING:
            text = f"{100 * share:.0f} % of the choices for the prompt differ from those of another answer"
            text += " to it; one of them is another request's routing, so ask again"
            capture = replace(capture, findings=(found("prompts-differ", text), *capture.findings))
        result.append(capture)
    worst = next((one for one in result if any(f.code == "prompts-differ" for f in one.findings)), None)
    if worst is not None and not any(f.code == "prompts-differ" for f in result[0].findings):
        told = next(f for f in worst.findings if f.code == "prompts-differ")
        result[0] = replace(result[0], findings=(*result[0].findings, told))
    return result


def prompt_of(capture: Capture) -> tuple[int, ...] | None:
    """Returns the ids of the prompt; None where they are not known."""
    if capture.ids is None or not capture.prompt:
        return None
    ids = [token.id for token in capture.tokens[: capture.prompt]]
    return None if any(one is None for one in ids) else tuple(one for one in ids if one is not None)


def share_differing(one: Capture, other: Capture, tokens: int) -> float:
    """Returns the share of tokens and layers whose sets of experts differ; 0 where too few are there."""
    assert one.ids is not None and other.ids is not None
    if one.ids.shape[1:] != other.ids.shape[1:] or one.layers != other.layers:
        return 0.0
    left: Array
    right: Array
    left, right = np.sort(one.ids[:tokens], axis=-1), np.sort(other.ids[:tokens], axis=-1)
    both = (left >= 0).all(axis=-1) & (right >= 0).all(axis=-1)
    if np.count_nonzero(both) < LEAST:
        return 0.0
    return float((left != right).any(axis=-1)[both].mean())
