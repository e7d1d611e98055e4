"""Counts a config of an unsupported family: transformers builds the model on the meta device.

No weights are allocated and no code from the file runs. This needs the extra `transformers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..published.architectures.config_fields import ConfigError
from ..published.tensor_headers import Tensor
from ..published.tensor_parts import count_tensors

HEADS = ("AutoModelForCausalLM", "AutoModelForSeq2SeqLM", "AutoModelForImageTextToText", "AutoModel")
MOST_LAYERS, MOST_EXPERTS = 1024, 8192  # larger models take minutes to build


def count_on_meta_device(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns the count of the model that transformers builds from a config; None without the extra.

    Also None for a model_type unknown to transformers. Raises ConfigError if the model cannot be built, or
    is dense.
    """
    try:
        import torch
        import transformers
    except ImportError:
        return None
    check_cost(values)
    if values.get("model_type") not in transformers.CONFIG_MAPPING:
        return None
    try:
        config = transformers.AutoConfig.for_model(
            **{k: v for k, v in values.items() if k != "architectures"}
        )
        config = config.get_text_config(decoder=True)
        with torch.device("meta"):
            model = first_model(transformers, config)
    except Exception as error:
        found = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise ConfigError("architecture", "a model that transformers builds", found) from error
    tensors = [tensor_of(name, p) for name, p in model.named_parameters()]
    counted = count_tensors(tensors, config.to_dict()).to_json()
    if not counted["moe_layers"]:
        raise ConfigError(
            "architecture", "a mixture of experts", f"{type(model).__name__}, which has no experts"
        )
    return counted


def check_cost(values: Mapping[str, Any]) -> None:
    """Raises ConfigError for a model with too many modules, before it is built."""
    for table in (values, *(value for value in values.values() if isinstance(value, Mapping))):
        for name, value in table.items():
            most = MOST_LAYERS if "layers" in name else MOST_EXPERTS if "expert" in name else None
            if most and isinstance(value, int) and "size" not in name and "dim" not in name and value > most:
                raise ConfigError(name, f"at most {most:,}", f"{value:,}", "count the checkpoint's folder")


def first_model(transformers: Any, config: Any) -> Any:
    """Returns the model of the first automatic class that accepts the config."""
    for head in HEADS[:-1]:
        try:
            return getattr(transformers, head).from_config(config)
        except ValueError:
            continue
    return getattr(transformers, HEADS[-1]).from_config(config)


def tensor_of(name: str, parameter: Any) -> Tensor:
    """Returns a parameter as in the header of a 16-bit file."""
    shape = tuple(parameter.shape)
    return Tensor(name, "BF16", shape, 2 * parameter.numel())
