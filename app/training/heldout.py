"""A fixed part of the held-out text as token ids, small enough to stand beside the models."""

from pathlib import Path

import numpy as np

from ..measuring.heldout import FILE, HeldOut, hash_of
from .batches import held_out_rows
from .corpus import LANGUAGES

WINDOWS = 96  # a language; those that training.json has the loss of
LENGTH = 256  # tokens that are predicted in each
NOTE = "documents that training never saw; packages and licences: models/README.md"


def write_heldout(tokens: Path, out: Path) -> None:
    """Takes windows of what `tokenizer.write_tokens` wrote to `tokens`, evenly spread."""
    windows = {
        language: held_out_rows(np.load(tokens / f"{language}-heldout.npy"), WINDOWS, LENGTH).astype(np.int32)
        for language in LANGUAGES
    }
    heldout = HeldOut(windows, hash_of(tokens / "tokenizer.json"), NOTE)
    (out / FILE).write_bytes(heldout.to_bytes())
