"""What the hooks of `moescope.record` cost on transformers. Prints nothing without the extra."""

from __future__ import annotations

import statistics
import time
from contextlib import nullcontext
from typing import Any

import app as moescope

try:
    import torch

    from tests.engines.tiny_families import build
except ImportError:
    torch = None

TOKENS = 16
ROUNDS = 60


def main() -> None:
    """Prints milliseconds of a forward pass without and with hooks, and what they cost a layer."""
    if torch is None:
        print("\nrecorder: transformers is not installed")
        return
    print("\nrecorder: hooks on transformers")
    torch.set_num_threads(1)
    for name, sizes in (
        ("mixtral", {}),
        ("mixtral", {"hidden_size": 512, "intermediate_size": 1024, "num_hidden_layers": 8, "head_dim": 128}),
    ):
        model = build(name, **sizes)
        ids = torch.randint(0, 128, (1, TOKENS))
        layers = model.config.num_hidden_layers
        plain, hooked, lean = [], [], []
        for _ in range(ROUNDS):  # in turns, so that a busy machine is busy for all
            plain.append(once(model, ids, nullcontext()))
            hooked.append(once(model, ids, moescope.record(model)))
            lean.append(once(model, ids, moescope.record(model, scores=False)))
        before, after, less = (statistics.median(times) * 1e3 for times in (plain, hooked, lean))
        cost = (after - before) * 1e3 / layers
        size = sum(p.numel() for p in model.parameters()) / 1e6
        print(
            f"{name} {size:.1f} M, {TOKENS} tokens: {before:.2f} ms, with hooks {after:.2f} ms, "
            f"choices alone {less:.2f} ms; {cost:.0f} us a layer"
        )


def once(model: Any, ids: Any, recording: Any) -> float:
    """Returns the processor seconds of one pass, which other processes affect little."""
    with recording, torch.no_grad():
        model(ids)  # the first pass of a recording finds out score functions
        start = time.thread_time()
        model(ids)
        return time.thread_time() - start
