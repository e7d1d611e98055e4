"""Runs all checks on a capture. Each check skips what an earlier finding explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..capture import Capture
from ..findings import Finding
from ..model_facts import ModelFacts
from .answers import differing_prompts
from .counts import check_counts
from .identities import Checked, check_identities
from .likeness import check_logits, check_topk
from .repeats import check_repeats
from .sizes import check_sizes
from .strides import check_strides
from .weighing import check_weights


def judge(capture: Capture, facts: ModelFacts | None) -> Capture:
    """Returns the capture with all findings, errors first."""
    findings = list(capture.findings)
    if not has(findings, "config-mismatch"):
        wrong = check_sizes(capture, facts)
        findings = [one for one in findings if not wrong or one.code != "missing-layers"] + wrong
    known = None if has(findings, "config-mismatch") else facts
    findings += check_counts(capture) if capture.kind == "counts" else check_routing(capture, known)
    order = ("error", "warning", "info")
    return replace(capture, findings=tuple(sorted(findings, key=lambda one: order.index(one.level))))


def check_routing(capture: Capture, facts: ModelFacts | None) -> list[Finding]:
    """Runs the checks of logits, ids and weights. Wrong ids explain weights out of order."""
    findings = check_logits(capture, facts)
    wrong = [] if capture.ids is None else check_ids(Checked.of(capture, facts))
    return findings + wrong + check_weights(capture, facts, ordered=not wrong)


def check_ids(checked: Checked) -> list[Finding]:
    """Runs the checks of ids, the most general first."""
    findings = check_identities(checked)
    if not findings:
        findings = check_strides(checked)
    if not has(findings, "zeros"):
        findings += check_repeats(checked)
    return findings or check_topk(checked)


def judge_together(captures: Sequence[Capture]) -> list[Capture]:
    """Adds the findings that need a comparison of the captures of one file."""
    return differing_prompts(captures)


def has(findings: Sequence[Finding], code: str) -> bool:
    """Returns whether a finding has this code."""
    return any(finding.code == code for finding in findings)
