"""Command line of the training: see `app.training` for the commands."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from ..measuring.evaluation import measure_all
from ..measuring.heldout import HeldOut
from . import __doc__ as DESCRIPTION
from .recipe import MODELS, Named, named
from .run_all import CALM_MALLOC, only_one, run_all

_MODELS_FOLDER = Path(__file__).resolve().parents[2] / "models"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m app.training",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "command", choices=("all", "corpus", "tokenizer", "train", "snapshots", "heldout", "readme")
    )
    parser.add_argument("name", nargs="?", help="the model, for train and snapshots")
    parser.add_argument(
        "--cache", type=Path, default=Path("~/.cache/moescope").expanduser(), help="text and states"
    )
    parser.add_argument("--out", type=Path, default=_MODELS_FOLDER, help="where the checkpoints go")
    parser.add_argument("--threads", type=int, default=1, help="threads of one run; the sums depend on it")
    parser.add_argument("--lanes", type=int, default=2, help="runs at the same time, for all")
    parser.add_argument("--steps", type=int, help="fewer steps than the recipe, for a try")
    return parser.parse_args()


def _corpus(cache: Path) -> None:
    from .corpus import fetch

    fetch(cache / "corpus")


def _tokenizer(cache: Path) -> None:
    from .corpus import split
    from .snapshots import check_prompts
    from .tokenizer import write_tokens

    parts = split(cache / "corpus")
    check_prompts(parts)
    sizes = write_tokens(parts, cache / "tokens")
    (cache / "tokens" / "corpus.json").write_text(json.dumps(sizes, indent=1) + "\n")


def _plan(model: Named, arguments: argparse.Namespace) -> Any:
    from dataclasses import replace

    from .run import Plan

    return Plan(
        model.name,
        model.shape,
        replace(model.recipe, steps=arguments.steps or model.recipe.steps),
        arguments.cache / "runs" / model.name,
        arguments.out / model.name,
        arguments.cache / "tokens" / "tokenizer.json",
        model.keeps_snapshots,
    )


def _train(arguments: argparse.Namespace) -> None:
    if any(os.environ.get(name) != value for name, value in CALM_MALLOC.items()):
        os.execve(
            sys.executable,
            [sys.executable, "-m", "app.training", *sys.argv[1:]],
            {**os.environ, **CALM_MALLOC},
        )
    import torch

    from .batches import load_texts
    from .run import finish, train

    torch.set_num_threads(arguments.threads)
    plan = _plan(named(arguments.name), arguments)
    tokens = arguments.cache / "tokens"
    with only_one(plan.state):
        run = train(plan, load_texts(tokens))
        finish(run, json.loads((tokens / "corpus.json").read_text()))


def _snapshots(arguments: argparse.Namespace) -> None:
    from tokenizers import Tokenizer

    from .snapshots import write_traces

    plan = _plan(named(arguments.name), arguments)
    print(write_traces(plan.state, plan.out, plan.name, plan.shape, Tokenizer.from_file(str(plan.tokenizer))))


def _heldout(arguments: argparse.Namespace) -> None:
    from .heldout import write_heldout

    write_heldout(arguments.cache / "tokens", arguments.out)


def _readme(arguments: argparse.Namespace) -> None:
    from .readme import write_readme

    write_readme(arguments.out)


def _all(arguments: argparse.Namespace) -> None:
    _corpus(arguments.cache)
    if not (arguments.cache / "tokens" / "corpus.json").exists():
        _tokenizer(arguments.cache)
    options = [
        "--cache",
        str(arguments.cache),
        "--out",
        str(arguments.out),
        "--threads",
        str(arguments.threads),
    ]
    if arguments.steps:
        options += ["--steps", str(arguments.steps)]
    with only_one(arguments.cache / "runs"):
        run_all([model.name for model in MODELS], arguments.lanes, options, arguments.cache / "logs")
    _heldout(arguments)
    measure_all(arguments.out, HeldOut.open(arguments.out), [])
    _readme(arguments)


def main() -> None:
    """Runs one command."""
    arguments = _arguments()
    if arguments.command == "corpus":
        _corpus(arguments.cache)
    elif arguments.command == "tokenizer":
        _tokenizer(arguments.cache)
    else:
        commands = {"all": _all, "train": _train, "snapshots": _snapshots, "heldout": _heldout}
        {**commands, "readme": _readme}[arguments.command](arguments)


if __name__ == "__main__":
    main()
