"""Reads and checks a checkpoint's config.json. Unsupported settings are refused by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from ...problem import show
from .rotary import Rope, RopeError, read_rope

CONFIG_BYTES = 4 << 20
MOST = 1 << 31  # limit on any size
MOST_LAYERS = 4096
MOST_EXPERTS = 16_384


class CheckpointError(ValueError):
    """A checkpoint that cannot be run: names the file, what was expected, and what was found."""


# Keys without effect on the forward pass (names, versions, training, generation), or read elsewhere.
SILENT = frozenset(
    """
    architectures _name_or_path _commit_hash transformers_version dtype torch_dtype tokenizer_class
    problem_type initializer_range attention_dropout router_aux_loss_coef router_z_loss_coef aux_loss_alpha
    router_jitter_noise seq_aux ep_size moe_layer_freq experts_per_token initial_context_length
    bos_token_id pad_token_id sep_token_id decoder_start_token_id forced_bos_token_id forced_eos_token_id
    use_cache chunk_size_feed_forward pretraining_tp is_encoder_decoder is_decoder cross_attention_hidden_size
    id2label label2id return_dict return_dict_in_generate finetuning_task task_specific_params prefix
    output_router_logits output_attentions output_hidden_states output_scores torchscript use_bfloat16
    max_length min_length do_sample num_beams num_beam_groups diversity_penalty temperature top_p typical_p
    repetition_penalty length_penalty no_repeat_ngram_size encoder_no_repeat_ngram_size bad_words_ids
    num_return_sequences early_stopping suppress_tokens begin_suppress_tokens remove_invalid_values
    exponential_decay_length_penalty tf_legacy_loss pruned_heads max_window_layers num_nextn_predict_layers
    num_mtp_layers qk_head_dim rope_theta rope_scaling rope_parameters auto_map quantization_config
    model_type text_config
    """.split()
)
SILENT_PREFIXES = ("unsloth_", "_attn_implementation")
# Keys that change the forward pass of some families. Other families ignore them, as in transformers.
OPTIONAL = frozenset(
    """
    norm_topk_prob clip_qkv attention_bias sliding_window use_sliding_window decoder_sparse_step
    mlp_only_layers moe_intermediate_size layer_types swiglu_alpha swiglu_limit
    q_lora_rank kv_lora_rank qk_nope_head_dim qk_rope_head_dim v_head_dim rope_interleave n_group topk_group
    routed_scaling_factor n_shared_experts first_k_dense_replace scoring_func topk_method
    """.split()
)

Size = Annotated[int, Field(ge=1, le=MOST)]
Number = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Config(BaseModel):
    """The fields of config.json that the forward pass uses, with one name for all families."""

    model_config = ConfigDict(
        frozen=True, extra="allow", strict=True, protected_namespaces=(), arbitrary_types_allowed=True
    )

    family: str
    vocabulary: Size = Field(validation_alias="vocab_size")
    d_model: Size = Field(validation_alias="hidden_size")
    layers: Annotated[int, Field(ge=1, le=MOST_LAYERS)] = Field(validation_alias="num_hidden_layers")
    heads: Size = Field(validation_alias="num_attention_heads")
    kv_heads: Size = Field(validation_alias="num_key_value_heads")
    head_dim: Size
    experts: Annotated[int, Field(ge=1, le=MOST_EXPERTS)] = Field(
        validation_alias=AliasChoices("num_local_experts", "num_experts", "n_routed_experts")
    )
    top_k: Size = Field(validation_alias="num_experts_per_tok")
    d_expert: Size
    d_dense: Size = Field(validation_alias="intermediate_size")  # width of layers without experts
    epsilon: Number = Field(validation_alias="rms_norm_eps")
    rope: Rope
    renormalise: bool = Field(True, validation_alias="norm_topk_prob")
    tied: bool = Field(False, validation_alias="tie_word_embeddings")
    attention_bias: bool = False
    clip: Number | None = Field(None, validation_alias="clip_qkv")
    window: Size | None = Field(None, validation_alias="sliding_window")
    positions: Size = Field(validation_alias="max_position_embeddings")
    hidden_act: Literal["silu"] = "silu"
    sparse_step: Size = Field(1, validation_alias="decoder_sparse_step")
    dense_layers: list[int] = Field([], validation_alias="mlp_only_layers")
    end: int | list[int] | None = Field(None, validation_alias="eos_token_id")
    layer_types: list[str] | None = None
    # gpt-oss
    swiglu_alpha: float = 1.702
    swiglu_limit: float = 7.0
    # DeepSeek-V3
    query_rank: Size | None = Field(None, validation_alias="q_lora_rank")
    key_value_rank: Size | None = Field(None, validation_alias="kv_lora_rank")
    key_dim: Size | None = Field(None, validation_alias="qk_nope_head_dim")
    rotary_dim: Size | None = Field(None, validation_alias="qk_rope_head_dim")
    value_dim: Size | None = Field(None, validation_alias="v_head_dim")
    rope_interleave: bool = True
    groups: Size = Field(1, validation_alias="n_group")
    topk_groups: Size = Field(1, validation_alias="topk_group")
    scale: Number = Field(1.0, validation_alias="routed_scaling_factor")
    shared: Annotated[int, Field(ge=0, le=MOST)] = Field(0, validation_alias="n_shared_experts")
    first_dense: Annotated[int, Field(ge=0)] = Field(0, validation_alias="first_k_dense_replace")
    scoring_func: Literal["sigmoid"] = "sigmoid"
    topk_method: Literal["noaux_tc"] = "noaux_tc"

    @property
    def ends(self) -> tuple[int, ...]:
        """Returns the ids of the tokens that end a text."""
        return tuple(self.end) if isinstance(self.end, list) else () if self.end is None else (self.end,)

    @property
    def moe_layers(self) -> tuple[bool, ...]:
        """Returns for each layer whether it has experts; the others have one dense network."""
        return tuple(
            layer >= self.first_dense
            and layer not in self.dense_layers
            and (layer + 1) % self.sparse_step == 0
            for layer in range(self.layers)
        )

    @property
    def windows(self) -> tuple[int | None, ...]:
        """Returns for each layer the positions that a token attends to, its own included; None: all."""
        if self.layer_types is None:
            return (self.window,) * self.layers
        return tuple(self.window if kind == "sliding_attention" else None for kind in self.layer_types)

    @property
    def query_width(self) -> int:
        """Returns the number of columns of all queries."""
        return self.heads * self.head_dim

    @property
    def key_width(self) -> int:
        """Returns the number of columns of all keys, which equals that of all values."""
        return self.kv_heads * self.head_dim


def read_json(path: Path, most: int = CONFIG_BYTES) -> dict[str, Any]:
    """Returns the JSON object in a file.

    Raises CheckpointError if it is not an object, too large, or nested too deeply.
    """
    try:
        size = path.stat().st_size
        if size > most:
            raise ValueError(f"expected at most {most:,} bytes, got {size:,}")
        values = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(values, dict):
            raise ValueError(f"expected an object, got {type(values).__name__}")
    except RecursionError as error:
        raise CheckpointError(f"{path.name}: expected JSON, got brackets nested too deep") from error
    except OSError as error:
        raise CheckpointError(f"{path.name}: expected a file to read; {error.strerror}") from error
    except ValueError as error:
        raise CheckpointError(f"{path.name}: expected JSON; {error}") from error
    return values


def parse_config(
    values: Mapping[str, Any], family: str, defaults: Mapping[str, Any], reads: frozenset[str]
) -> Config:
    """Converts the values of config.json to a Config.

    `defaults`: the defaults of the family's configuration class. `reads`: the keys of `OPTIONAL` that it
    reads. Raises CheckpointError naming a wrong or unknown key.
    """
    if values.get("is_causal") is False:
        raise CheckpointError("config.json: is_causal: expected true, got false; no text model attends ahead")
    given = {**defaults, **values}
    if given.get("rope_parameters") is None:
        given["rope_parameters"] = defaults.get("rope_parameters")
    asked = {key for key in given if key in reads or key not in OPTIONAL}
    given = {key: given[key] for key in given if key in asked and given[key] is not None}
    try:
        given["rope"] = read_rope(given, defaults.get("rope_theta", 10_000.0))
    except RopeError as error:
        raise CheckpointError(f"config.json: {error}") from error
    if "use_sliding_window" in reads and not given.pop("use_sliding_window", False):
        given.pop("sliding_window", None)
    given.setdefault("num_key_value_heads", given.get("num_attention_heads"))
    given.setdefault("head_dim", head_width(given))
    given["d_expert"] = given.pop("moe_intermediate_size", given.get("intermediate_size"))
    given["family"] = family
    try:
        config = Config(**{key: value for key, value in given.items() if not silent(key)})
    except ValidationError as error:
        raise CheckpointError(f"config.json: {'; '.join(map(explain, error.errors()))}") from error
    refuse(config)
    return config


def silent(key: str) -> bool:
    """Returns whether a key has no effect on the forward pass."""
    return key in SILENT or key.startswith(SILENT_PREFIXES)


def head_width(given: Mapping[str, Any]) -> Any:
    """Returns the default width of a head. Later checks report values that are not numbers."""
    width, heads = given.get("hidden_size"), given.get("num_attention_heads")
    if isinstance(width, int) and isinstance(heads, int) and heads > 0:
        return width // heads
    return 2


def explain(error: Any) -> str:
    """Formats one fault that pydantic found as `key: expected, got`."""
    key = ".".join(str(part) for part in error["loc"])
    return (
        f"{key}: missing"
        if error["type"] == "missing"
        else f"{key}: {error['msg']}, got {show(error['input'])}"
    )


def refuse(config: Config) -> None:
    """Raises CheckpointError if the config requires an unsupported feature."""
    for key, value in (config.model_extra or {}).items():
        if key not in ("is_causal",) and value not in (False, 0, "", [], {}):
            raise CheckpointError(
                f"config.json: {key} = {show(value)} is not implemented; only checkpoints without it run"
            )
    if config.top_k > config.experts:
        raise CheckpointError(
            f"config.json: num_experts_per_tok: expected 1 to {config.experts}, got {config.top_k}"
        )
    if config.heads % config.kv_heads or config.head_dim % 2:
        raise CheckpointError(
            "config.json: expected num_attention_heads a multiple of num_key_value_heads, and an even "
            f"head_dim; got {config.heads}, {config.kv_heads}, {config.head_dim}"
        )
    if config.experts % config.groups or config.topk_groups > config.groups:
        raise CheckpointError(
            f"config.json: n_group, topk_group: expected groups that divide {config.experts} experts, and at "
            f"most as many of them, got {config.groups}, {config.topk_groups}"
        )
    if config.layer_types is not None and len(config.layer_types) != config.layers:
        raise CheckpointError(
            f"config.json: layer_types: expected {config.layers}, one per layer, "
            f"got {len(config.layer_types)}"
        )
    if not any(config.moe_layers):
        raise CheckpointError("config.json: expected a layer with experts, got none")
