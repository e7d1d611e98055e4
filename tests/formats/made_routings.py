"""Routings made up for tests: any number of layers, experts and places, by the rules of real routers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass
class Made:
    """A routing and everything that an engine knows of it: T tokens, L MoE layers, N experts, K places."""

    config: dict[str, Any]
    layers: int  # of the model, dense ones included
    moe: tuple[int, ...]
    experts: int
    k: int
    prompt: int
    token_ids: list[int]
    logits: NDArray[np.float32]  # [T, L, N]
    ids: NDArray[np.int64]  # [T, L, K]
    weights: NDArray[np.float32]  # [T, L, K]
    texts: list[str] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        return len(self.token_ids)

    def all_layers(self, rows: int | None = None) -> NDArray[np.int64]:
        """[rows, all layers, K] with zeros in dense layers, as vLLM and SGLang have it."""
        rows = self.tokens - 1 if rows is None else rows
        whole = np.zeros((rows, self.layers, self.k), np.int64)
        whole[:, list(self.moe)] = self.ids[:rows]
        return whole


def mixtral(layers: int = 6, experts: int = 16, k: int = 2) -> dict[str, Any]:
    """Returns a model whose router takes the k best and softmaxes them; every layer has experts."""
    return {
        "model_type": "mixtral",
        "num_hidden_layers": layers,
        "num_local_experts": experts,
        "num_experts_per_tok": k,
        "hidden_size": 64,
        "intermediate_size": 32,
    }


def deepseek(layers: int = 61, dense: int = 3, experts: int = 256, k: int = 8) -> dict[str, Any]:
    """Returns a model with a selection bias and groups, a scale, and dense layers at the beginning."""
    return {
        "model_type": "deepseek_v3",
        "num_hidden_layers": layers,
        "first_k_dense_replace": dense,
        "moe_layer_freq": 1,
        "n_routed_experts": experts,
        "num_experts_per_tok": k,
        "n_group": 8,
        "topk_group": 4,
        "topk_method": "noaux_tc",
        "scoring_func": "sigmoid",
        "norm_topk_prob": True,
        "routed_scaling_factor": 2.5,
        "num_nextn_predict_layers": 1,
        "hidden_size": 64,
        "moe_intermediate_size": 32,
    }


def kimi() -> dict[str, Any]:
    """61 layers of 384 experts, one of them dense, scale 2.827."""
    return {
        **deepseek(61, 1, 384, 8),
        "model_type": "kimi_k2",
        "n_group": 1,
        "topk_group": 1,
        "routed_scaling_factor": 2.827,
    }


def olmoe() -> dict[str, Any]:
    """16 layers of 64 experts whose weights are not renormalised."""
    return {
        "model_type": "olmoe",
        "num_hidden_layers": 16,
        "num_experts": 64,
        "num_experts_per_tok": 8,
        "norm_topk_prob": False,
    }


def qwen() -> dict[str, Any]:
    """Returns a model with a dense layer in the middle."""
    return {
        "model_type": "qwen3_moe",
        "num_hidden_layers": 8,
        "num_experts": 128,
        "num_experts_per_tok": 8,
        "norm_topk_prob": True,
        "decoder_sparse_step": 1,
        "mlp_only_layers": [3],
    }


def llama4() -> dict[str, Any]:
    """Returns a model in which every second layer has experts, and k = 1."""
    return {
        "model_type": "llama4",
        "text_config": {
            "model_type": "llama4_text",
            "num_hidden_layers": 12,
            "num_local_experts": 16,
            "num_experts_per_tok": 1,
            "interleave_moe_layer_step": 2,
        },
    }


def longcat() -> dict[str, Any]:
    """512 experts and 256 identities."""
    return {
        "model_type": "longcat_flash",
        "num_layers": 4,
        "n_routed_experts": 512,
        "zero_expert_num": 256,
        "moe_topk": 12,
        "routed_scaling_factor": 6.0,
    }


MODELS: dict[str, Callable[..., dict[str, Any]]] = {
    "mixtral": mixtral,
    "deepseek": deepseek,
    "kimi": kimi,
    "olmoe": olmoe,
    "qwen": qwen,
    "llama4": llama4,
    "longcat": longcat,
}


def moe_layers(config: dict[str, Any], layers: int) -> tuple[int, ...]:
    """Returns the layers with experts, worked out per family and not by the code under test."""
    match config["model_type"]:
        case "deepseek_v3" | "kimi_k2":
            return tuple(range(config["first_k_dense_replace"], layers))
        case "qwen3_moe":
            return tuple(layer for layer in range(layers) if layer not in config["mlp_only_layers"])
        case "llama4":
            return tuple(range(1, layers, 2))
    return tuple(range(layers))


def make(config: dict[str, Any], tokens: int = 40, prompt: int = 30, seed: int = 0, repeat: int = 0) -> Made:
    """Routes made-up tokens: what a token means, what a layer prefers, and noise. `repeat` tokens are one."""
    rng = np.random.default_rng(seed)
    inner = config.get("text_config", config)
    layers = inner.get("num_hidden_layers", inner.get("num_layers"))
    experts = next(inner[n] for n in ("num_local_experts", "num_experts", "n_routed_experts") if n in inner)
    width = experts + inner.get("zero_expert_num", 0)
    k = next(inner[n] for n in ("num_experts_per_tok", "moe_topk") if n in inner)
    moe = moe_layers(config, layers)
    token_ids = rng.integers(3, 4000, tokens)
    if repeat:
        token_ids[5 : 5 + repeat] = token_ids[5]
    _, which = np.unique(token_ids, return_inverse=True)
    meaning = rng.normal(0, 1.5, (len(set(token_ids.tolist())), len(moe), width))
    noise = rng.normal(0, 0.0 if repeat else 0.5, (tokens, len(moe), width))
    logits = (meaning[which] + noise).astype(np.float32)
    ids, weights = route(logits, config, inner, k, rng)
    texts = [f" w{one}" for one in token_ids]
    return Made(
        config, layers, moe, width, k, prompt, [int(one) for one in token_ids], logits, ids, weights, texts
    )


def route(
    logits: NDArray[np.float32], config: dict[str, Any], inner: dict[str, Any], k: int, rng: Any
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Returns the chosen experts and their weights by the family's rule."""
    kind = config["model_type"]
    if kind in ("deepseek_v3", "kimi_k2", "longcat_flash"):
        scores = 1 / (1 + np.exp(-logits)) if kind != "longcat_flash" else softmax(logits)
        ranked = scores + rng.normal(0, 0.3 if kind != "longcat_flash" else 1e-4, logits.shape[1:]).astype(
            np.float32
        )
        groups, kept = inner.get("n_group", 1), inner.get("topk_group", 1)
        if groups > 1:
            parts = ranked.reshape(*ranked.shape[:2], groups, -1)
            best = np.sort(parts, axis=-1)[..., -2:].sum(-1)
            inside = np.zeros(best.shape, bool)
            np.put_along_axis(inside, np.argsort(-best, axis=-1)[..., :kept], True, axis=-1)
            ranked = np.where(inside[..., None], parts, -np.inf).reshape(ranked.shape)
        ids = np.argsort(-ranked, axis=-1, kind="stable")[..., :k]
        held = np.take_along_axis(scores, ids, -1)
        if kind != "longcat_flash":
            held = held / held.sum(-1, keepdims=True)
        weights = held * inner["routed_scaling_factor"]
        order = np.argsort(-weights, axis=-1, kind="stable")
        return np.take_along_axis(ids, order, -1), np.take_along_axis(weights, order, -1).astype(np.float32)
    ids = np.argsort(-logits, axis=-1, kind="stable")[..., :k]
    chosen = np.take_along_axis(logits, ids, -1)
    if kind == "llama4":
        return ids, (1 / (1 + np.exp(-chosen))).astype(np.float32)
    held = np.take_along_axis(softmax(logits), ids, -1)
    if inner.get("norm_topk_prob", kind == "mixtral"):
        held = held / held.sum(-1, keepdims=True)
    return ids, held.astype(np.float32)


def softmax(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns probabilities over the last axis."""
    powers = np.exp(values - values.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)
