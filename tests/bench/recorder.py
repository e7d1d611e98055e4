"""What the hooks of `moescope.record` cost on transformers, for a prompt and for tokens that are generated.

Each figure is a median of interleaved repetitions with one thread, in the processor's time, which other work
on the machine changes little. Ratios are of medians, to the time without hooks; `choices alone` is without
scores and logits. The cost of a layer is that of one call of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import app as moescope
from tests.bench.interleaved import ABSENT, limited, race, timed

try:
    import torch

    from tests.engines.tiny_families import build
except ImportError:  # without the extra `transformers`
    torch = None

SIZES: tuple[dict[str, int], ...] = (
    {},
    {"hidden_size": 512, "intermediate_size": 1024, "num_hidden_layers": 8, "head_dim": 128},
)
PROMPT = 64  # tokens of one pass
GENERATED = 16  # tokens, each in a pass of its own
REPETITIONS = 21
CLOCK = time.thread_time


def main() -> None:
    """Prints milliseconds without and with hooks, their ratio, and what a call of a layer costs more."""
    print(f"\nrecorder: hooks on transformers, 1 thread, medians of {REPETITIONS}, processor time in ms")
    if torch is None:
        print(ABSENT)
        return
    columns = f"{'without':>10}{'with':>10}{'ratio':>8}{'choices alone':>15}{'us a layer':>12}"
    print(f"{'mixtral':9}{'tokens':>14}{columns}")
    with limited(1), torch.inference_mode():
        for sizes in SIZES:
            model = build("mixtral", **sizes)
            prompt = torch.randint(3, model.config.vocab_size, (1, PROMPT))
            show(model, f"{PROMPT}", 1, partial(model, prompt, logits_to_keep=1))
            show(model, f"1 + {GENERATED}", GENERATED, partial(generate, model, prompt[:, :1]))


def show(model: Any, tokens: str, passes: int, action: Callable[[], object]) -> None:
    """One row: an action of so many forward passes, alone and in two recordings."""
    rivals = {
        "without": timed(CLOCK, action),
        "with": recorded(moescope.record(model), action),
        "choices": recorded(moescope.record(model, scores=False), action),
    }
    medians = race(rivals, REPETITIONS)
    before, after, less = (medians[name] * 1e3 for name in rivals)
    layer = (after - before) * 1e3 / (model.config.num_hidden_layers * passes)
    size = f"{sum(each.numel() for each in model.parameters()) / 1e6:.1f} M"
    ratios = f"{after / before:8.3f}{less / before:15.3f}"
    print(f"{size:9}{tokens:>14}{before:10.2f}{after:10.2f}{ratios}{layer:12.0f}", flush=True)


def recorded(recording: Any, action: Callable[[], object]) -> Callable[[], float]:
    """Returns the action inside a recording. Hooks are attached before the clock starts."""
    run = timed(CLOCK, action)

    def inside() -> float:
        with recording:
            took = run()
        recording.clear()
        return took

    return inside


def generate(model: Any, ids: Any) -> Any:
    """Returns `ids` and the tokens that the model writes after them, each the most likely."""
    return model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=GENERATED,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=0,
    )
