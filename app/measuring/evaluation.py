"""Measures one model on held-out text: the cost of each router and k, and what its own router learned."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..metrics.balance import max_violation
from ..routing import ROUTERS, BadSetting, Router
from ..sources.live.models import Model, Models
from ..trace import Counts, Doubles, Ints
from . import results
from .heldout import HeldOut, hash_of
from .heldout_pass import ExpertChooser, RecordingForward, rounded, run_windows, standard_error
from .results import STRIDE, VERSION
from .specialisation import learned

KS = (1, 2, 3, 4)


@dataclass(frozen=True)
class Cost:
    """Held-out loss under one router and k."""

    losses: Doubles  # [W] nats per token, mean of each window
    assigned: Counts  # [L, N]
    kept: Counts  # [L, N]

    def to_json(self, heldout: HeldOut, trained: Cost) -> dict[str, Any]:
        """Returns loss, its increase over the router and k of the training, and balance over layers."""
        change = self.losses - trained.losses
        return {
            "loss": loss_json(self.losses, heldout),
            "cost": rounded(change.mean()),
            "cost_se": rounded(standard_error(change)),
            "max_violation": rounded(max_violation(self.assigned).mean()),
            "dropped_share": rounded(1 - self.kept.sum() / self.assigned.sum()),
        }


def measure(model: Model, heldout: HeldOut) -> dict[str, Any]:
    """Returns all figures of a model, as `ABOUT` in `app.measuring.results` explains them."""
    forward, listing = RecordingForward(model.checkpoint), model.listing
    own = ROUTERS[listing.router]
    by_k = {k: cost(forward, heldout.ids, k, own) for k in {*KS, listing.top_k} if k <= listing.experts}
    trained = by_k[listing.top_k]
    return {
        "checkpoint": model.checkpoint.digest,
        "heldout": heldout.digest,
        "version": VERSION,
        "experts": listing.experts,
        "top_k": listing.top_k,
        "total_p": listing.shape.total_p,
        "active_p": listing.shape.active_p,
        "router": listing.router,
        "loss": loss_json(trained.losses, heldout),
        "windows": [rounded(loss) for loss in trained.losses],
        "by_k": {str(k): each.to_json(heldout, trained) for k, each in sorted(by_k.items())},
        "routers": routers(model, forward, heldout.every(STRIDE)),
        "learned": learned(model, forward, heldout),
    }


def routers(model: Model, forward: RecordingForward, heldout: HeldOut) -> dict[str, dict[str, Any]]:
    """Returns the cost of each router with each supported k, other settings at their defaults."""
    experts = model.listing.experts
    trained = cost(forward, heldout.ids, model.listing.top_k, ROUTERS[model.listing.router])
    found: dict[str, dict[str, Any]] = {name: {} for name in ROUTERS}
    for router, k in pairs(experts):
        figures = cost(forward, heldout.ids, k, router).to_json(heldout, trained)
        found[router.name][str(k)] = {"settings": router.filled(experts, k), **figures}
    return found


def pairs(experts: int) -> Iterator[tuple[Router, int]]:
    """Yields every router with every k that it supports."""
    for router in ROUTERS.values():
        for k in KS:
            with suppress(BadSetting):
                router.check_k(k, experts)
                yield router, k


def cost(forward: RecordingForward, ids: Ints, k: int, router: ExpertChooser) -> Cost:
    """Runs one pass over all windows."""
    losses, assigned, kept = [], [], []
    for passed in run_windows(forward, ids, k, router):
        losses.append(passed.losses.mean())
        assigned.append(passed.loads())
        kept.append(passed.loads(kept=True))
    return Cost(np.array(losses), np.sum(assigned, axis=0), np.sum(kept, axis=0))


def loss_json(losses: Doubles, heldout: HeldOut) -> dict[str, float]:
    """Returns the mean loss per language and overall, windows weighted equally: [W] -> nats per token."""
    by_language = {name: rounded(losses[part].mean()) for name, part in heldout.rows.items()}
    return {**by_language, "mean": rounded(losses.mean())}


def measure_all(folder: Path, heldout: HeldOut, names: list[str], again: bool = False) -> int:
    """Measures the models of a folder and writes their figures; returns 1 if one of `names` is unknown."""
    models = Models(folder)
    known = results.read(folder)
    listed = models.runnable()
    entries = {name: known[name] for name in listed if name in known}
    failed = [name for name in names if name not in listed]
    for name in failed:
        print(f"{name}: expected one of {', '.join(listed)}", file=sys.stderr)
    for name in names or listed:
        if name not in listed:
            continue
        model, started = models.open(name), time.monotonic()
        if hash_of(model.listing.folder / "tokenizer.json") != heldout.tokenizer:
            print(f"{name}: passed over, its tokenizer is not that of the held-out text")
        elif results.is_right(entries.get(name), model.checkpoint.digest, heldout) and not again:
            print(f"{name}: as it was")
        else:
            entries[name] = measure(model, heldout)
            print(f"{name}: {entries[name]['loss']}, {time.monotonic() - started:.0f} s", flush=True)
        if name in entries:
            entries[name]["finished"] = (model.listing.folder / "training.json").exists()
    results.write(folder, heldout, {name: entries[name] for name in listed if name in entries})
    return 1 if failed else 0
