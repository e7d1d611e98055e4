"""A checkpoint's config.json: read, checked, refused by name where it asks for what is not implemented."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from ...shape import ModelShape


class CheckpointError(ValueError):
    """A checkpoint that cannot be run: which file, what was found, what was expected."""


@dataclass(frozen=True)
class Family:
    """What tells one family of checkpoints from another, beyond what their config.json says."""

    block: str  # name of the MoE block in tensor names
    matrices: tuple[str, str, str]  # names of gate, up and down in an expert
    qk_norm: Literal["none", "all", "head"] = "none"  # over a whole projection (OLMoE), or each head (Qwen3)
    renormalise: bool = False  # where config.json does not say
    theta: float = 10_000.0  # rotary base where config.json does not say


FAMILIES = {
    "mixtral": Family("block_sparse_moe", ("w1", "w3", "w2"), renormalise=True, theta=1_000_000.0),
    "olmoe": Family("mlp", ("gate_proj", "up_proj", "down_proj"), qk_norm="all"),
    "qwen3_moe": Family("mlp", ("gate_proj", "up_proj", "down_proj"), qk_norm="head"),
}

# Keys that ask nothing of a forward pass (names, versions, training, what to return), or are read apart.
SILENT = frozenset(
    """
    architectures _name_or_path _commit_hash transformers_version dtype torch_dtype tokenizer_class
    problem_type initializer_range attention_dropout router_aux_loss_coef router_jitter_noise
    bos_token_id pad_token_id use_cache chunk_size_feed_forward pretraining_tp is_encoder_decoder
    id2label label2id return_dict return_dict_in_generate
    output_router_logits output_attentions output_hidden_states
    rope_theta rope_scaling rope_parameters use_sliding_window max_window_layers
    """.split()
)


class Config(BaseModel):
    """The fields of config.json that the forward pass uses, under one name for all families."""

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())

    model_type: Literal["mixtral", "olmoe", "qwen3_moe"]
    vocabulary: PositiveInt = Field(validation_alias="vocab_size")
    d_model: PositiveInt = Field(validation_alias="hidden_size")
    layers: PositiveInt = Field(validation_alias="num_hidden_layers")
    heads: PositiveInt = Field(validation_alias="num_attention_heads")
    kv_heads: PositiveInt = Field(validation_alias="num_key_value_heads")
    head_dim: PositiveInt
    experts: PositiveInt = Field(validation_alias=AliasChoices("num_local_experts", "num_experts"))
    top_k: PositiveInt = Field(validation_alias="num_experts_per_tok")
    d_expert: PositiveInt
    d_dense: PositiveInt = Field(validation_alias="intermediate_size")  # width of layers without experts
    epsilon: float = Field(1e-5, validation_alias="rms_norm_eps")
    theta: float
    renormalise: bool = Field(validation_alias="norm_topk_prob")
    tied: bool = Field(False, validation_alias="tie_word_embeddings")
    attention_bias: bool = False
    clip: float | None = Field(None, validation_alias="clip_qkv")
    window: PositiveInt | None = Field(None, validation_alias="sliding_window")
    positions: PositiveInt = Field(4096, validation_alias="max_position_embeddings")
    hidden_act: Literal["silu"] = "silu"
    sparse_step: PositiveInt = Field(1, validation_alias="decoder_sparse_step")
    dense_layers: tuple[int, ...] = Field((), validation_alias="mlp_only_layers")
    end: int | list[int] | None = Field(None, validation_alias="eos_token_id")

    @property
    def family(self) -> Family:
        """The rules of the checkpoint's family."""
        return FAMILIES[self.model_type]

    @property
    def router(self) -> str:
        """The router that the model was trained with, by its name in `app.routing.ROUTERS`."""
        return "topk_norm" if self.renormalise else "topk"

    @property
    def ends(self) -> tuple[int, ...]:
        """The tokens that end a text."""
        return tuple(self.end) if isinstance(self.end, list) else () if self.end is None else (self.end,)

    @property
    def moe_layers(self) -> tuple[bool, ...]:
        """For each layer whether it has experts; a layer without has one dense network."""
        return tuple(
            layer not in self.dense_layers and (layer + 1) % self.sparse_step == 0
            for layer in range(self.layers)
        )

    @property
    def shape(self) -> ModelShape:
        """The sizes that the page shows, every parameter counted."""
        query, key = self.heads * self.head_dim, self.kv_heads * self.head_dim
        matrices = self.d_model * (2 * query + 2 * key)
        biases = (query + 2 * key + self.d_model) if self.attention_bias else 0
        gains = {"none": 0, "all": query + key, "head": 2 * self.head_dim}[self.family.qk_norm]
        return ModelShape(
            layers=sum(self.moe_layers),
            experts=self.experts,
            top_k=self.top_k,
            d_model=self.d_model,
            d_expert=self.d_expert,
            attention=self.layers * (matrices + biases),
            embeddings=self.vocabulary * self.d_model * (1 if self.tied else 2),
            norms=self.layers * (2 * self.d_model + gains) + self.d_model,
            dense=3 * self.d_model * self.d_dense * (self.layers - sum(self.moe_layers)),
        )


