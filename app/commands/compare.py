"""`compare A B`: where two captures of one text differ."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..formats.capture import Capture
from ..formats.comparison import Comparison, compare, ratio
from ..formats.findings import CaptureError
from ..formats.to_trace import to_trace
from .capture_options import add_options, chosen, problem_of, read_with


def add_command(commands: Any) -> None:
    """Adds the command."""
    command = commands.add_parser("compare", help="say where two captures of one text differ")
    command.add_argument("first", type=Path, help="file or folder")
    command.add_argument("second", type=Path, help="file or folder")
    command.add_argument("--json", action="store_true", help="print JSON")
    add_options(command)


def run(options: argparse.Namespace) -> int:
    """Prints what differs; 0 if nothing does, 1 if something does, 2 if they cannot be compared."""
    path = options.first
    try:
        traces = []
        captures: list[Capture] = []
        for path in (options.first, options.second):
            found, facts = read_with(options, path)
            captures.append(chosen(found, options))
            traces.append(to_trace(captures[-1], facts))
        result = compare(traces[0], traces[1])
    except (CaptureError, OSError) as error:
        problem = problem_of(error, path)
        print(json.dumps({"findings": [problem.finding.to_json()]}) if options.json else str(problem))
        return 2
    if options.json:
        findings = [[one.to_json() for one in capture.findings] for capture in captures]
        print(json.dumps({**result.to_json(), "findings": findings}, ensure_ascii=False))
    else:
        print(text_of(result, options, captures))
    return 1 if result.flips.any() else 0


def text_of(result: Comparison, options: argparse.Namespace, captures: list[Capture]) -> str:
    """Returns the figures as text for a terminal."""
    figures = result.to_json()
    by = {"ids": "token ids", "texts": "token texts", "position": "position alone"}[result.aligned_by]
    lines = [f"{options.first} against {options.second}: {result.tokens} tokens, aligned by {by}"]
    if result.parted_at is not None:
        lines.append(f"the texts part at token {result.parted_at}; what follows was not compared")
    lines += [
        "",
        *summary(result, figures),
        "",
        "  layer  flipped tokens  overlap  first flip       KL       JS",
    ]
    lines += [layer_line(one) for one in figures["by_layer"]]
    for name, capture in zip(("first", "second"), captures, strict=True):
        told = [one for one in capture.findings if one.level != "info"]
        lines += [f"  {name}: {one.level} {one.code}: {one.message}" for one in told]
    return "\n".join(lines)


def summary(result: Comparison, figures: dict[str, Any]) -> list[str]:
    """Returns the figures of all layers together."""
    if not figures["flips"]:
        return ["no flips: every token has the same experts in every layer"]
    lines = [
        f"{percent(figures['flipped_choices'])} of the routers disagree in a pass, and"
        f" {percent(figures['flipped_tokens'])} of the tokens differ somewhere"
    ]
    first = figures["first_flip"]
    lines.append(f"first flip at token {first['token']}, layer {first['layer']}")
    if result.margins is not None:
        near = ratio(int((result.margins < 0.01).sum()), figures["flips"])
        median = figures["margin_median"]
        lines.append(f"{percent(near)} of flips had a margin below 0.01; the median margin is {median:.4f}")
    if figures["js"] is not None:
        lines.append(f"divergence of the scores: KL {figures['kl']:.5f} nats, JS {figures['js']:.5f} bits")
    return lines


def layer_line(figures: dict[str, Any]) -> str:
    """Returns the figures of one layer."""
    first = "-" if figures["first_flip"] is None else str(figures["first_flip"])
    kl, js = ("-" if figures[name] is None else f"{figures[name]:.5f}" for name in ("kl", "js"))
    share = percent(figures["flipped_tokens"])
    return f"  {figures['layer']:>5}  {share:>14}  {figures['jaccard']:>7.3f}  {first:>10}  {kl:>7}  {js:>7}"


def percent(share: float | None) -> str:
    """Returns a share in percent."""
    return "-" if share is None else f"{100 * share:.1f} %"
