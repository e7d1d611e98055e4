"""What a router costs, against transformers' router class where it has one.

Both start from hidden states so narrow that the product which makes the logits counts for little. One thread,
medians of interleaved repetitions of the processor's time; read the ratios.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy as np

from app.routing import ROUTERS, Router
from tests.bench.interleaved import Rivals, limited, race, timed

try:
    import torch
    import transformers  # noqa: F401
except ImportError:  # without the extra `train`: no comparison
    torch = None

TOKENS, EXPERTS, WIDTH, K = 4096, 256, 16, 8
REPETITIONS = {"base": 3}  # others OFTEN
OFTEN = 11
FLOAT32 = {"router_dtype": "float32", "router_ignore_padding_tokens": False}
GROUPS = {"n_group": 8, "topk_group": 4, "routed_scaling_factor": 1.0}  # what ours takes if none are given
# Router: module of transformers, class, and what of its config differs from `config`.
CLASSES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "topk_norm": ("mixtral", "MixtralTopKRouter", {}),
    "topk": ("olmoe", "OlmoeTopKRouter", {"norm_topk_prob": False}),
    "softmax_after": ("gpt_oss", "GptOssTopKRouter", {}),
    "gshard": (
        "nllb_moe",
        "NllbMoeTop2Router",
        {
            "second_expert_policy": "random",
            "normalize_router_prob_before_dropping": True,
            "batch_prioritized_routing": False,
            "moe_eval_capacity_token_fraction": -1.0,
            "expert_capacity": 2 * TOKENS // EXPERTS,
        },
    ),
    "switch": (
        "switch_transformers",
        "SwitchTransformersTop1Router",
        {"router_jitter_noise": 0.0, "expert_capacity": int(1.25 * TOKENS / EXPERTS)},
    ),
    "sigmoid_top1": ("llama4", "Llama4Router", {"num_experts_per_tok": 1}),
    "group_limited": (
        "deepseek_v2",
        "DeepseekV2TopkRouter",
        {"topk_method": "group_limited_greedy", **GROUPS},
    ),
    "sigmoid_bias": ("deepseek_v3", "DeepseekV3TopkRouter", {"norm_topk_prob": True, **GROUPS}),
    "softmax_bias": ("ernie4_5_moe", "Ernie4_5_MoeTopKRouter", {"moe_norm_min": 1e-12}),
}


def main() -> None:
    """Prints the table."""
    print(
        f"\nrouters, T = {TOKENS}, N = {EXPERTS}, k = {K} where it is free, one thread, processor time in ms,"
    )
    print(f"medians of {OFTEN} (BASE: {REPETITIONS['base']})")
    if not torch:
        print("  no comparison: PyTorch and transformers are not installed (`make parity` installs them)")
    random = np.random.default_rng(0)
    hidden = random.standard_normal((TOKENS, WIDTH)).astype(np.float32)
    weight = random.standard_normal((EXPERTS, WIDTH)).astype(np.float32) / 2  # logits of variance 4
    with limited(1):
        for router in ROUTERS.values():
            print(row(router, hidden, weight), flush=True)


def row(router: Router, hidden: np.ndarray, weight: np.ndarray) -> str:
    """Returns one router: its time, that of transformers, how many times ours that is."""
    k = router.fixed_k or (1 if router.name == "base" else K)  # the paper of BASE has 1
    rivals: Rivals = {
        "ours": timed(time.thread_time, lambda: router.route(np.dot(hidden, weight.T), k)),
    }
    if torch and router.name in CLASSES:
        rivals["theirs"] = timed(time.thread_time, theirs(router.name, hidden, weight))
    medians = race(rivals, REPETITIONS.get(router.name, OFTEN))
    line = f"  {router.name:14} k = {k}{medians['ours'] * 1e3:10.2f}"
    if "theirs" in medians:
        name = CLASSES[router.name][1]
        ratio = medians["theirs"] / medians["ours"]
        line += f"{medians['theirs'] * 1e3:10.2f}  {name} takes {ratio:.2f} x as long"
    elif torch:
        line += f"{'':10}  transformers has none"
    return line


def theirs(name: str, hidden: np.ndarray, weight: np.ndarray) -> Callable[[], object]:
    """Their router with that weight, as a call."""
    family, title, changes = CLASSES[name]
    module = import_module(f"transformers.models.{family}.modeling_{family}")
    router = getattr(module, title)(SimpleNamespace(**{**config(), **changes})).eval()
    matrix = router.classifier.weight if hasattr(router, "classifier") else router.weight
    states = torch.from_numpy(hidden)
    with torch.no_grad():
        matrix.copy_(torch.from_numpy(weight))

    def run() -> object:
        with torch.inference_mode():
            return router(states)

    return run


def config() -> dict[str, Any]:
    """Returns what every class reads."""
    sizes = {"hidden_size": WIDTH, "num_experts": EXPERTS, "num_local_experts": EXPERTS}
    return {**sizes, "num_experts_per_tok": K, "router_bias": False, **FLOAT32}
