"""Tiny random checkpoints of MoE families, built and saved by transformers itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import transformers

SMALL: dict[str, Any] = {
    **dict.fromkeys(("hidden_size", "d_model", "n_embd"), 64),
    **dict.fromkeys(
        ("intermediate_size", "ffn_hidden_size", "d_ff", "encoder_ffn_dim", "decoder_ffn_dim"), 48
    ),
    **dict.fromkeys(
        ("moe_intermediate_size", "expert_ffn_hidden_size", "shared_expert_intermediate_size"), 24
    ),
    **dict.fromkeys(
        ("shared_intermediate_size", "moe_shared_expert_intermediate_size", "share_expert_dim"), 24
    ),
    **dict.fromkeys(("num_hidden_layers", "num_layers", "num_decoder_layers", "encoder_layers"), 4),
    **dict.fromkeys(("decoder_layers", "n_layers"), 4),
    **dict.fromkeys(("num_attention_heads", "encoder_attention_heads", "decoder_attention_heads"), 4),
    **dict.fromkeys(
        ("num_heads", "n_heads", "linear_num_heads", "swa_num_attention_heads", "index_n_heads"), 4
    ),
    **dict.fromkeys(("head_dim", "v_head_dim", "qk_nope_head_dim", "qk_rope_head_dim", "kv_channels"), 16),
    **dict.fromkeys(("d_kv", "index_head_dim", "linear_head_dim", "swa_head_dim"), 16),
    **dict.fromkeys(("n_routed_experts", "num_experts", "num_local_experts", "moe_num_experts"), 8),
    **dict.fromkeys(
        ("num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_k", "top_k_experts"), 2
    ),
    **dict.fromkeys(("n_group", "topk_group", "num_expert_group"), 1),
    **{"num_key_value_heads": 2, "swa_num_key_value_heads": 2, "vocab_size": 128, "qk_head_dim": 32},
    **{"q_lora_rank": 20, "kv_lora_rank": 18, "o_lora_rank": 12, "o_groups": 2, "zero_expert_num": 3},
    **{"moe_hidden_size": 40, "unpadded_vocab_size": 120, "rel_extent": 32, "first_k_dense_replace": 1},
    **{"num_nextn_predict_layers": 0, "mlp_only_layers": [], "max_position_embeddings": 512},
    **{"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 0},
}
MLA = {"num_key_value_heads": 4}
# model type -> what its tiny form needs beside SMALL
FAMILIES: dict[str, dict[str, Any]] = {
    **{"mixtral": {}, "olmoe": {}, "qwen2_moe": {}, "qwen3_moe": {}, "qwen3_next": {}, "phimoe": {}},
    **{
        "deepseek_v2": {**MLA, "topk_method": "greedy", "num_experts_per_tok": 2},
        "deepseek_v3": MLA,
        "deepseek_v4": {},
        "glm4_moe": {},
        "glm4_moe_lite": MLA,
    },
    **{
        "gpt_oss": {},
        "granitemoe": {},
        "granitemoeshared": {},
        "jetmoe": {},
        "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1},
    },
    **{
        "llama4_text": {},
        "ernie4_5_moe": {},
        "hunyuan_v1_moe": {"head_dim": 16},
        "minimax": {},
        "minimax_m2": {},
    },
    **{
        "longcat_flash": MLA,
        "lfm2_moe": {"layer_types": ["conv", "full_attention", "conv", "full_attention"]},
    },
    **{
        "zaya": {"num_experts_per_tok": 1},
        "switch_transformers": {"expert_capacity": 2},
        "nllb-moe": {},
        "doge": {"is_moe": True},
    },
    **{"flex_olmo": {}, "afmoe": {}, "exaone_moe": {}, "solar_open": {}},
    **{"aria_text": {}, "nemotron_h": {}, "mimo_v2_flash": {}, "bailing_hybrid": MLA},
    **{"qwen3_5_moe_text": {}, "glm_moe_dsa": MLA, "hy_v3": {}, "laguna": {}},
    **{"kolibri1": {}, "hy_v4": MLA, "axk1": MLA},
}


def shrunk(name: str, **more: Any) -> Any:
    """Returns the default config of a type with small sizes; lists of layers are cut to as many as there
    are."""
    config = transformers.CONFIG_MAPPING[name]()
    values = config.to_dict()
    layers = values.get("num_hidden_layers")
    changes = {key: SMALL[key] for key, value in values.items() if key in SMALL and value is not None}
    for key, value in values.items():
        if isinstance(value, list) and layers and len(value) == layers:
            changes[key] = [*value[:2], *value[-2:]]
    small = type(config)(**{**values, **changes, **FAMILIES.get(name, {}), **more})
    if small.is_encoder_decoder:
        small.decoder_start_token_id = 0
    return small


def build(name: str, seed: int = 0, **more: Any) -> Any:
    """Returns a tiny model whose routers choose: every weight random, selection biases too."""
    torch.manual_seed(seed)
    config = shrunk(name, **more)
    for auto in ("AutoModelForCausalLM", "AutoModelForSeq2SeqLM", "AutoModelForImageTextToText"):
        mapping = getattr(transformers, auto)._model_mapping
        if type(config) in mapping:
            found = mapping[type(config)]
            model = (found[0] if isinstance(found, tuple) else found)(config)
            break
    else:
        raise ValueError(f"{name}: no language model")
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, parameter.shape[-1] ** -0.5)
        for key, buffer in model.named_buffers():
            if "bias" in key:
                buffer.normal_(0, 0.1)
            if key.endswith("tid2eid"):
                buffer.copy_(torch.stack([torch.randperm(8)[: buffer.shape[1]] for _ in buffer]))
    return model.float().eval()


def save(name: str, folder: Path, **more: Any) -> Path:
    """Returns the checkpoint folder of a tiny model."""
    model = build(name, **more)
    model.save_pretrained(folder)
    return folder
