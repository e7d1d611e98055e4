"""What is told of a model's parameters: the same facts for the command line, the catalogue and the page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .architectures.model_config import Routing
from .memory import GIGABYTE, memory_table
from .parameters import Parameters

PLAIN_CONVENTIONS = ("all", "no_in", "no_emb")
DEVICE_BYTES = 80 * GIGABYTE


def report(parameters: Parameters, device: int = DEVICE_BYTES) -> dict[str, Any]:
    """Everything counted of a model, as JSON. `device`: bytes of memory of one device for weights."""
    config = parameters.config
    return {
        "architecture": config.family,
        "total": parameters.total,
        "active": parameters.active,
        "parts": parameters.parts,
        "active_parts": parameters.active_parts,
        "expert_each": parameters.expert_each,
        "mixers": parameters.mixers,
        "uncounted": parameters.uncounted,
        "conventions": {name: asdict(parameters.under(name)) for name in PLAIN_CONVENTIONS},
        "shape": parameters.shape.to_json(),
        "moe_layers": list(config.experts.layers),
        "dense_layers": list(config.dense_layers),
        "router": router_json(config.routing),
        "device_bytes": device,
        "memory": memory_table(parameters.total, device),
        "assumed": config.assumed,
    }


def router_json(routing: Routing) -> dict[str, Any]:
    """The router by the names that a request takes."""
    return {"router": routing.name, "settings": routing.settings, "note": routing.note}


def report_text(found: dict[str, Any]) -> str:
    """A report for people."""
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
    """How many layers of which kind."""
    shape, dense = found["shape"], len(found["dense_layers"])
    text = f"{shape['layers']} layers of {shape['experts']} experts, {shape['top_k']} chosen"
    text += ", and a shared expert" if shape["d_shared"] else ""
    return text + (f"; {dense} layers without experts" if dense else "")


def count_text(parameters: int) -> str:
    """A number of parameters with its short form: `46,702,792,704 (46.7 B)`."""
    for size, letter in ((10**12, "T"), (10**9, "B"), (10**6, "M")):
        if parameters >= size:
            return f"{parameters:>21,} ({parameters / size:.4g} {letter})"
    return f"{parameters:>21,}"


def parts_lines(found: dict[str, Any]) -> list[str]:
    """A table of the parts: all parameters, and those that one token uses."""
    rows = [f"{'part':<16}{'total':>21}{'active':>21}"]
    active = found["active_parts"]
    rows += [f"{name:<16}{size:>21,}{active[name]:>21,}" for name, size in found["parts"].items()]
    return [*rows, f"{'one expert':<16}{found['expert_each']:>21,}"]


def convention_lines(found: dict[str, Any]) -> list[str]:
    """The same model under the conventions that cards use."""
    words = {"no_in": "without the input embedding", "no_emb": "without embedding and head"}
    return [
        f"{words[name]:<29}{figures['total']:>21,}{figures['active']:>21,}"
        for name, figures in found["conventions"].items()
        if name in words
    ]


def router_text(router: dict[str, Any]) -> str:
    """The router with its settings."""
    settings = ", ".join(f"{name} {value:g}" for name, value in router["settings"].items())
    note = f"; {router['note']}" if router["note"] else ""
    return f"{router['router']} ({settings}){note}" if settings else f"{router['router']}{note}"


def memory_lines(found: dict[str, Any]) -> list[str]:
    """Memory for the weights alone."""
    device = f"devices of {found['device_bytes'] / GIGABYTE:g} GB"
    return [
        f"{row['bits']:>2} bits {row['bytes'] / GIGABYTE:>9,.1f} GB of weights; {device}: {row['devices']}"
        for row in found["memory"]
    ]


def beside_lines(found: dict[str, Any]) -> list[str]:
    """What was not counted, and what was assumed."""
    words = {
        "corr_bias": "selection bias, a buffer",
        "mtp": "multi-token prediction",
        "mtp_active": "of which one token uses",
        "vision": "vision tower and projector",
    }
    beside = [f"not counted: {words[name]} {size:,}" for name, size in found["uncounted"].items()]
    assumed = [f"{name} = {value!r}" for name, value in found["assumed"].items() if value is not None]
    return beside + ([f"not in the file, so as the class has it: {', '.join(assumed)}"] if assumed else [])