def read_config(folder: Path) -> Config:
    """The config.json of a checkpoint. Raises CheckpointError naming a wrong or unknown key."""
    path = folder / "config.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(values, dict):
            raise ValueError(f"expected an object, got {type(values).__name__}")
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: expected a model's configuration in JSON; {error}") from error
    return parse_config(values, str(path))


def parse_config(values: dict[str, Any], where: str) -> Config:
    """The keys of config.json -> Config. Raises CheckpointError as `read_config` does."""
    family = FAMILIES.get(values.get("model_type", ""))
    if family is None:
        raise CheckpointError(
            f"{where}: model_type: expected one of {', '.join(FAMILIES)}, got {values.get('model_type')!r}"
        )
    given = {key: value for key, value in values.items() if value is not None}
    given["theta"] = rotary_base(values, family, where)
    given.setdefault("norm_topk_prob", family.renormalise)
    given.setdefault("num_key_value_heads", given.get("num_attention_heads"))
    given.setdefault("head_dim", given.get("hidden_size", 0) // max(1, given.get("num_attention_heads", 1)))
    given["d_expert"] = given.pop("moe_intermediate_size", given.get("intermediate_size"))
    if not values.get("use_sliding_window", family is not FAMILIES["qwen3_moe"]):
        given.pop("sliding_window", None)
    try:
        config = Config(**{key: value for key, value in given.items() if key not in SILENT})
    except ValidationError as error:
        raise CheckpointError(f"{where}: {'; '.join(map(explain, error.errors()))}") from error
    refuse(config, where)
    return config


def explain(error: Any) -> str:
    """One fault that pydantic found, as `key: expected, got`."""
    key = ".".join(str(part) for part in error["loc"])
    return (
        f"{key}: {error['msg']}, got {error['input']!r}" if error["type"] != "missing" else f"{key}: missing"
    )


def rotary_base(values: dict[str, Any], family: Family, where: str) -> float:
    """The base of the rotary embedding. Raises CheckpointError for ways of stretching it."""
    settings = {**(values.get("rope_scaling") or {}), **(values.get("rope_parameters") or {})}
    kind = settings.pop("rope_type", settings.pop("type", "default"))
    base = settings.pop("rope_theta", values.get("rope_theta", family.theta))
    asked = {key: value for key, value in settings.items() if value is not None and key != "type"}
    asked = {key: value for key, value in asked.items() if (key, value) != ("partial_rotary_factor", 1.0)}
    if kind != "default" or asked:
        raise CheckpointError(
            f"{where}: rope_parameters: expected rope_type 'default' and no more, got {kind!r} {asked or ''}"
        )
    return float(base)


def refuse(config: Config, where: str) -> None:
    """Raises CheckpointError where the config asks for something that nothing here does: never ignored."""
    for key, value in (config.model_extra or {}).items():
        if value not in (False, 0, "", [], {}):
            raise CheckpointError(
                f"{where}: {key} = {value!r} is not implemented; only checkpoints without it run"
            )
    if config.top_k > config.experts:
        raise CheckpointError(
            f"{where}: num_experts_per_tok: expected 1 to {config.experts}, got {config.top_k}"
        )
    if config.heads % config.kv_heads or config.head_dim % 2:
        raise CheckpointError(
            f"{where}: expected num_attention_heads a multiple of num_key_value_heads, and an even head_dim; "
            f"got {config.heads}, {config.kv_heads}, {config.head_dim}"
        )
    if not any(config.moe_layers):
        raise CheckpointError(f"{where}: expected a layer with experts, got none")
    if config.attention_bias and config.model_type == "mixtral":
        raise CheckpointError(f"{where}: attention_bias: Mixtral has none, got true")
