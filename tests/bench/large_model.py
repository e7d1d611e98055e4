"""A model of 1.28 B parameters: numpy, which streams its weights, against transformers in float32.

24 layers x 32 experts, k 8, hidden 1024, bfloat16, random. Plain random weights use half of the experts of a
layer for 18 tokens; with embeddings x 64 and output matrices x 2 it is 25 of 32, as a trained model does. The
time that passed says something on idle cores alone; the processor's time is that of all threads. Both read
gigabytes per pass, so what else uses the memory counts; docs/LOG.md has what was tried.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from app.sources.live.checkpoint import Checkpoint
from app.sources.live.families.registry import FAMILIES, config_of
from app.sources.live.forward import Forward
from app.sources.live.products import thread_count
from app.trace import Ints
from tests.bench.interleaved import ABSENT, limited
from tests.sources.live.tiny_checkpoints import bfloat16

try:
    import torch
    from transformers import Qwen3MoeForCausalLM
except ImportError:  # without the extra `train`: no comparison
    torch = None

CONFIG: dict[str, Any] = {
    "architectures": ["Qwen3MoeForCausalLM"],
    "model_type": "qwen3_moe",
    "vocab_size": 8192,
    "hidden_size": 1024,
    "intermediate_size": 2048,
    "moe_intermediate_size": 512,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "num_key_value_heads": 4,
    "head_dim": 64,
    "num_experts": 32,
    "num_experts_per_tok": 8,
    "norm_topk_prob": True,
    "max_position_embeddings": 4096,
    "rms_norm_eps": 1e-6,
    "rope_theta": 1e6,
    "tie_word_embeddings": True,
}
TOKENS = 18
REPETITIONS = 5
LOUDER = {"embed_tokens": 64, "down_proj": 2, "o_proj": 2}

Measured = tuple[float, float]  # seconds that passed, and the processor's


def main() -> None:
    """Prints the table."""
    ids = np.random.default_rng(0).integers(0, CONFIG["vocab_size"], TOKENS).astype(np.int32)
    with tempfile.TemporaryDirectory() as scratch, limited(thread_count()):
        folder = write(Path(scratch))
        start, before = time.perf_counter(), anonymous_megabytes()
        forward = Forward(Checkpoint.open(folder))
        first = timed(lambda: run(forward, ids))
        print(f"\n1.28 B parameters in bfloat16, {thread_count()} threads, {TOKENS} tokens, seconds")
        print(f"numpy, opened and first: {time.perf_counter() - start:.2f}, of this process {first[1]:.2f}")
        print(f"its processes were ready {seconds_until_ready(forward):.2f} seconds later")
        rivals: dict[str, Callable[[], object]] = {"numpy": lambda: run(forward, ids)}
        run(forward, ids)
        print(
            f"numpy took {anonymous_megabytes() - before} MB of memory that is no file's, and its processes"
        )
        print(f"{sum(map(anonymous_megabytes, processes_of(forward)))} MB, modules included")
        if torch:
            model = Qwen3MoeForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
            batch = torch.tensor(ids[None].astype(np.int64))
            rivals["transformers"] = lambda: infer(model, batch)
            agree(forward, ids, infer(model, batch))
        else:
            print(ABSENT)
        show(rivals)


def show(rivals: dict[str, Callable[[], object]]) -> None:
    """One row per rival, measured in turn: medians of what passed and of the processor in this process."""
    found: dict[str, list[Measured]] = {name: [] for name in rivals}
    for _ in range(REPETITIONS):
        for name, rival in rivals.items():
            found[name].append(timed(rival))
    for name, times in found.items():
        passed, worked = (statistics.median(column) for column in zip(*times, strict=True))
        print(f"{name:14}passed {passed:6.2f}   of this process {worked:6.2f}   best {min(times)[0]:6.2f}")


def run(forward: Forward, ids: Ints) -> object:
    """Returns the routing of the tokens, and the logits after the last."""
    route = forward.checkpoint.router.route
    routing = forward.extend(ids, forward.cache(len(ids)), forward.config.top_k, route, keep=1)
    return forward.head(routing.hidden)


def infer(model: Any, batch: Any) -> Any:
    """Returns one pass of transformers; logits after the last token."""
    with torch.inference_mode():
        return model(batch, logits_to_keep=1).logits[0].numpy()


def agree(forward: Forward, ids: Ints, theirs: Any) -> None:
    """Prints by how much the logits of both differ."""
    ours = np.asarray(run(forward, ids))
    print(f"largest difference of a logit {np.abs(ours - theirs).max():.1e}, of {np.abs(theirs).max():.1f}")


def timed(action: Callable[[], object]) -> Measured:
    """Returns seconds that an action took: passed, and the processor's of all threads of this process."""
    passed, worked = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - passed, time.process_time() - worked


def processes_of(forward: Forward) -> list[int]:
    """Returns the processes that compute experts, by number."""
    found = forward.checkpoint.processes
    return [process.pid for process in found.processes] if found else []


def seconds_until_ready(forward: Forward) -> float:
    """Waits for the processes that compute experts, where there are any."""
    start, found = time.perf_counter(), forward.checkpoint.processes
    while found and found.processes and not found.ready(1, 1):
        time.sleep(0.01)
    return time.perf_counter() - start


def anonymous_megabytes(process: int | str = "self") -> int:
    """Returns memory of a process that no file stands behind, imported modules' too. Linux alone says
    so."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("RssAnon"))


def write(folder: Path) -> Path:
    """Writes the checkpoint, tensor by tensor: 2.6 GB."""
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    shapes, header, end = dict(tensors()), {}, 0
    for name, shape in shapes.items():
        size = 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    random = np.random.default_rng(0)
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, shape in shapes.items():
            factor = next((value for part, value in LOUDER.items() if part in name), 1)
            values = random.standard_normal(shape, np.float32) * np.float32(0.02 * factor)
            file.write(bfloat16(values if len(shape) > 1 else np.ones(shape, np.float32)).tobytes())
    return folder


def tensors() -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yields name and shape of each tensor."""
    yield from FAMILIES["qwen3_moe"].tensors(config_of(CONFIG))
