"""Reads from a config.json the facts that a capture lacks: layers, experts, k, and the weighting rule.

Fields are read by name, not by architecture, so unknown models can be checked too. `published/` reads the
exact sizes of known architectures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
EXPERTS = (
    "num_local_experts",
    "num_experts",
    "n_routed_experts",
    "moe_num_experts",
    "num_moe_experts",
    "n_experts",
)
TOP_K = (
    "num_experts_per_tok",
    "num_experts_per_token",
    "moe_topk",
    "moe_top_k",
    "moe_k",
    "top_k_experts",
    "experts_per_token",
    "num_selected_experts",
    "moe_router_topk",
    "num_experts_per_topk",
    "top_k",
)
WIDTHS = ("moe_intermediate_size", "expert_ffn_hidden_size", "intermediate_size", "ffn_hidden_size")
BIASED = {
    *("deepseek_v3", "deepseek_v32", "deepseek_v4", "kimi_k2", "kimi_linear", "glm4_moe", "glm4_moe_lite"),
    *(
        "glm_moe_dsa",
        "ernie4_5_moe",
        "minimax_m2",
        "dots1",
        "longcat_flash",
        "hy_v3",
        "hy_v4",
        "axk1",
        "axk2",
    ),
    *("solar_open", "exaone_moe", "mimo_v2_flash", "step3p7", "bailing_moe_v2", "kolibri1", "zaya", "afmoe"),
    *("nemotron_h", "lfm2_moe", "sarvam_moe", "inkling"),
}
BIAS_FIELDS = (
    "use_expert_bias",
    "use_routing_bias",
    "moe_router_enable_expert_bias",
    "router_bias_update_rate",
)
NORMALISED = {
    *("mixtral", "gpt_oss", "granitemoe", "granitemoeshared", "granitemoehybrid", "minimax", "jetmoe"),
    *("qwen3_next", "qwen3_5_moe", "minimax_m2", "ernie4_5_moe", "gemma4"),
}
PLAIN_SUMS = {"olmoe", "qwen2_moe", "jamba", "deepseek"}  # softmax over all experts, not renormalised


@dataclass(frozen=True)
class ModelFacts:
    """Facts about a model. Layers are counted from 0, dense ones included. None: not in the config."""

    layers: int
    experts: int
    k: int | None
    moe_layers: tuple[int, ...]
    model_type: str = ""
    zero_experts: int = 0  # ids from `experts` on that compute nothing (LongCat)
    scale: float = 1.0
    normalised: bool | None = None  # whether a token's weights sum to 1 before scaling
    plain: bool = True  # no selection bias and no groups: the chosen experts are the k best logits
    sigmoid: bool = False
    softmax_late: bool = False  # weights are the softmax over the chosen logits only
    probabilities: bool = False  # its router returns probabilities by design (Gemma 4)
    extra_layers: int = 0  # multi-token prediction blocks after the last layer
    d_model: int = 0
    d_expert: int = 0
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def id_limit(self) -> int:
        """The first id without an expert."""
        return self.experts + self.zero_experts + (self.model_type == "zaya")

    @property
    def dense_layers(self) -> tuple[int, ...]:
        """The layers without experts."""
        return tuple(sorted(set(range(self.layers)) - set(self.moe_layers)))


def facts_of(config: Mapping[str, Any]) -> ModelFacts | None:
    """Reads a config.json; None if it describes no mixture of experts."""
    values = flattened(config)
    layers, experts = first(values, LAYERS), first(values, EXPERTS)
    if not layers or not experts or experts < 2:
        return None
    kind = str(values.get("model_type") or "").removesuffix("_text")
    sigmoid = values.get("scoring_func") == "sigmoid" or kind in ("llama4", "minimax_m2")
    return ModelFacts(
        layers=layers,
        experts=experts,
        k=first(values, TOP_K),
        moe_layers=moe_layers_of(values, layers),
        model_type=kind,
        zero_experts=first(values, ("zero_expert_num",)) or 0,
        scale=number(values.get("routed_scaling_factor"), 1.0),
        normalised=normalised(values, kind),
        plain=is_plain(values, kind, sigmoid),
        sigmoid=sigmoid,
        softmax_late=kind in ("gpt_oss", "granitemoe", "granitemoeshared", "mixtral"),
        probabilities=kind in ("gemma4", "diffusion_gemma"),
        extra_layers=first(values, ("num_nextn_predict_layers", "num_mtp_modules")) or 0,
        d_model=first(values, ("hidden_size", "d_model", "n_embd")) or 0,
        d_expert=first(values, WIDTHS) or 0,
        raw=config,
    )


def flattened(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields of the language model; those of a text part override the outer ones."""
    values = dict(config)
    for name in ("text_config", "llm_config", "language_config", "ffn_config"):
        part = config.get(name)
        if isinstance(part, Mapping):
            values.update(part)
    return values


