"""A fixed part of the held-out text as token ids, small enough to ship with the models."""

from pathlib import Path

import numpy as np

from ..measuring.heldout import FILE, HeldOut, hash_of
from .batches import held_out_rows
from .corpus import LANGUAGES

WINDOWS = 96  # per language; those whose loss is in training.json
LENGTH = 256  # predicted tokens per window
NOTE = "documents that training never saw; packages and licences: models/README.md"


def write_heldout(tokens: Path, out: Path) -> None:
    """Selects evenly spaced windows from the output of `tokenizer.write_tokens` in `tokens`."""
    windows = {
        language: held_out_rows(np.load(tokens / f"{language}-heldout.npy"), WINDOWS, LENGTH).astype(np.int32)
        for language in LANGUAGES
    }
    heldout = HeldOut(windows, hash_of(tokens / "tokenizer.json"), NOTE)
    (out / FILE).write_bytes(heldout.to_bytes())
