"""`python -m app params FILE`: count the parameters of a config.json, or of a checkpoint's folder."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..published.architectures.config_fields import ConfigError
from ..published.architectures.registry import family_of, load_config, names_experts, read_config
from ..published.parameters import Parameters
from ..published.report import GIGABYTE, report
from ..published.tensor_headers import read_tensors
from ..published.tensor_parts import count_tensors
from .meta_device import count_on_meta_device

SUMMARY = "count the parameters of a Hugging Face config.json, or of a folder of safetensors files"


def add_command(commands: Any) -> None:
    """Adds the command to the subparsers of `python -m app`; `options.run(options)` then runs it."""
    parser: argparse.ArgumentParser = commands.add_parser("params", help=SUMMARY, description=SUMMARY)
    parser.add_argument("file", type=Path, metavar="FILE", help="a config.json, or a folder")
    parser.add_argument("--json", action="store_true", help="print JSON: total, active, parts and the rest")
    parser.add_argument(
        "--device", type=gigabytes, default=80.0, metavar="GB", help="memory of a device (80)"
    )
    parser.set_defaults(run=run)


def gigabytes(text: str) -> float:
    """Returns a positive amount of memory. Raises argparse's error otherwise."""
    try:
        amount = float(text)
    except ValueError:
        amount = 0.0
    if not 1 / GIGABYTE <= amount <= GIGABYTE:
        raise argparse.ArgumentTypeError(f"expected gigabytes, such as 80, got {text!r}")
    return amount


def run(options: argparse.Namespace) -> int:
    """Prints the count; returns 2 if the file cannot be counted."""
    try:
        found, text = count_file(options.file, int(options.device * GIGABYTE))
    except ConfigError as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return 2
    print(json.dumps(found, indent=2) if options.json else text(found))
    return 0


def count_file(path: Path, device: int) -> tuple[dict[str, Any], Callable[[dict[str, Any]], str]]:
    """Returns the figures of a file or a folder, and their formatter. Raises ConfigError.

    A folder with weights is counted exactly, from their headers; one without, from its config.json.
    """
    config = path / "config.json" if path.is_dir() else path
    if path.is_dir() and any(path.glob("*.safetensors")):
        values = load_config(config) if config.exists() else {}
        return count_tensors(read_tensors(path), values).to_json(), folder_text
    values = load_config(config)
    try:
        return report(Parameters(read_config(values)), device), report_text
    except ConfigError as refusal:
        unknown = family_of(values) is None and names_experts(values)
        built = count_on_meta_device(values) if unknown else None
        if built is None:
            raise refusal
        return built, folder_text


def folder_text(found: dict[str, Any]) -> str:
    """Returns the count of a folder, or of a model on the meta device, as text."""
    k = f"{found['top_k']} chosen" if found["top_k"] else "no config.json says how many are chosen"
    lines = [f"{found['moe_layers']} MoE layers of {found['experts']} experts, {k}"]
    lines.append(f"total   {count_text(found['total'])}")
    if found["active"]:
        lines.append(
            f"active  {count_text(found['active'])}  {found['active'] / found['total']:.1%} of the total"
        )
    lines += ["", f"{'part':<16}{'parameters':>21}{'bytes':>21}"]
    parts = {**dict.fromkeys(found["bytes"], 0), **found["parts"]}
    lines += [f"{name:<16}{size:>21,}{found['bytes'].get(name, 0):>21,}" for name, size in parts.items()]
    lines.append(f"{'all':<16}{found['total']:>21,}{found['bytes_total']:>21,}")
    return "\n".join(lines + beside_lines({**found, "assumed": {}}))


def report_text(found: dict[str, Any]) -> str:
    """Returns a report as text."""
    return "\n".join(
        [
            f"{found['architecture']}: {layers_text(found)}",
            f"total   {count_text(found['total'])}",
            f"active  {count_text(found['active'])}  {found['active'] / found['total']:.1%} of the total",
            "",
            *parts_lines(found),
            "",
            *convention_lines(found),
            "",
            f"router  {router_text(found['router'])}",
            *memory_lines(found),
            *beside_lines(found),
        ]
    )


def layers_text(found: dict[str, Any]) -> str:
    """Returns the number of layers of each kind."""
    shape, dense = found["shape"], len(found["dense_layers"])
    text = f"{shape['layers']} layers of {shape['experts']} experts, {shape['top_k']} chosen"
    text += ", and a shared expert" if shape["d_shared"] else ""
    return text + (f"; {dense} layers without experts" if dense else "")


def count_text(parameters: int) -> str:
    """Returns a number of parameters with its short form: `46,702,792,704 (46.7 B)`."""
    for size, letter in ((10**12, "T"), (10**9, "B"), (10**6, "M")):
        if parameters >= size:
            return f"{parameters:>21,} ({parameters / size:.4g} {letter})"
    return f"{parameters:>21,}"


def parts_lines(found: dict[str, Any]) -> list[str]:
    """Returns a table of the parts: all parameters, and those active per token."""
    rows = [f"{'part':<16}{'total':>21}{'active':>21}"]
    active = found["active_parts"]
    rows += [f"{name:<16}{size:>21,}{active[name]:>21,}" for name, size in found["parts"].items()]
    return [*rows, f"{'one expert':<16}{found['expert_each']:>21,}"]


def convention_lines(found: dict[str, Any]) -> list[str]:
    """Returns the counts under the conventions of model cards."""
    words = {"no_in": "without the input embedding", "no_emb": "without embedding and head"}
    return [
        f"{words[name]:<29}{figures['total']:>21,}{figures['active']:>21,}"
        for name, figures in found["conventions"].items()
        if name in words
    ]


def router_text(router: dict[str, Any]) -> str:
    """Returns the router with its settings."""
    settings = ", ".join(f"{name} {value:g}" for name, value in router["settings"].items())
    note = f"; {router['note']}" if router["note"] else ""
    return f"{router['router']} ({settings}){note}" if settings else f"{router['router']}{note}"


def memory_lines(found: dict[str, Any]) -> list[str]:
    """Returns the memory for the weights only."""
    device = f"devices of {found['device_bytes'] / GIGABYTE:g} GB"
    return [
        f"{row['bits']:>2} bits {row['bytes'] / GIGABYTE:>9,.1f} GB of weights; {device}: {row['devices']}"
        for row in found["memory"]
    ]


def beside_lines(found: dict[str, Any]) -> list[str]:
    """Returns what was not counted, and which defaults were assumed."""
    words = {
        "corr_bias": "selection bias, a buffer",
        "mtp": "multi-token prediction",
        "mtp_active": "of which one token uses",
        "vision": "vision tower and projector",
    }
    beside = [f"not counted: {words[name]} {size:,}" for name, size in found["uncounted"].items()]
    assumed = [f"{name} = {value!r}" for name, value in found["assumed"].items() if value is not None]
    return beside + ([f"not in the file, so as the class has it: {', '.join(assumed)}"] if assumed else [])
