"""All families by `model_type`, and the reading of a config.json by its family."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ....problem import show
from ..config import CheckpointError, Config, parse_config, read_json
from .deepseek_v3 import DEEPSEEK_V3
from .family import Family
from .gpt_oss import GPT_OSS
from .softmax_topk import MIXTRAL, OLMOE, QWEN3_MOE

FAMILIES = {family.model_type: family for family in (MIXTRAL, OLMOE, QWEN3_MOE, GPT_OSS, DEEPSEEK_V3)}
QUANTISED = {"fp8": ("mixtral", "olmoe", "qwen3_moe", "deepseek_v3"), "mxfp4": ("gpt_oss",)}


def read_config(folder: Path) -> Config:
    """Reads the config.json of a checkpoint. Raises CheckpointError naming a wrong or unknown key."""
    return config_of(read_json(folder / "config.json"))


def config_of(values: Mapping[str, Any]) -> Config:
    """Converts the values of config.json to a Config.

    For a multimodal wrapper, its text part is used if the family is supported.
    """
    values = text_part(values)
    family = family_named(values.get("model_type"))
    check_quantisation(values, family)
    config = parse_config(values, family.model_type, family.defaults, family.reads)
    if family is GPT_OSS and config.layer_types is None:
        kinds = ["sliding_attention", "full_attention"] * config.layers
        config = config.model_copy(update={"layer_types": kinds[: config.layers]})
    family.router(config)
    family.shape(config)
    return config


def text_part(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the language model's configuration in a multimodal config."""
    inner = values.get("text_config")
    kind = values.get("model_type")
    if isinstance(inner, Mapping) and not (isinstance(kind, str) and kind in FAMILIES):
        return {"tie_word_embeddings": values.get("tie_word_embeddings"), **inner}
    return values


def family_named(kind: object) -> Family:
    """Returns the family of a `model_type`. Raises CheckpointError listing the supported ones."""
    if not isinstance(kind, str) or kind not in FAMILIES:
        raise CheckpointError(
            f"config.json: model_type: expected one of {', '.join(FAMILIES)}, got {show(kind)}; "
            "others run with the transformers engine"
        )
    return FAMILIES[kind]


def check_quantisation(values: Mapping[str, Any], family: Family) -> None:
    """Raises CheckpointError for an unsupported quantisation."""
    settings = values.get("quantization_config")
    if not settings:
        return
    method = settings.get("quant_method") if isinstance(settings, Mapping) else settings
    readable = isinstance(method, str) and family.model_type in QUANTISED.get(method, ())
    block = settings.get("weight_block_size", [128, 128]) if isinstance(settings, Mapping) else None
    if not readable or (method == "fp8" and block != [128, 128]):
        raise CheckpointError(
            "config.json: quantization_config: expected fp8 with blocks of 128 x 128, or mxfp4 for gpt_oss, "
            f"got {show(method)}{f' with blocks {show(block)}' if method == 'fp8' else ''}; "
            "a copy in bfloat16 runs, or the transformers engine"
        )
