"""Writes tests/data/published/headers.json.gz: names and shapes of tiny checkpoints, with their true parts.

Needs the extra `train`. Every MoE type is built with random weights in a few layers. transformers saves it,
with the names of tensors that published files have. The parts come from the modules that hold them.
Run it after an update of transformers: `python -m tests.published.make_checkpoint_headers`.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import nn

from tests.published import make_default_configs as defaults

OUT = defaults.OUT.with_name("headers.json.gz")
SMALL = {  # sizes of the tiny models, by the names that configs have
    **dict.fromkeys(("hidden_size", "d_model"), 64),
    **dict.fromkeys(
        ("intermediate_size", "ffn_hidden_size", "encoder_ffn_dim", "decoder_ffn_dim", "d_ff"), 48
    ),
    **dict.fromkeys(
        ("moe_intermediate_size", "expert_ffn_hidden_size", "shared_expert_intermediate_size"), 24
    ),
    **dict.fromkeys(
        ("shared_intermediate_size", "moe_shared_expert_intermediate_size", "share_expert_dim"), 24
    ),
    **dict.fromkeys(("num_hidden_layers", "num_layers", "encoder_layers", "decoder_layers"), 4),
    **dict.fromkeys(
        ("num_attention_heads", "encoder_attention_heads", "decoder_attention_heads", "num_heads"), 4
    ),
    **dict.fromkeys(("head_dim", "v_head_dim", "qk_nope_head_dim", "qk_rope_head_dim", "kv_channels"), 16),
    **dict.fromkeys(("n_routed_experts", "num_experts", "num_local_experts", "moe_num_experts"), 6),
    **dict.fromkeys(
        ("num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_k", "top_k_experts"), 2
    ),
    **dict.fromkeys(("n_group", "topk_group", "num_expert_group"), 1),
    **{"num_key_value_heads": 2, "vocab_size": 128, "q_lora_rank": 20, "kv_lora_rank": 18, "qk_head_dim": 32},
    **{"zero_expert_num": 3, "moe_hidden_size": 40, "unpadded_vocab_size": 120, "rel_extent": 32},
    **{"index_head_dim": 16, "index_n_heads": 2, "first_k_dense_replace": 1, "num_nextn_predict_layers": 0},
    **{"linear_num_heads": 4, "linear_head_dim": 16, "o_lora_rank": 12, "o_groups": 2, "mlp_only_layers": []},
    **{
        "swa_num_attention_heads": 4,
        "swa_num_key_value_heads": 2,
        "swa_head_dim": 16,
        "num_decoder_layers": 4,
    },
}


def main() -> None:
    """Writes the file, with the version of transformers as its origin."""
    found = {name: case for name in defaults.model_types() if (case := case_of(name))}
    origin = f"tiny random checkpoints of transformers {transformers.__version__}, saved by save_pretrained"
    with gzip.GzipFile(OUT, "wb", mtime=0) as file:
        file.write(json.dumps({"origin": origin, "cases": found}, sort_keys=True).encode())
    print(f"{len(found)} cases")


def case_of(name: str) -> dict[str, Any] | None:
    """Returns tensors and parts of a tiny checkpoint; None if the type cannot be made so small."""
    try:
        config = shrunk(defaults.text_config(name))
        with torch.device("cpu"):
            model = defaults.class_or_head(config)
        if not defaults.experts_of(model):
            return None
        with tempfile.TemporaryDirectory() as folder:
            model.save_pretrained(folder)
            header = read_header(Path(folder) / "model.safetensors")
    except Exception as error:
        print(name, "left out:", repr(error)[:150], file=sys.stderr)
        return None
    values = {key: value for key, value in config.to_dict().items() if isinstance(value, int) and value}
    return {"config": values, "tensors": header, **parts_of(model)}


def shrunk(config: Any) -> Any:
    """Returns the config with small sizes, and lists of layers cut to as many as there are."""
    values = config.to_dict()
    layers = values.get("num_hidden_layers")
    changes = {key: SMALL[key] for key in values if key in SMALL and values[key] is not None}
    for key, value in values.items():
        if isinstance(value, list) and layers and len(value) == layers:
            changes[key] = [*value[:2], *value[-2:]]
    return type(config)(**{**values, **changes})


def read_header(path: Path) -> dict[str, Any]:
    """Returns dtype and shape of each tensor of a file."""
    data = path.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return {k: [v["dtype"], v["shape"]] for k, v in header.items() if k != "__metadata__"}


def parts_of(model: nn.Module) -> dict[str, int]:
    """Returns the parameters in modules of experts and shared experts, and all of them."""
    named = [(name, p.numel()) for name, p in model.named_parameters() if defaults.counted(name)]
    kinds = ("shared_expert", "shared_mlp", "share_expert")
    shared = sum(count for name, count in named if any(kind in name for kind in kinds))
    total = sum(count for _, count in named)
    return {"experts": defaults.experts_of(model), "shared": shared, "total": total}


if __name__ == "__main__":
    main()