def first(values: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    """Returns the first of these fields that is a number; for a list, its first entry."""
    for name in names:
        value = values.get(name)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1_000_000:
            return value
    return None


def number(value: Any, otherwise: float) -> float:
    """Returns `value` if it is a finite number, else `otherwise`."""
    return float(value) if isinstance(value, int | float) and abs(value) < 1e6 and value else otherwise


def normalised(values: Mapping[str, Any], kind: str) -> bool | None:
    """Returns whether weights sum to 1 before scaling; None if neither field nor family tells."""
    stated = values.get("norm_topk_prob")
    if isinstance(stated, bool):
        return stated
    if kind in NORMALISED:
        return True
    return False if kind in PLAIN_SUMS else None


def is_plain(values: Mapping[str, Any], kind: str, sigmoid: bool) -> bool:
    """Returns whether the chosen experts are the k best logits: no bias and no groups."""
    groups = first(values, ("n_group", "num_expert_group", "n_groups")) or 1
    grouped = groups > 1 and (first(values, ("topk_group", "top_k_group")) or 1) < groups
    biased = kind in BIASED or values.get("topk_method") == "noaux_tc"
    biased = biased or any(values.get(name) for name in BIAS_FIELDS)
    return not grouped and not biased and (not sigmoid or kind == "llama4")


def moe_layers_of(values: Mapping[str, Any], layers: int) -> tuple[int, ...]:
    """Returns the numbers of the layers with experts, from the field that the family uses."""
    for rule in (by_list, by_name, by_period):
        has = rule(values, layers)
        if has is not None:
            return tuple(layer for layer in range(layers) if has(layer))
    return tuple(range(layers))


Rule = Callable[[int], bool]


def by_list(values: Mapping[str, Any], layers: int) -> Rule | None:
    """Reads fields with one entry per layer, or with a list of the layers with experts."""
    for name in ("moe_layer_freq", "is_moe_layer"):
        flags = values.get(name)
        if isinstance(flags, list) and len(flags) >= layers:
            return lambda layer: bool(flags[layer])
    listed = values.get("moe_layers", values.get("moe_layers_enum"))
    if isinstance(listed, str):
        listed = [int(part) for part in listed.split(",") if part.strip().isdigit()]
    if isinstance(listed, list) and listed:
        return lambda layer: layer in listed
    return None


def by_name(values: Mapping[str, Any], layers: int) -> Rule | None:
    """Reads fields that name the kind of each layer."""
    kinds = values.get("mlp_layer_types", values.get("ffn_layer_types"))
    if isinstance(kinds, list) and len(kinds) >= layers:
        return lambda layer: str(kinds[layer]) not in ("dense", "mlp")
    pattern = values.get("hybrid_override_pattern")
    if isinstance(pattern, str) and len(pattern) >= layers:
        return lambda layer: pattern[layer] == "E"
    return None


def by_period(values: Mapping[str, Any], layers: int) -> Rule | None:
    """Reads the number of dense layers at the beginning, a step, or both."""

    def of(name: str, otherwise: int) -> int:
        value = values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else otherwise

    if "expert_layer_period" in values:  # Jamba
        period, offset = max(of("expert_layer_period", 1), 1), of("expert_layer_offset", 0)
        return lambda layer: layer % period == offset
    if "moe_layer_start_index" in values:  # ERNIE
        begin, end = of("moe_layer_start_index", 0), of("moe_layer_end_index", layers - 1)
        step = max(of("moe_layer_interval", 1), 1)
        return lambda layer: begin <= layer <= (end if end >= 0 else layers) and (layer + 1) % step == 0
    if "decoder_sparse_step" in values or "mlp_only_layers" in values:  # Qwen
        step, dense = of("decoder_sparse_step", 1), values.get("mlp_only_layers") or []
        return lambda layer: layer not in dense and step > 0 and (layer + 1) % step == 0
    if "interleave_moe_layer_step" in values:  # Llama 4
        step = max(of("interleave_moe_layer_step", 1), 1)
        return lambda layer: (layer + 1) % step == 0
    dense = of("first_k_dense_replace", of("num_dense_layers", of("moe_layer_num_skipped", 0)))
    step = max(of("moe_layer_freq", 1), 1)
    return lambda layer: layer >= dense and layer % step == 0
