"""One training run: saves its state regularly, resumes exactly, measures, writes the checkpoint."""

import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from .batches import Batches, Texts
from .checkpoint import load_checkpoint, save_checkpoint
from .evaluation import loss_by_position, loss_when_repeated, measure
from .model import Mixtral
from .optimiser import Optimiser, rate_factor
from .recipe import Recipe, Shape
from .snapshots import moments, router_logits, write_traces

SAVE_EVERY_SECS = 150.0
_WATCHED_ROWS = 12  # windows per language at each measurement
_FINAL_ROWS = 96


@dataclass(frozen=True, slots=True)
class Plan:
    """The model to train, and the folders for its results."""

    name: str
    shape: Shape
    recipe: Recipe
    state: Path  # folder of the run's own files
    out: Path  # folder of the checkpoint
    tokenizer: Path  # tokenizer.json
    keeps_snapshots: bool = False


@dataclass(slots=True)
class Run:
    """A run in memory. `save` and `resume` cover everything that the next step depends on."""

    plan: Plan
    texts: Texts
    step: int = 0
    seconds: float = 0.0
    dropped: int = 0
    resumed: int = 0
    log: list[dict[str, Any]] = field(default_factory=list)
    model: Mixtral = field(init=False)
    optimiser: Optimiser = field(init=False)
    batches: Batches = field(init=False)

    def __post_init__(self) -> None:
        self.model = Mixtral(self.plan.shape, self.plan.recipe.seed)
        self.optimiser = Optimiser(self.model, self.plan.recipe)
        self.batches = Batches(self.texts, self.plan.recipe.seed)

    @property
    def _state_file(self) -> Path:
        return self.plan.state / "state.pt"

    def save(self) -> None:
        """Writes the state atomically."""
        self.plan.state.mkdir(parents=True, exist_ok=True)
        part = self._state_file.with_suffix(".part")
        kept = {name: getattr(self, name) for name in ("step", "seconds", "dropped", "resumed", "log")}
        torch.save(
            {
                **kept,
                "model": self.model.state_dict(),
                "optimiser": self.optimiser.state(),
                "plan": self._described(),
            },
            part,
        )
        os.replace(part, self._state_file)

    def _described(self) -> dict[str, Any]:
        return {"shape": asdict(self.plan.shape), "recipe": asdict(self.plan.recipe)}

    def resume(self) -> bool:
        """Resumes from the saved state, if there is one. Raises ValueError if it has other settings."""
        if not self._state_file.exists():
            return False
        saved = torch.load(self._state_file, weights_only=True)
        if saved["plan"] != self._described():
            raise ValueError(f"{self._state_file}: saved with other settings; remove it to start anew")
        self.model.load_state_dict(saved["model"])
        self.optimiser.load(saved["optimiser"])
        for name in ("step", "seconds", "dropped", "log"):
            setattr(self, name, saved[name])
        self.resumed = saved["resumed"] + (self.step < self.plan.recipe.steps)
        return True

    def advance(self) -> float:
        """Trains one step. Returns its loss."""
        started, recipe = time.perf_counter(), self.plan.recipe
        length = recipe.length_at(self.step)
        ids = torch.from_numpy(self.batches.batch(self.step, recipe.batch_tokens // length, length))
        loss, routing = self.model.loss(ids, recipe.capacity_limit)
        total = loss + recipe.z_weight * sum(layer.z_loss() for layer in routing)
        if recipe.balance_weight:
            total = total + recipe.balance_weight * sum(layer.balance_loss() for layer in routing)
        total.backward()
        self.optimiser.step(rate_factor(recipe, self.step))
        self.step += 1
        self.dropped += sum(layer.dropped for layer in routing)
        self.seconds += time.perf_counter() - started
        return float(loss.detach())

    def watch(self, train_loss: float) -> dict[str, Any]:
        """Measures held-out text and appends it to the log."""
        measured = measure(self.model, self.texts.held_out, _WATCHED_ROWS, self.plan.recipe.length)
        choices = self.step * self.plan.recipe.batch_tokens * self.plan.shape.top_k * self.plan.shape.layers
        entry = {
            "step": self.step,
            "tokens": self.step * self.plan.recipe.batch_tokens,
            "train_loss": round(train_loss, 3),
            **measured.as_json(),
            "dropped_share": round(self.dropped / choices, 6),
            "train_secs": round(self.seconds, 1),
        }
        self.log.append(entry)
        return entry


def watched_steps(recipe: Recipe) -> set[int]:
    """Returns the steps at which held-out text is measured: the snapshots' and every twentieth part."""
    return set(moments(recipe.steps, recipe.snapshots)) | {recipe.steps * part // 20 for part in range(1, 21)}


def train(plan: Plan, texts: Texts, say: Callable[[str], None] = print, stop_after: int | None = None) -> Run:
    """Trains to the end, or to `stop_after` steps, from the saved state if there is one."""
    recipe, tokenizer = plan.recipe, Tokenizer.from_file(str(plan.tokenizer))
    run = Run(plan, texts)
    if run.resume():
        say(f"{plan.name}: goes on from step {run.step}")
    plan.state.mkdir(parents=True, exist_ok=True)
    watched, snapped = watched_steps(recipe), set(moments(recipe.steps, recipe.snapshots))
    last = min(recipe.steps, recipe.steps if stop_after is None else stop_after)
    saved_at = time.monotonic()
    while run.step < last:
        loss = run.advance()
        if plan.keeps_snapshots and run.step in snapped:
            np.save(plan.state / f"routing-{run.step:06d}.npy", router_logits(run.model, tokenizer))
        if run.step in watched:
            entry = run.watch(loss)
            say(f"{plan.name}: {json.dumps(entry)}")
            if run.step >= recipe.steps // 5:  # a first usable checkpoint, long before the end
                save_checkpoint(run.model, plan.out, plan.tokenizer)
        if time.monotonic() - saved_at > SAVE_EVERY_SECS or run.step == last:
            run.save()
            saved_at = time.monotonic()
    return run


def _versions() -> dict[str, str]:
    import safetensors
    import tokenizers

    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "tokenizers": tokenizers.__version__,
        "safetensors": safetensors.__version__,
    }


def finish(run: Run, corpus: dict[str, Any]) -> dict[str, Any]:
    """Writes checkpoint, snapshots and training.json of a finished run; returns the latter."""
    plan, recipe = run.plan, run.plan.recipe
    exact = measure(run.model, run.texts.held_out, _FINAL_ROWS, recipe.length)
    save_checkpoint(run.model, plan.out, plan.tokenizer)
    shipped = load_checkpoint(plan.out)
    rounded = measure(shipped, run.texts.held_out, _FINAL_ROWS, recipe.length)
    steps = []
    if plan.keeps_snapshots:
        steps = write_traces(
            plan.state, plan.out, plan.name, plan.shape, Tokenizer.from_file(str(plan.tokenizer))
        )
    cost = {name: round(rounded.loss[name] - exact.loss[name], 6) for name in exact.loss}
    report = {
        "name": plan.name,
        "shape": asdict(plan.shape),
        "recipe": asdict(recipe),
        "tokens_seen": run.step * recipe.batch_tokens,
        "train_secs": round(run.seconds, 1),
        "threads": torch.get_num_threads(),
        "resumed": run.resumed,
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "versions": _versions(),
        "corpus": corpus,
        "held_out": {
            "tokens": rounded.tokens,
            "window": recipe.length,
            "compute": "float32",
            **rounded.as_json(),
        },
        "rounding": {"type": "bfloat16", "loss_float32": exact.as_json()["loss"], "cost": cost},
        "loss_by_position": loss_by_position(shipped, run.texts.held_out, 24, (0, 64, 128, 256, 384, 512)),
        "loss_when_repeated": loss_when_repeated(shipped, run.texts.held_out),
        "dropped_share": run.log[-1]["dropped_share"] if run.log else 0.0,
        "snapshots": steps,
        "log": run.log,
    }
    (plan.out / "training.json").write_text(json.dumps(report, indent=1) + "\n")
    return report
