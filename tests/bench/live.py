"""How fast the live model is: against transformers with the same weights and threads, and against the limit.

The limit is the bare matrix products that the routing makes unavoidable, one `np.dot` each, nothing between
them; the experts of the last layer, which change no routing, are not among them. Every figure is a median of
interleaved repetitions. With one thread it is the processor's time, which other work on the machine changes
little; with more it is time that passed, which says something on an idle machine alone. Read the ratios.

What was tried and did not help, measured on two cores of an EPYC with AVX-512:

- gate and up of an expert in one matrix: no faster with warm caches, slower with cold ones;
- weights as they are stored, multiplied transposed: twice as slow from 16 rows on;
- two threads: a product of 128 x 128 is too short to share; beside other work it is ten times slower;
- more and smaller chunks (1, 4, 16, 64): each costs 0.7 ms before it computes anything;
- no maximum taken in a softmax where queries and keys are short enough: in trained models they are not;
- viewers computing at the same time: they take the interpreter from each other, and all wait longer.

Left out for a reason and not measured: all experts of equal load in one batched product, since numpy would
have to copy their weights side by side first; rotary positions written straight into the cache, since rows of
16 numbers are too short for numpy's loops.

What helped, in this order: weights contiguous in the order of the product; memory kept by the C library; all
experts in one array with large pages; positions as rows in attention; the last layer's experts left out.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np

from app.routing import ROUTERS
from app.sources.live.checkpoint import Checkpoint
from app.sources.live.forward import Forward
from app.sources.live.generation import steps
from app.trace import Floats, Ints
from tests.bench.interleaved import ABSENT, Clock, Rivals, limited, race, timed
from tests.sources.live.tiny_checkpoints import TRIO, write_checkpoint

try:
    import torch
    from transformers import MixtralForCausalLM
except ImportError:  # without the extra `train`: no comparison
    torch = None

MODELS = Path(__file__).parents[2] / "models"
ROUTER = ROUTERS["topk_norm"]
REPETITIONS = 41
DECODED = 8  # tokens decoded in one repetition
VIEWERS = 10
COLUMNS = ("transformers", "whole", "stream", "first", "limit")


@dataclass(frozen=True)
class Case:
    """One model and one prompt."""

    forward: Forward
    oracle: Any  # the same weights in transformers, or None
    ids: Ints
    clock: Clock

    @property
    def k(self) -> int:
        """Experts a token."""
        return self.forward.config.top_k


def main() -> None:
    """Prints the tables."""
    if torch is None:
        print(f"\n{ABSENT}")
    for threads in sorted({1, torch.get_num_threads() if torch else 1}):
        clock = "processor" if threads == 1 else "elapsed"
        print(f"\nlive, {threads} thread(s), float32, medians of {REPETITIONS}, {clock} time in ms")
        print(f"{'model':8}{'tokens':>9}" + "".join(f"{name:>13}" for name in COLUMNS))
        with tempfile.TemporaryDirectory() as scratch, limited(threads):
            for experts in (8, 64):
                compare(
                    *load(experts, Path(scratch)), time.thread_time if threads == 1 else time.perf_counter
                )
    with tempfile.TemporaryDirectory() as scratch, limited(1):
        crowd(load(8, Path(scratch))[0])


def compare(forward: Forward, oracle: Any, clock: Clock) -> None:
    """The rows of one model."""
    for tokens in (32, 128):
        ids = np.random.default_rng(tokens).integers(0, 4096, tokens).astype(np.int32)
        case = Case(forward, oracle, ids, clock)
        name = f"N = {forward.config.experts}"
        show(name, str(tokens), prompt_rivals(case))
        show(name, f"{tokens} + 1", decoding_rivals(case))


def load(experts: int, scratch: Path) -> tuple[Forward, Any]:
    """Returns the shipped model of that many experts, or a random one of its sizes; here and in
    transformers."""
    folder = MODELS / f"trio-{experts}"
    if not (folder / "model.safetensors").exists():
        folder = write_checkpoint(scratch / folder.name, TRIO, num_local_experts=experts)
    oracle = MixtralForCausalLM.from_pretrained(folder, dtype=torch.float32).eval() if torch else None
    return Forward(Checkpoint.open(folder)), oracle


def show(model: str, tokens: str, rivals: Rivals) -> None:
    """One row: the medians, and the ratios that count."""
    medians = race(rivals, REPETITIONS)
    cells = [f"{medians[name] * 1e3:13.3f}" if name in medians else f"{'':13}" for name in COLUMNS]
    ratios = [f"{medians['whole'] / medians['limit']:.1f} x the limit"]
    if "transformers" in medians:
        times = [
            f"{medians['transformers'] / medians[name]:.1f}"
            for name in ("whole", "stream")
            if name in medians
        ]
        ratios.append(f"transformers takes {' and '.join(times)} x as long")
    print(f"{model:8}{tokens:>9}" + "".join(cells) + "  " + ", ".join(ratios), flush=True)


def prompt_rivals(case: Case) -> Rivals:
    """Returns all routing of a prompt: at once, streamed, the first token of that stream, the limit."""
    forward, ids, clock = case.forward, case.ids, case.clock
    rivals = {
        "whole": timed(
            clock, lambda: forward.extend(ids, forward.cache(len(ids)), case.k, ROUTER.route).steps()
        ),
        "stream": timed(clock, lambda: list(steps(forward, ids, case.k, ROUTER))),
        "first": timed(clock, lambda: next(steps(forward, ids, case.k, ROUTER))),
        "limit": timed(clock, products(case, len(ids), 0)),
    }
    if case.oracle is not None:
        batch = torch.tensor(ids[None].astype(np.int64))
        rivals["transformers"] = timed(clock, lambda: infer(case.oracle, batch, None))
    return rivals


def decoding_rivals(case: Case) -> Rivals:
    """Returns one token after a prompt of which keys and values are kept."""
    forward, ids = case.forward, case.ids
    cache = forward.cache(len(ids) + DECODED)
    forward.extend(ids, cache, case.k, ROUTER.route)

    def ours() -> None:
        cache.length = len(ids)
        for token in range(DECODED):
            forward.extend(ids[token : token + 1], cache, case.k, ROUTER.route).steps()

    rivals = {
        "whole": timed(case.clock, ours, DECODED),
        "limit": timed(case.clock, products(case, 1, len(ids))),
    }
    if case.oracle is not None:
        rivals["transformers"] = timed(case.clock, decoding_oracle(case), DECODED)
    return rivals


def decoding_oracle(case: Case) -> Callable[[], None]:
    """Returns the same with transformers."""
    batch = torch.tensor(case.ids[None].astype(np.int64))
    past = infer(case.oracle, batch, None).past_key_values

    def theirs() -> None:
        if past.get_seq_length() > batch.shape[1]:
            past.crop(batch.shape[1] - past.get_seq_length())
        for token in range(DECODED):
            infer(case.oracle, batch[:, token : token + 1], past)

    return theirs


def infer(oracle: Any, batch: Any, past: Any) -> Any:
    """Returns one forward pass of transformers, logits of the last token alone."""
    with torch.inference_mode():
        return oracle(batch, past_key_values=past, use_cache=True, logits_to_keep=1)


def products(case: Case, count: int, start: int) -> Callable[[], None]:
    """Returns the bare matrix products of `count` tokens after `start` others, with the routing that they
    have."""
    forward, config, weights = case.forward, case.forward.config, case.forward.checkpoint.kept
    cache = forward.cache(start + count)
    if start:
        forward.extend(case.ids[:start], cache, case.k, ROUTER.route)
    routing = forward.extend(case.ids[:count], cache, case.k, ROUTER.route)
    pairs: list[tuple[Floats, Floats]] = []
    for layer, routed in enumerate(routing.layers):
        attention, router = weights.attention(layer), weights.router(layer)
        pairs += [(rows(count, matrix), matrix) for matrix in (attention.qkv, attention.out, router)]
        pairs += config.heads * heads(count, start + count, config.head_dim)
        chosen, counts = np.unique(routed.experts, return_counts=True)
        for expert, tokens in zip(chosen.tolist(), counts.tolist(), strict=True):
            network = weights.expert(layer, expert)
            if layer < config.layers - 1:
                pairs += [(rows(tokens, m), m) for m in (network.gate, network.up, network.down)]
    work = [(left, right, left @ right) for left, right in pairs]

    def run() -> None:
        for left, right, out in work:
            np.dot(left, right, out)

    return run


def heads(count: int, length: int, width: int) -> list[tuple[Floats, Floats]]:
    """Returns the two products of one attention head."""
    keys = np.random.default_rng(0).standard_normal((length, width)).astype(np.float32)
    return [(rows(count, keys.T), np.ascontiguousarray(keys.T)), (rows(count, keys), keys)]


def rows(count: int, matrix: Floats) -> Floats:
    """Returns random numbers that `matrix` can be multiplied with: [count, rows of the matrix]."""
    return np.random.default_rng(1).standard_normal((count, len(matrix))).astype(np.float32)


def crowd(forward: Forward) -> None:
    """How long viewers who ask at one moment wait for their first token, against one alone.

    In the processor's time of the whole process too: what passes on a busy machine is mostly others' time.
    """
    one, last = [], []
    with ThreadPoolExecutor(VIEWERS) as pool:
        for _ in range(REPETITIONS):
            one.append(waits(forward, pool, 1))
            last.append(waits(forward, pool, VIEWERS))
    for index, clock in enumerate(("elapsed", "processor")):
        alone, crowded = (statistics.median(wait[index] for wait in each) * 1e3 for each in (one, last))
        print(f"first of 128 tokens, {clock} time: one viewer {alone:.2f} ms, the last of {VIEWERS}", end=" ")
        print(f"{crowded:.2f} ms, {crowded / alone:.1f} x as long")


def waits(forward: Forward, pool: ThreadPoolExecutor, viewers: int) -> tuple[float, float]:
    """Returns seconds until the last of so many viewers has its first token: elapsed, and the processor's."""
    ids, start = np.arange(128, dtype=np.int32), Barrier(viewers)

    def view(_: int) -> tuple[float, float]:
        start.wait()
        asked = time.perf_counter(), time.process_time()
        stream = steps(forward, ids, 2, ROUTER)
        next(stream)
        waited = time.perf_counter() - asked[0], time.process_time() - asked[1]
        list(stream)
        return waited

    elapsed, processor = zip(*pool.map(view, range(viewers)), strict=True)
    return max(elapsed), max(processor)
