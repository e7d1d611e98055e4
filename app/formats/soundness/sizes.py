"""Checks N and k against the config. The number of layers is checked in `layers.py`."""

from __future__ import annotations

from ..capture import Capture
from ..findings import Finding, found
from ..model_facts import ModelFacts

ADVICE = "give the config of the model that was captured"


def check_sizes(capture: Capture, facts: ModelFacts | None) -> list[Finding]:
    """Returns `config-mismatch` if N or k of the file differs from the config."""
    if facts is None:
        return []
    wanted = {facts.experts, facts.experts + facts.zero_experts, facts.id_limit}
    width = capture.experts if capture.kind == "routing" or capture.experts else capture.experts_at_least
    if width is not None and width not in wanted:
        text = f"expected {facts.experts} experts, as the config says, got {width}; {ADVICE}"
        return [found("config-mismatch", text)]
    if capture.kind == "counts" and capture.experts_at_least > facts.id_limit:
        text = (
            f"expected {facts.experts} experts, as the config says, got {capture.experts_at_least}; {ADVICE}"
        )
        return [found("config-mismatch", text)]
    if capture.ids is not None and facts.k and capture.ids.shape[-1] not in (facts.k, facts.k + 1):
        return [wrong_k(capture, facts)]
    if (
        capture.ids is not None
        and facts.k
        and capture.ids.shape[-1] == facts.k + 1
        and not has_shared(capture)
    ):
        return [wrong_k(capture, facts)]
    return []


def wrong_k(capture: Capture, facts: ModelFacts) -> Finding:
    """Returns the finding that k differs."""
    return found(
        "config-mismatch", f"expected k = {facts.k}, as the config says, got {capture.k} places; {ADVICE}"
    )


def has_shared(capture: Capture) -> bool:
    """Returns whether the file has one more place than k, always the same expert: a fused shared expert."""
    assert capture.ids is not None
    ids = capture.ids[capture.routed]
    return len(ids) > 1 and bool((ids == ids[:1]).all(axis=(0, 1)).any())
