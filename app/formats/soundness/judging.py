"""Runs the checks on a capture. One cause is told once: a check looks only at what the earlier ones left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..capture import Capture
from ..findings import Finding
from ..model_facts import ModelFacts
from .answers import differing_prompts
from .counted import check_counts
from .identities import Checked, check_identities
from .likeness import check_logits, check_topk
from .repeats import check_repeats
from .sizes import check_sizes
from .strides import check_strides
from .weighing import check_weights


def judge(capture: Capture, facts: ModelFacts | None) -> Capture:
    """Returns the capture with everything that is to be said about it, errors first."""
    findings = list(capture.findings)
    if not has(findings, "config-mismatch"):
        findings += check_sizes(capture, facts)
    known = None if has(findings, "config-mismatch") else facts
    findings += check_counts(capture) if capture.kind == "counts" else check_routing(capture, known)
    order = ("error", "warning", "info")
    return replace(capture, findings=tuple(sorted(findings, key=lambda one: order.index(one.level))))


def check_routing(capture: Capture, facts: ModelFacts | None) -> list[Finding]:
    """Runs the checks of routing. Misread strides explain ids that fit no logits, which are not told."""
    findings = check_logits(capture, facts)
    if capture.ids is not None:
        checked = Checked.of(capture, facts)
        identities = check_identities(checked)
        strides = [] if identities else check_strides(checked)
        findings += identities + strides
        if not has(identities, "zeros"):
            findings += check_repeats(checked)
        if not strides and not identities:
            findings += check_topk(checked)
    return findings + check_weights(capture, facts)


def judge_together(captures: Sequence[Capture]) -> list[Capture]:
    """Returns captures of one file with what only shows when they are compared."""
    return differing_prompts(captures)


def has(findings: Sequence[Finding], code: str) -> bool:
    """Returns whether a finding has this code."""
    return any(finding.code == code for finding in findings)
