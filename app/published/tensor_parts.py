"""Counts a checkpoint's parameters by part from the names and shapes of its tensors, for any family.

A tensor is routed if its module has one copy per expert. A router is a gate in a block with routed tensors.
Quantised weights count as the numbers that they represent; their scales do not count.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .tensor_headers import Tensor

PARTS = ("experts", "shared", "router", "embed", "head", "vision", "rest")
INDEXED = re.compile(r"(.*?)\bexperts\.(?:expert_)?(\d+)\.")
FUSED = re.compile(r"(.*?)\bexperts\.")
SHARED = re.compile(r"(^|[._])(shared|share)_(expert|experts|mlp)(_gate)?\b")
GATE = re.compile(r"(.*?)\b(gate|router|gating|router_gate)\.(?!.*experts)")
APART = re.compile(
    r"e_score_correction_bias|expert_bias$|router_bias$|balancing_biases|tid2eid|\bgate\.bias$"
)
CONSTANT = re.compile(r"slope_rate|_decay$|inv_freq|position_ids$")
SCALES = re.compile(  # names of scales in quantised formats
    r"(weight_scale_inv|weight_scale|weight_scale_2|weight_shape|weight_zero_point|weight_g_idx|input_scale"
    r"|_scales|\.scales|\.qzeros|\.g_idx|\.absmax|\.quant_map|\.nested_\w+|\.quant_state\.\w+|\.SCB|k_scale|v_scale)$"
)
LAYER = re.compile(r"\b(?:layers|h|blocks|block)\.(\d+)\.")
OTHER_TOWERS = re.compile(
    r"(^|\.)(visual|vision\w*|audio\w*|mm_projector|multi_modal_projector|embed_vision)\."
)
INPUT = re.compile(
    r"(^|\.)(embed_tokens|wte|word_embeddings|embeddings|tok_embeddings|embed|shared)\.weight$"
)
HEAD = re.compile(r"(^|\.)(lm_head|output|head)\.weight$")
INTEGERS = {"I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64", "BOOL"}
TOP_K = ("num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_top_k", "moe_k", "top_k_experts")


@dataclass(frozen=True)
class Block:
    """One MoE block: its number of experts and their size."""

    name: str
    experts: int  # N
    parameters: int


@dataclass(frozen=True)
class TensorCounts:
    """The count of one checkpoint."""

    parts: Mapping[str, int]  # parameters of each part
    bytes: Mapping[str, int]  # bytes on disk per part; scales and constants are in `rest`
    blocks: tuple[Block, ...]
    top_k: int | None  # None: not in any config
    beside: Mapping[str, int]  # parameters of prediction modules and selection biases, which `parts` excludes

    @property
    def total(self) -> int:
        """Number of parameters of the model proper."""
        return sum(self.parts.values())

    @cached_property
    def active(self) -> int | None:
        """Active parameters per token; None if k is unknown."""
        if self.top_k is None:
            return None
        idle = sum(b.parameters - b.parameters * min(self.top_k, b.experts) // b.experts for b in self.blocks)
        return self.total - idle

    def to_json(self) -> dict[str, Any]:
        """Returns the figures, and one line per MoE block."""
        return {
            "total": self.total,
            "active": self.active,
            "parts": dict(self.parts),
            "bytes": dict(self.bytes),
            "bytes_total": sum(self.bytes.values()),
            "top_k": self.top_k,
            "moe_layers": len(self.blocks),
            "experts": max((block.experts for block in self.blocks), default=0),
            "uncounted": dict(self.beside),
        }


def count_tensors(tensors: Iterable[Tensor], config: Mapping[str, Any]) -> TensorCounts:
    """Returns the count of a checkpoint. `config`: its config.json, for k, bits and the number of layers."""
    tensors = list(tensors)
    counts = {t.name: parameters_of(t, bits_of(config)) for t in tensors}
    experts = expert_counts(tensors)
    layers = config_number(config, ("num_hidden_layers", "num_layers"))
    parts, sizes = dict.fromkeys(PARTS, 0), dict.fromkeys(PARTS, 0)
    blocks, beside = defaultdict[str, int](int), defaultdict[str, int](int)
    for tensor in tensors:
        part, block = part_of(tensor, experts)
        if is_prediction(tensor.name, layers):
            beside["mtp"] += counts[tensor.name]
        elif part == "apart":
            beside["corr_bias"] += counts[tensor.name]
        else:
            parts[part] += counts[tensor.name]
            blocks[block] += counts[tensor.name] if part == "experts" else 0
        sizes["rest" if part == "apart" else part] += tensor.bytes
    found = tuple(Block(name, experts[name], count) for name, count in blocks.items() if count)
    k = config_number(config, TOP_K)
    return TensorCounts(nonzero(parts), nonzero(sizes), found, k, nonzero(beside))


def nonzero(sizes: Mapping[str, int]) -> dict[str, int]:
    """Returns the sizes that are not 0."""
    return {name: size for name, size in sizes.items() if size}


def parameters_of(tensor: Tensor, bits: int) -> int:
    """Returns the number of parameters that a tensor represents: more for packed weights, 0 for scales."""
    name = tensor.name
    if SCALES.search(name) or CONSTANT.search(name):
        return 0
    if name.endswith(("qweight", "weight_packed")):
        return tensor.count * 8 * width_of(tensor) // bits
    if tensor.dtype == "U8" and (name.endswith(("_blocks", ".weight", "_proj")) or ".experts." in name):
        return tensor.count * 2  # two 4-bit numbers per byte: MXFP4, NVFP4, bitsandbytes
    if tensor.dtype == "I8" and name.endswith("weight"):
        return tensor.count
    return 0 if tensor.dtype in INTEGERS else tensor.count


def width_of(tensor: Tensor) -> int:
    """Returns the bytes of one element."""
    return tensor.bytes // tensor.count if tensor.count else 1


def bits_of(config: Mapping[str, Any]) -> int:
    """Returns the bits per packed weight from quantization_config; 4 if unknown."""
    table = config.get("quantization_config")
    if not isinstance(table, dict):
        return 4
    groups = table.get("config_groups")
    weights = (
        [g.get("weights") for g in groups.values() if isinstance(g, dict)] if isinstance(groups, dict) else []
    )
    named = [w.get("num_bits") for w in weights if isinstance(w, dict)]
    for bits in (table.get("bits"), table.get("w_bit"), *named):
        if isinstance(bits, int) and bits in (2, 3, 4, 8):
            return bits
    return 4


def expert_counts(tensors: Iterable[Tensor]) -> dict[str, int]:
    """Returns N of each MoE block, keyed by the module of `experts` or of the fused tensors."""
    indexed, whole, rows = defaultdict[str, set[str]](set), dict[str, list[Tensor]](), dict[str, int]()
    for tensor in tensors:
        name = tensor.name
        if SHARED.search(name):
            continue
        if found := INDEXED.match(name):
            indexed[found[1]].add(found[2])
        elif found := FUSED.match(name):
            whole.setdefault(found[1], []).append(tensor)
        elif (found := GATE.match(name)) and len(tensor.shape) == 2:
            rows[found[1]] = tensor.shape[0]
        elif len(tensor.shape) == 3 and tensor.shape[1] > 1:  # a convolution has one row
            whole.setdefault(parent(name), []).append(tensor)
    counts = {block: len(ids) for block, ids in indexed.items()}
    for block, members in whole.items():
        if block not in counts and (count := fused_count(block, members, rows)):
            counts[block] = count
    return counts


def fused_count(block: str, members: list[Tensor], rows: Mapping[str, int]) -> int:
    """Returns N of a block whose experts share one tensor per matrix; 0 for any other block."""
    deep = [t.shape[0] for t in members if len(t.shape) >= 3 and not SCALES.search(t.name)]
    is_named = any(FUSED.match(t.name) for t in members)
    count = min(deep) if deep else rows.get(block, 0)
    return count if is_named or rows.get(block) == count else 0


def parent(name: str) -> str:
    """Returns the module of a tensor, with a dot: a.b for a.b.input_linear.weight."""
    stem = name.removesuffix(".weight")
    return stem[: stem.rfind(".") + 1]


def part_of(tensor: Tensor, experts: Mapping[str, int]) -> tuple[str, str]:
    """Returns the part of a tensor, and its block if it is routed."""
    name = tensor.name
    if APART.search(name):
        return "apart", ""
    if OTHER_TOWERS.search(name):
        return "vision", ""
    if SHARED.search(name):
        return "shared", ""
    if block := routed_block(tensor, experts):
        return "experts", block
    if (found := GATE.match(name)) and found[1] in experts:
        return "router", ""
    if INPUT.search(name):
        return "embed", ""
    return ("head" if HEAD.search(name) else "rest"), ""


def routed_block(tensor: Tensor, experts: Mapping[str, int]) -> str:
    """Returns the block whose experts have this tensor; "" if it is not routed."""
    name = tensor.name
    if found := INDEXED.match(name):
        return found[1]
    found = FUSED.match(name)
    block = found[1] if found else parent(name)
    count = experts.get(block)
    if not count or GATE.match(name) or not tensor.shape:
        return ""
    if tensor.shape[0] == count and (found or len(tensor.shape) == 3):
        return block
    return block if found and len(tensor.shape) == 2 and tensor.shape[0] % count == 0 else ""


def is_prediction(name: str, layers: int | None) -> bool:
    """Returns whether a tensor is part of a multi-token prediction module: its layer follows the last one."""
    found = LAYER.search(name)
    return (layers is not None and found is not None and int(found[1]) >= layers) or name.startswith("mtp.")


def config_number(config: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    """Returns the first of these numbers in a config; its text part has precedence."""
    parts = [config.get(part) for part in ("text_config", "language_model", "llm_config", "ffn_config")]
    for table in (*parts, config):
        for name in names:
            value = table.get(name) if isinstance(table, Mapping) else None
            if isinstance(value, list) and value and isinstance(value[0], int):
                return value[0]
            if isinstance(value, int) and not isinstance(value, bool):
                return value
    return None
