"""Converts a Hugging Face config.json of a supported architecture to a ModelConfig. Refuses others."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...problem import cut, show
from . import encoder_decoder as encoder_decoder_families
from . import grouped_or_biased as biased_families
from . import grouped_query, linear_hybrids, sparse_attention, special_experts
from . import softmax_then_topk as softmax_families
from . import topk_then_softmax as late_softmax_families
from .config_fields import ConfigError, Fields
from .model_config import ModelConfig

READERS: dict[str, Callable[[Fields], ModelConfig]] = {
    "arctic": softmax_families.arctic,
    "dbrx": softmax_families.dbrx,
    "deepseek": biased_families.deepseek,
    "deepseek_v2": biased_families.deepseek_v2,
    "deepseek_v3": biased_families.deepseek_v3,
    "ernie4_5_moe": biased_families.ernie4_5_moe,
    "glam": encoder_decoder_families.glam,
    "glm4_moe": biased_families.glm4_moe,
    "gpt_oss": late_softmax_families.gpt_oss,
    "granitemoe": late_softmax_families.granite,
    "granitemoeshared": late_softmax_families.granite,
    "grok-1": softmax_families.grok,
    "gshard": encoder_decoder_families.gshard,
    "hunyuan_v1_moe": softmax_families.hunyuan,
    "jamba": softmax_families.jamba,
    "llama4": late_softmax_families.llama4,
    "minimax": softmax_families.minimax,
    "minimax_m2": biased_families.minimax_m2,
    "mixtral": softmax_families.mixtral,
    "nllb-moe": encoder_decoder_families.nllb_moe,
    "olmoe": softmax_families.olmoe,
    "openai_privacy_filter": late_softmax_families.privacy_filter,
    "phimoe": late_softmax_families.phimoe,
    "qwen2_moe": softmax_families.qwen2_moe,
    "qwen3_moe": softmax_families.qwen3_moe,
    "switch_transformers": encoder_decoder_families.switch_transformers,
    **grouped_query.FAMILIES,
    **linear_hybrids.FAMILIES,
    **sparse_attention.FAMILIES,
    **special_experts.FAMILIES,
}

# Classes not named after their model_type: `architectures` decides, because it selects the class of the
# weights.
CLASSES = {
    "grok1model": "grok-1",
    "hunyuanmoev1": "hunyuan_v1_moe",
    "minimaxm3": "minimax_m3_vl_text",
    "minimaxm3sparse": "minimax_m3_vl_text",
    "step3p5": "step3p5",
}
ALIASES = {  # model_type -> family
    "deepseek_v3": "deepseek_v3",
    "kimi_k2": "deepseek_v3",
    "llama4_text": "llama4",
    "minimax_m1": "minimax",
    "minimax_m3": "minimax_m3_vl_text",
    "minimax_text_01": "minimax",
    "sarvam_moe": "glm4_moe",
}
MODEL_TYPES = {**{family: family for family in READERS}, **ALIASES}
TEXT_PARTS = ("text_config", "language_model", "language_config", "llm_config", "thinker_config")
COUNTS = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts", "num_experts_per_tok")
FILE = "config.json"
LARGEST_FILE = 2**20  # limit in bytes; published files have a few thousand


def read_config(values: Mapping[str, Any]) -> ModelConfig:
    """Returns the model that a config.json describes; for a wrapper, its language model.

    Raises ConfigError with the field or the architecture.
    """
    family = family_of(values)
    if family is not None:
        return READERS[family](Fields(values, family))
    for part in TEXT_PARTS:
        if isinstance(inner := values.get(part), dict):
            return read_config({"tie_word_embeddings": values.get("tie_word_embeddings", False), **inner})
    raise unsupported(values)


def load_config(path: Path) -> dict[str, Any]:
    """Reads a config.json from disk. Raises ConfigError if it is not one."""
    try:
        with path.open("rb") as file:
            return parse_config(file.read(LARGEST_FILE + 1))
    except OSError as error:
        raise ConfigError(FILE, "a file that can be read", str(error.strerror)) from error


def parse_config(data: bytes) -> dict[str, Any]:
    """Reads a config.json from its bytes. Raises ConfigError if it is not one."""
    if len(data) > LARGEST_FILE:
        raise ConfigError(FILE, f"at most {LARGEST_FILE:,} bytes", "more")
    try:
        values = json.loads(data)
    except RecursionError as error:
        raise too_deep() from error
    except ValueError as error:
        raise ConfigError(FILE, "JSON", f"something else: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(FILE, "an object of fields", type(values).__name__)
    return values


def too_deep() -> ConfigError:
    """Returns the error for nesting beyond the parser's limit."""
    return ConfigError(FILE, "JSON", "one that is nested too deeply")


def family_of(values: Mapping[str, Any]) -> str | None:
    """Returns the family by the class of the weights, else by `model_type`; None if unknown."""
    names = architectures(values)
    if names:
        return next((family for name in names if (family := family_of_class(name))), None)
    model_type = values.get("model_type")
    return MODEL_TYPES.get(model_type) if isinstance(model_type, str) else None


def architectures(values: Mapping[str, Any]) -> list[str]:
    """Returns the class names in `architectures`."""
    named = values.get("architectures") or []
    return [name for name in named if isinstance(name, str)] if isinstance(named, list) else []


def family_of_class(name: str) -> str | None:
    """Returns the family of a class by letters and digits alone: Qwen3_5MoeForCausalLM is qwen3_5_moe."""
    stem = plain(name.partition("For")[0])
    return CLASSES.get(stem) or PLAIN_TYPES.get(stem)


def plain(name: str) -> str:
    """Returns the letters and digits of a name, in lower case."""
    return "".join(character for character in name.lower() if character.isalnum())


PLAIN_TYPES = {plain(name): family for name, family in MODEL_TYPES.items()}


def names_experts(values: Mapping[str, Any]) -> bool:
    """Returns whether a config states a number of experts."""
    return any(values.get(name) for name in COUNTS)


def unsupported(values: Mapping[str, Any]) -> ConfigError:
    """Returns the error for an architecture that is dense or unknown."""
    kind = f"model_type {show(values.get('model_type'))}"
    names = ", ".join(architectures(values))
    found = f"{cut(names)} ({kind})" if names else kind
    if not names_experts(values):
        return ConfigError("architecture", "a mixture of experts", found, "this config names no experts")
    advice = "count the folder of the checkpoint instead, or install the extra `transformers`"
    return ConfigError("architecture", "one that is counted here", found, advice)
