"""Parts that most decoders share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .config_fields import ConfigError, Fields
from .model_config import Experts, Mixer, ModelConfig, Routing


def decoder(
    f: Fields, mixers: Mixer | Iterable[Mixer], experts: Experts, routing: Routing, **unusual: Any
) -> ModelConfig:
    """Returns a decoder of pre-norm layers: two RMS norms per layer, one at the end, embedding and head."""
    layers, d = f.layers(), f.size("hidden_size")
    usual: dict[str, Any] = {
        "family": f.family,
        "d_model": d,
        "vocabulary": f.size("vocab_size"),
        "tied": f.switch("tie_word_embeddings"),
        "mixers": (mixers,) * layers if isinstance(mixers, Mixer) else tuple(mixers),
        "experts": experts,
        "routing": routing,
        "norms": (2 * layers + 1) * d,
        "dense_layers": tuple(sorted(set(range(layers)) - set(experts.layers))),
        "assumed": f.assumed,
    }
    return check(ModelConfig(**{**usual, **unusual}))


def check(config: ModelConfig) -> ModelConfig:
    """Returns the config. Raises ConfigError if it has no mixture of experts."""
    experts = config.experts
    if not experts.layers:
        raise ConfigError("experts", "at least one layer with experts", "none")
    if experts.count < 2:
        raise ConfigError("experts", "at least 2 a layer", f"{experts.count}; that is a dense model")
    if experts.top_k > experts.count:
        limit = f"at most {experts.count}, which a layer has"
        raise ConfigError("experts a token", limit, str(experts.top_k))
    return config


def glu(d: int, width: int) -> int:
    """Returns parameters of a gated linear unit: gate, up and down (Shazeer 2020)."""
    return 3 * d * width


def dense_size(f: Fields, experts: Experts) -> int:
    """Returns the parameters of a dense layer. Its width is read only if there is such a layer."""
    return glu(f.size("hidden_size"), f.size("intermediate_size")) if len(experts.layers) < f.layers() else 0


def softmax_topk(renormalised: bool) -> Routing:
    """Returns softmax routing, with or without weights that sum to 1."""
    return Routing("topk_norm" if renormalised else "topk")
