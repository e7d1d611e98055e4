"""The content of a config.json in common terms for all architectures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Mixer:
    """The token mixer of one layer: attention, Mamba, linear attention. Its size includes its own norms."""

    kind: str
    size: int  # parameters


@dataclass(frozen=True)
class Experts:
    """The MoE layers, which are all equal."""

    layers: tuple[int, ...]  # indices of the layers with experts
    count: int  # N
    top_k: int  # K
    width: int  # of one routed expert
    matrices: int = 3  # weight matrices of an expert: 3 with a gated linear unit, 2 without
    bias: int = 0  # bias parameters of one expert
    shared: int = 0  # width of the shared expert; several shared experts are one wide one
    shared_gate: int = 0  # parameters of what gates the shared expert, a layer
    latent: int = 0  # width that an expert reads and writes, where it is not that of the model
    other: int = (
        0  # parameters per layer beside experts and gate: projections into the latent space, other rows
    )
    residual: int = 0  # parameters of a dense network beside the experts, a layer (Arctic)
    router_bias: int = 0  # 1 if the router adds a bias to each logit
    selection_bias: bool = False  # a bias that only selection sees: a buffer, not a parameter


@dataclass(frozen=True)
class Routing:
    """The router and its settings, named as in app.routing and in the request keys."""

    name: str
    settings: dict[str, float] = field(default_factory=dict)
    note: str = ""  # how the model's own router differs from the named one


@dataclass(frozen=True)
class ModelConfig:
    """The facts of a model that determine its parameters and its router."""

    family: str  # model_type of the architecture's first config.json
    d_model: int
    vocabulary: int  # 0 if it was not published
    tied: bool  # input embedding and output head are one matrix
    mixers: tuple[Mixer, ...]  # one a layer; empty if attention was not published
    experts: Experts
    routing: Routing
    norms: int  # parameters of the norms outside the mixers
    dense: int = 0  # parameters of the feed-forward network of one dense layer
    dense_layers: tuple[int, ...] = ()  # indices of the dense layers
    other: int = 0  # parameters outside layers and norms: hyper-connections, residual scales
    head_bias: bool = False
    mtp: int = 0  # multi-token prediction modules, each with a layer of its own
    vision: int = 0  # parameters of the vision tower and its projector
    assumed: dict[str, Any] = field(default_factory=dict)  # class defaults for missing fields
