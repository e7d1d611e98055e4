"""From a Hugging Face config.json of a supported architecture to a ModelConfig; others are refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...problem import cut, show
from . import encoder_decoder as encoder_decoder_families
from . import grouped_or_biased as biased_families
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
    "olmoe": softmax_families.olmoe,
    "phimoe": late_softmax_families.phimoe,
    "qwen2_moe": softmax_families.qwen2_moe,
    "qwen3_moe": softmax_families.qwen3_moe,
    "switch_transformers": encoder_decoder_families.switch_transformers,
}

# `architectures` of the files: the class that loads the weights, so it decides where there is one.
ARCHITECTURES = {
    "ArcticForCausalLM": "arctic",
    "DbrxForCausalLM": "dbrx",
    "DeepseekForCausalLM": "deepseek",
    "DeepseekV2ForCausalLM": "deepseek_v2",
    "DeepseekV3ForCausalLM": "deepseek_v3",
    "Ernie4_5_MoeForCausalLM": "ernie4_5_moe",
    "Glm4MoeForCausalLM": "glm4_moe",
    "GptOssForCausalLM": "gpt_oss",
    "GraniteMoeForCausalLM": "granitemoe",
    "GraniteMoeSharedForCausalLM": "granitemoeshared",
    "Grok1ModelForCausalLM": "grok-1",
    "HunYuanMoEV1ForCausalLM": "hunyuan_v1_moe",
    "JambaForCausalLM": "jamba",
    "KimiK2ForCausalLM": "deepseek_v3",
    "Llama4ForCausalLM": "llama4",
    "Llama4ForConditionalGeneration": "llama4",
    "MiniMaxForCausalLM": "minimax",
    "MiniMaxM1ForCausalLM": "minimax",
    "MiniMaxM2ForCausalLM": "minimax_m2",
    "MiniMaxText01ForCausalLM": "minimax",
    "MixtralForCausalLM": "mixtral",
    "OlmoeForCausalLM": "olmoe",
    "PhiMoEForCausalLM": "phimoe",
    "PhimoeForCausalLM": "phimoe",
    "Qwen2MoeForCausalLM": "qwen2_moe",
    "Qwen3MoeForCausalLM": "qwen3_moe",
    "SwitchTransformersForConditionalGeneration": "switch_transformers",
}

MODEL_TYPES = {
    **{family: family for family in READERS},
    "kimi_k2": "deepseek_v3",
    "llama4_text": "llama4",
    "minimax_m1": "minimax",
    "minimax_text_01": "minimax",
}

TOO_DEEP = "config.json: expected JSON, got one that is nested too deeply"
LARGEST_FILE = 2**20  # bytes; published files have a few thousand


def read_config(values: Mapping[str, Any]) -> ModelConfig:
    """The model that a config.json describes. Raises ConfigError naming the field or the architecture."""
    family = family_of(values)
    return READERS[family](Fields(values, family))


def load_config(path: Path) -> dict[str, Any]:
    """A config.json from disk. Raises ConfigError where it is none."""
    try:
        with path.open("rb") as file:
            return parse_config(file.read(LARGEST_FILE + 1))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}") from error


def parse_config(data: bytes) -> dict[str, Any]:
    """A config.json from its bytes. Raises ConfigError where it is none."""
    if len(data) > LARGEST_FILE:
        raise ConfigError(f"config.json: expected at most {LARGEST_FILE:,} bytes, got more")
    try:
        values = json.loads(data)
    except RecursionError as error:
        raise ConfigError(TOO_DEEP) from error
    except ValueError as error:
        raise ConfigError(f"config.json: expected JSON, got something else: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"config.json: expected an object of fields, got {type(values).__name__}")
    return values


def family_of(values: Mapping[str, Any]) -> str:
    """The family, by the class that loads the weights, else by `model_type`."""
    named = values.get("architectures") or []
    names = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
    model_type = values.get("model_type")
    if names:
        family = next((ARCHITECTURES[name] for name in names if name in ARCHITECTURES), None)
    else:
        family = MODEL_TYPES.get(model_type) if isinstance(model_type, str) else None
    if family is None:
        raise unsupported(", ".join(names), model_type)
    return family


def unsupported(names: str, model_type: Any) -> ConfigError:
    """The refusal of an architecture, by name."""
    kind = f"model_type {show(model_type)}"
    found = f"{cut(names)} ({kind})" if names else kind
    return ConfigError(f"architecture: got {found}; expected one of {', '.join(sorted(ARCHITECTURES))}")
