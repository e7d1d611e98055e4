"""Previews pruning with REAP and with the held-out loss, if the model runs here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...measuring.heldout import HeldOut, hash_of
from ...measuring.pruning import pruned_loss, reap_scores
from ...sources.live.models import Model, Models
from ..dataset.queries import Atlas
from .simulations import pruning_answer


def preview(atlas: Atlas, models: Path, by: str, drop: float) -> dict[str, Any]:
    """Returns a keep list and its `loss`, which is null if the model does not run here.

    Raises ValueError if the ranking is unknown, or a layer would keep too few experts.
    """
    name = str(atlas.manifest.model.get("name"))
    runs = runnable(atlas, models, name)
    reap = reap_scores(*runs)[0] if runs and by == "reap" else None
    found = pruning_answer(atlas, by, drop, reap)
    return {**found, "model": name, "loss": pruned_loss(*runs, found["keep"]) if runs else None}


def runnable(atlas: Atlas, models: Path, name: str) -> tuple[Model, HeldOut] | None:
    """Returns the recorded model and text to measure it on; None if either is missing here."""
    known = Models(models)
    if name not in known.runnable():
        return None
    try:
        model, text = known.open(name), HeldOut.open(models)
    except (OSError, ValueError):
        return None
    same = model.checkpoint.digest == atlas.manifest.model.get("digest")
    return (
        (model, text) if same and hash_of(model.listing.folder / "tokenizer.json") == text.tokenizer else None
    )
