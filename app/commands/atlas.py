"""`python -m app atlas`: queries an atlas; writes a placement, a keep list, or a training run's series."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ..settings import Settings

SUMMARY = "ask an atlas; write placements and keep lists"


def add_command(commands: Any) -> None:
    """Adds the command and its actions to the subparsers of `python -m app`."""
    parser: argparse.ArgumentParser = commands.add_parser("atlas", help=SUMMARY, description=SUMMARY)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    asking = actions.add_parser("ask", help="print the JSON answer to a question")
    asking.add_argument("atlas", help="a folder, or heldout/MODEL")
    asking.add_argument("question", help="overview, layers, map, coverage, coactivation, flows, expert, ...")
    asking.add_argument("values", nargs="*", metavar="KEY=VALUE", help="such as layer=2 expert=5, from 0")
    plan = actions.add_parser("plan", help="write a placement of experts as an engine reads it")
    plan.add_argument("atlas")
    plan.add_argument("--strategy", default="eplb", help="linear, eplb (default) or coactivation")
    plan.add_argument("--devices", type=int, required=True)
    plan.add_argument("--slots", type=int, default=0, help="slots per layer; more than experts for replicas")
    plan.add_argument("--format", default="sglang", help="sglang (default) or trtllm")
    plan.add_argument("-o", "--out", type=Path, help="file; default: the engine's usual name here")
    prune = actions.add_parser("prune", help="write the list of experts to keep, and measure its loss")
    prune.add_argument("atlas")
    prune.add_argument("--by", default="frequency", help="frequency (default), gate_mass or reap")
    prune.add_argument("--drop", type=float, default=0.25, help="share of each layer's experts (0.25)")
    prune.add_argument("-o", "--out", type=Path, default=Path("keep.json"))
    training = actions.add_parser("training", help="print load, saturation and collapse over steps")
    training.add_argument("folder", type=Path, help="step-*.safetensors or Megatron's tokens_per_expert")
    training.add_argument("--ep", type=int, help="Megatron: expert parallel size; default: all ranks")
    training.add_argument("--pp", type=int, default=1, help="Megatron: pipeline stages (1)")
    training.add_argument("--etp", type=int, default=1, help="Megatron: expert tensor parallel size (1)")
    parser.set_defaults(run=run)


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Does the action; returns 2 with a message if it cannot."""
    action = {"ask": ask, "plan": plan, "prune": prune, "training": training}[options.action]
    try:
        print(action(settings, options))
    except (ValueError, OSError) as error:
        print(f"atlas: {error}", file=sys.stderr)
        return 2
    return 0


def open_atlas(settings: Settings, name: str) -> Any:
    """Opens a folder, or an atlas by name. Raises ValueError."""
    from ..atlas.dataset.manifest import FILE
    from ..atlas.dataset.queries import Atlas
    from ..atlas.shipped import Atlases

    folder = Path(name)
    if (folder / FILE).is_file() or folder.is_dir():
        return Atlas(folder)
    return Atlases.from_env(settings.models).open(name)


def ask(settings: Settings, options: argparse.Namespace) -> str:
    """Returns an answer as JSON."""
    from ..atlas.answers import answer

    query = dict(value.partition("=")[::2] for value in options.values)
    return json.dumps(answer(open_atlas(settings, options.atlas), options.question, query), indent=1)


def plan(settings: Settings, options: argparse.Namespace) -> str:
    """Writes a placement; returns its path."""
    from ..atlas.what_if.plans import write_plan
    from ..atlas.what_if.simulations import make_plan

    atlas = open_atlas(settings, options.atlas)
    made = make_plan(atlas, options.strategy, options.devices, options.slots)
    name, text = write_plan(made, options.format, atlas.shape.dense_layers)
    path = options.out or Path(name)
    path.write_text(text, encoding="utf-8")
    return f"{path}: {made.slots.shape[1]} slots per layer on {made.devices} devices"


def prune(settings: Settings, options: argparse.Namespace) -> str:
    """Writes the keep list, with the held-out loss if the model runs here; returns a summary."""
    from ..atlas.what_if.pruning_preview import preview

    atlas = open_atlas(settings, options.atlas)
    found = preview(atlas, settings.models, options.by, options.drop)
    options.out.write_text(json.dumps(found), encoding="utf-8")
    loss, told = found["loss"], "not measured: the model does not run here"
    if loss:
        told = f"{loss['whole']} -> {loss['loss']['mean']} nats per token, {loss['tokens']:,} held-out tokens"
    return f"{options.out}: keeps {len(found['keep'][0])} of {atlas.shape.experts} per layer; loss {told}"


def training(settings: Settings, options: argparse.Namespace) -> str:
    """Returns the series of a training run as JSON."""
    from ..atlas.questions.megatron_counts import Parallelism
    from ..atlas.questions.training_view import read_training

    sizes = Parallelism(options.ep, options.pp, options.etp) if options.ep else None
    return json.dumps(read_training(options.folder, sizes).to_json())
