"""All routers by name, and what each of them reads."""

from __future__ import annotations

from ..references.references import cite
from ..trace import Floats
from .assignment import base, expert_choice
from .capacity import capacity_of, gshard, st_moe, switch
from .router import Call, Router, Selection
from .router_settings import NOISE, RouterSettings
from .sigmoid import in_groups, sigmoid_bias, sigmoid_top1
from .softmax import group_limited, noisy_topk, softmax_after, softmax_bias, topk, topk_norm
from .topk import sigmoid, softmax

DEFAULT_ROUTER = "topk_norm"
BIAS = ("bias", "updates", "rate")  # the paper's rate is 0.001, over many thousands of batches


def capacity(logits: Floats, call: Call) -> int:
    tokens, experts = logits.shape
    return capacity_of(tokens, experts, call.settings["capacity"])


def noise(logits: Floats, call: Call) -> Floats:
    result: Floats = call.settings["noise"] * call.normals(*logits.shape)
    return result


def limits(call: Call) -> tuple[int, int, float]:
    """Groups, groups chosen, scale."""
    settings = call.settings
    return int(settings["groups"]), int(settings["topk_groups"]), settings["scale"]


ALL = (
    Router(
        "topk_norm",
        cite("mixtral"),
        lambda logits, k, call: topk_norm(logits, k),
    ),
    Router(
        "topk",
        cite("olmoe"),
        lambda logits, k, call: topk(logits, k),
    ),
    Router(
        "softmax_after",
        cite("gptoss"),
        lambda logits, k, call: softmax_after(logits, k),
    ),
    Router(
        "noisy_topk",
        cite("shazeer"),
        lambda logits, k, call: noisy_topk(logits, k, noise(logits, call)),
        uses=("noise", "seed"),
        defaults=RouterSettings(noise=NOISE, seed=0),
    ),
    Router(
        "gshard",
        cite("gshard"),
        lambda logits, k, call: gshard(logits, capacity(logits, call), call.uniforms(len(logits))),
        uses=("capacity", "seed"),
        defaults=RouterSettings(capacity=2.0, seed=0),
        fixed_k=2,
        whole_batch=True,
    ),
    Router(
        "switch",
        cite("switch"),
        lambda logits, k, call: switch(logits, capacity(logits, call)),
        uses=("capacity",),
        defaults=RouterSettings(capacity=1.25),
        fixed_k=1,
        whole_batch=True,
    ),
    Router(
        "st_moe",
        cite("stmoe"),
        lambda logits, k, call: st_moe(logits, capacity(logits, call)),
        uses=("capacity",),
        defaults=RouterSettings(capacity=1.25),
        fixed_k=2,
        whole_batch=True,
    ),
    Router(
        "base",
        cite("base"),
        lambda logits, k, call: base(logits, k),
        largest_k=16,
        whole_batch=True,
    ),
    Router(
        "expert_choice",
        cite("choice"),
        # The paper's capacity factor is the number of experts that a token has on average, which is our k.
        lambda logits, k, call: expert_choice(logits, k, capacity_of(len(logits), logits.shape[-1], k)),
        whole_batch=True,
        varies=True,
    ),
    Router(
        "sigmoid_top1",
        cite("llama4"),
        lambda logits, k, call: sigmoid_top1(logits),
        fixed_k=1,
    ),
    Router(
        "group_limited",
        cite("v2"),
        lambda logits, k, call: group_limited(logits, k, *limits(call)),
        uses=("groups", "topk_groups", "scale"),
        defaults=RouterSettings(scale=1.0),
    ),
    Router(
        "sigmoid_bias",
        cite("v3"),
        lambda logits, k, call: sigmoid_bias(logits, k, call.bias, *limits(call)),
        Selection(sigmoid, lambda values, call: in_groups(values, *limits(call)[:2])),
        uses=("groups", "topk_groups", "scale", *BIAS),
        defaults=RouterSettings(scale=1.0, updates=0, rate=0.01),
    ),
    Router(
        "softmax_bias",
        cite("ernie"),
        lambda logits, k, call: softmax_bias(logits, k, call.bias),
        Selection(softmax),
        uses=BIAS,
        defaults=RouterSettings(updates=0, rate=0.01),
    ),
)
ROUTERS: dict[str, Router] = {router.name: router for router in ALL}


def find_router(name: str) -> Router:
    """The router of that name. Raises ValueError naming those that there are."""
    if name not in ROUTERS:
        raise ValueError(f"router: expected one of {', '.join(ROUTERS)}, got {name!r}")
    return ROUTERS[name]
