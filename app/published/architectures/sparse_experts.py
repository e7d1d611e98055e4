"""The MoE layers of newer families, which use several names for the same sizes."""

from __future__ import annotations

from typing import Any

from ...problem import show
from .config_fields import ConfigError, Fields
from .decoder import decoder, glu
from .mixers import attention, heads_of
from .model_config import Experts, Mixer, ModelConfig, Routing

COUNT = ("n_routed_experts", "num_experts", "num_local_experts", "moe_num_experts")
TOP_K = ("num_experts_per_tok", "num_experts_per_token", "top_k_experts", "moe_topk", "moe_k")
SHARED_COUNT = ("n_shared_experts", "num_shared_experts", "moe_num_shared_experts")
SHARED_WIDTH = (
    "shared_expert_intermediate_size",
    "shared_intermediate_size",
    "shared_experts_intermediate_size",
    "share_expert_dim",
)
WIDTH = ("moe_intermediate_size", "expert_ffn_hidden_size", "intermediate_size")
DENSE_FIRST = ("first_k_dense_replace", "num_dense_layers")
SPARSE = {"sparse", "moe", "hash_moe"}


def sparse_layers(f: Fields) -> tuple[int, ...]:
    """Returns the layers with experts: those that the file lists, or those after the dense ones."""
    layers = f.layers()
    kinds = listed(f, "mlp_layer_types", layers)
    if kinds:
        return tuple(i for i, kind in enumerate(kinds) if kind in SPARSE)
    if isinstance(flags := f.values.get("moe_layer_freq"), list) and len(flags) == layers:
        return tuple(i for i, flag in enumerate(flags) if flag)
    if f.values.get("mlp_only_layers"):
        dense = f.indices("mlp_only_layers", layers)
        return tuple(i for i in range(layers) if i not in dense)
    first = next((f.count(name) for name in DENSE_FIRST if f.values.get(name) is not None), 0)
    return tuple(range(first, layers))


def listed(f: Fields, name: str, layers: int) -> list[Any]:
    """Returns a list with one entry per layer, or an empty one. Raises ConfigError for anything else."""
    values = f.values.get(name)
    if values is None:
        return []
    if not isinstance(values, list) or len(values) != layers or not all(isinstance(v, str) for v in values):
        raise ConfigError(f.at + name, f"a list of {layers} words", show(values))
    return values


def sparse_experts(f: Fields, **unusual: Any) -> Experts:
    """Returns the experts under any of the known field names; the shared experts are one network."""
    width = f.size(*WIDTH)
    usual: dict[str, Any] = {
        "layers": sparse_layers(f),
        "count": f.size(*COUNT),
        "top_k": f.size(*TOP_K),
        "width": width,
        "shared": shared_width(f, width),
        "selection_bias": True,
    }
    return Experts(**{**usual, **unusual})


def shared_width(f: Fields, width: int) -> int:
    """Returns the total width of the shared experts, given as such or as their number."""
    for name in (*SHARED_WIDTH, *SHARED_COUNT):
        if f.values.get(name) is not None:
            return f.count(name) * (width if name in SHARED_COUNT else 1)
    return 0


def sparse(
    f: Fields, mixers: Any, routing: Routing, experts: Experts | None = None, **more: Any
) -> ModelConfig:
    """Returns a decoder whose dense layers are `dense_intermediate_size` or `intermediate_size` wide."""
    experts = experts or sparse_experts(f)
    dense = 0
    if len(experts.layers) < f.layers():
        dense = glu(f.size("hidden_size"), f.size("dense_intermediate_size", "intermediate_size"))
    return decoder(f, mixers, experts, routing, **{"dense": dense, **more})


def headed(f: Fields, *, norms: int = 2, gate: bool = False, extra: int = 0) -> Mixer:
    """Returns grouped-query attention with norms over each head, and an output gate if there is one."""
    heads, _, width = heads_of(f)
    bias = f.values.get("attention_bias") is True
    gated = gate * heads * width * f.size("hidden_size")
    return attention(f, qkv_bias=bias, out_bias=bias, extra=norms * width + gated + extra)


SIGMOID_BIAS = Routing("sigmoid_bias", {"groups": 1, "topk_groups": 1, "scale": 1.0})
NOT_DIVIDED = "the model does not divide the weights by their sum"
SCALES = ("routed_scaling_factor", "router_scaling_factor", "route_scale", "moe_router_scaling_factor")


def biased(f: Fields) -> Routing:
    """Returns sigmoid routing with a selection bias, and the file's groups and scale."""
    groups = {
        "groups": first(f, ("n_group", "num_expert_group"), 1),
        "topk_groups": first(f, ("topk_group",), 1),
        "scale": first(f, SCALES, 1.0),
    }
    undivided = f.values.get("norm_topk_prob") is False or f.values.get("moe_renormalize") is False
    return Routing("sigmoid_bias", groups, NOT_DIVIDED if undivided else "")


def first(f: Fields, names: tuple[str, ...], usual: float) -> float:
    """Returns the first of these numbers in the file."""
    return next((f.number(name) for name in names if f.values.get(name) is not None), usual)
