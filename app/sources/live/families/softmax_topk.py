"""Families with a softmax over all experts: Mixtral, OLMoE and Qwen3-MoE.

They differ in tensor names, in the norms of queries and keys, and in the defaults of their configuration
classes in transformers. Qwen3-MoE renormalises only if its config says so.
"""

from __future__ import annotations

from .family import Family

MIXTRAL = Family(
    "mixtral",
    reads=frozenset(["sliding_window"]),
    defaults={
        "rms_norm_eps": 1e-5,
        "rope_theta": 1e6,
        "num_key_value_heads": 8,
        "max_position_embeddings": 131_072,
        "eos_token_id": 2,
    },
    block="block_sparse_moe",
    matrices=("w1", "w3", "w2"),
)
OLMOE = Family(
    "olmoe",
    reads=frozenset(["norm_topk_prob", "clip_qkv", "attention_bias"]),
    defaults={
        "rms_norm_eps": 1e-5,
        "norm_topk_prob": False,
        "max_position_embeddings": 4096,
        "eos_token_id": 50_279,
    },
    qk_norm="all",
)
QWEN3_MOE = Family(
    "qwen3_moe",
    reads=frozenset(
        """norm_topk_prob attention_bias sliding_window use_sliding_window decoder_sparse_step mlp_only_layers
        moe_intermediate_size""".split()
    ),
    defaults={
        "rms_norm_eps": 1e-6,
        "norm_topk_prob": False,
        "num_key_value_heads": 4,
        "max_position_embeddings": 32_768,
        "sliding_window": 4096,
        "moe_intermediate_size": 768,
    },
    qk_norm="head",
)
