"""The tensors that a checkpoint must have: names and shapes that follow from its config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from .config import CheckpointError, Config

Shape = tuple[int, ...]
UNUSED = ("rotary_emb.inv_freq",)  # buffers that old files carry and that follow from config.json


def check_tensors(config: Config, found: Mapping[str, Shape], folder: Path) -> None:
    """Raises CheckpointError where a tensor is missing, has another shape than expected, or is not used."""
    expected = dict(expected_tensors(config))
    for name, shape in expected.items():
        if found.get(name) != shape:
            raise CheckpointError(f"{folder}: tensor {name}: expected {shape}, got {found.get(name, 'none')}")
    unknown = [name for name in found if name not in expected and not name.endswith(UNUSED)]
    unknown = [name for name in unknown if not (config.tied and name == "lm_head.weight")]
    if unknown:
        raise CheckpointError(
            f"{folder}: {len(unknown)} tensors that nothing here uses, the first is {unknown[0]}; "
            f"expected those of a {config.model_type} checkpoint"
        )


def expected_tensors(config: Config) -> Iterator[tuple[str, Shape]]:
    """Name and shape of each tensor that the config implies."""
    yield "model.embed_tokens.weight", (config.vocabulary, config.d_model)
    yield "model.norm.weight", (config.d_model,)
    if not config.tied:
        yield "lm_head.weight", (config.vocabulary, config.d_model)
    for layer, sparse in enumerate(config.moe_layers):
        prefix = f"model.layers.{layer}"
        for norm in ("input_layernorm", "post_attention_layernorm"):
            yield f"{prefix}.{norm}.weight", (config.d_model,)
        yield from attention_tensors(config, f"{prefix}.self_attn")
        block = f"{prefix}.{config.family.block}"
        if sparse:
            yield f"{block}.gate.weight", (config.experts, config.d_model)
            for expert in range(config.experts):
                yield from network_tensors(config, f"{block}.experts.{expert}", config.d_expert)
        else:
            yield from network_tensors(config, block, config.d_dense)


def attention_tensors(config: Config, prefix: str) -> Iterator[tuple[str, Shape]]:
    """Name and shape of the tensors of one attention block."""
    query, key = config.heads * config.head_dim, config.kv_heads * config.head_dim
    for part, width in (("q", query), ("k", key), ("v", key)):
        yield f"{prefix}.{part}_proj.weight", (width, config.d_model)
        if config.attention_bias:
            yield f"{prefix}.{part}_proj.bias", (width,)
    yield f"{prefix}.o_proj.weight", (config.d_model, query)
    if config.attention_bias:
        yield f"{prefix}.o_proj.bias", (config.d_model,)
    if config.family.qk_norm != "none":
        whole = config.family.qk_norm == "all"
        yield f"{prefix}.q_norm.weight", (query if whole else config.head_dim,)
        yield f"{prefix}.k_norm.weight", (key if whole else config.head_dim,)


def network_tensors(config: Config, prefix: str, width: int) -> Iterator[tuple[str, Shape]]:
    """Name and shape of the tensors of one SwiGLU network."""
    gate, up, down = config.family.matrices
    yield f"{prefix}.{gate}.weight", (width, config.d_model)
    yield f"{prefix}.{up}.weight", (width, config.d_model)
    yield f"{prefix}.{down}.weight", (config.d_model, width)
