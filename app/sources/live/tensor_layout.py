"""The tensors that a checkpoint must have: names and shapes derived from its config."""

from __future__ import annotations

import re

from .config import CheckpointError, Config
from .families.family import Family
from .tensors import HEAD, Tensors

UNUSED = ("rotary_emb.inv_freq",)  # buffers in old files, derivable from config.json
LAYER = re.compile(r"model\.layers\.(\d+)\.")
SCALE = "_scale_inv"


def check_tensors(config: Config, family: Family, tensors: Tensors) -> None:
    """Raises CheckpointError if a tensor is missing, unused, or has an unexpected shape."""
    found = tensors.shapes()
    check_adapters(found)
    fused = any(name.endswith(".experts.gate_up_proj") for name in found)
    expected: set[str] = set()
    for name, shape in family.tensors(config, fused):
        if found.get(name) != shape:
            raise CheckpointError(f"tensor {name}: expected {shape}, got {found.get(name, 'none')}")
        expected.add(name)
        if tensors.stored[name].type.startswith("F8"):
            check_scale(name, shape, tensors)
            expected.add(name + SCALE)
    if HEAD in found and found[HEAD] != (config.vocabulary, config.d_model):
        raise CheckpointError(
            f"tensor {HEAD}: expected {(config.vocabulary, config.d_model)}, got {found[HEAD]}"
        )
    unknown = [name for name in found if name not in expected and not is_optional(name, config)]
    if unknown:
        raise CheckpointError(
            f"{len(unknown)} tensors that nothing here uses, the first is {unknown[0][:100]}; "
            f"expected those of a {family.model_type} checkpoint"
        )


def is_optional(name: str, config: Config) -> bool:
    """Returns whether a tensor is optional."""
    layer = LAYER.match(name)
    beyond = layer is not None and int(layer[1]) >= config.layers  # multi-token prediction (DeepSeek-V3)
    return name == HEAD or name.endswith(UNUSED) or beyond


def check_adapters(found: dict[str, tuple[int, ...]]) -> None:
    """Raises CheckpointError for LoRA matrices among the weights, because they are not merged here."""
    name = next((name for name in found if ".lora_" in name or "lora_A" in name), None)
    if name is not None:
        raise CheckpointError(
            f"tensor {name[:100]}: expected merged weights, got a LoRA matrix; merge it into the model first"
        )


def check_scale(name: str, shape: tuple[int, ...], tensors: Tensors) -> None:
    """Raises CheckpointError if an E4M3 matrix lacks a scale for each block of 128 x 128."""
    blocks = tuple(-(-size // 128) for size in shape)
    found = tensors.stored.get(name + SCALE)
    if len(shape) != 2 or not name.endswith(".weight") or found is None or found.shape != blocks:
        raise CheckpointError(
            f"tensor {name}{SCALE}: expected {blocks}, got {found.shape if found else 'none'}"
        )
