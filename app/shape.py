"""The shape of a mixture-of-experts model and the parameters that follow from it.

Letters in this project: T tokens, L MoE layers, N experts per layer, K chosen experts per token and layer
(top-k), D width of the residual stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class ModelShape:
    """Sizes of a model, in parameters and counts.

    An expert is a SwiGLU feed-forward network of three matrices with ``3 * d_model * d_expert`` parameters
    (Shazeer 2020, "GLU Variants Improve Transformer"), unless `matrices` and `expert_bias` say otherwise.
    """

    layers: int  # L, MoE layers only
    experts: int  # N
    top_k: int  # K
    d_model: int  # D
    d_expert: int  # width of one expert
    d_shared: int = 0  # width of each layer's shared expert (several count as one wide expert); 0: none
    attention: int = 0  # parameters of all attention blocks
    embeddings: int = 0  # input embedding and output head; a tied matrix counts once
    norms: int = 0
    dense: int = 0  # feed-forward networks of dense layers, and everything without a field
    # Fields in which published models differ. The JSON contains those that do.
    d_latent: int = 0  # input and output width of a routed expert; 0: d_model
    matrices: int = 3  # weight matrices of an expert: 3 with a gated linear unit, 2 without
    expert_bias: int = 0  # bias parameters of one expert
    shared_gate: int = 0  # parameters of the gate of one layer's shared expert
    router_bias: int = 0  # 1 if a router adds a bias to each expert's logit
    dense_layers: tuple[int, ...] = ()  # indices of dense layers, MoE layers counted too

    @classmethod
    def from_json(cls, figures: Mapping[str, Any]) -> ModelShape:
        """Returns the shape that `to_json` wrote; other keys are ignored."""
        fields = {name: figures[name] for name in cls.__dataclass_fields__ if name in figures}
        return cls(**{**fields, "dense_layers": tuple(fields.get("dense_layers", ()))})

    def with_routing(self, experts: int, top_k: int) -> ModelShape:
        """Returns the model with another number of experts and chosen experts."""
        return replace(self, experts=experts, top_k=top_k)

    @property
    def expert_size(self) -> int:
        """Parameters of one routed expert."""
        return self.matrices * (self.d_latent or self.d_model) * self.d_expert + self.expert_bias

    @property
    def shared_size(self) -> int:
        """Parameters of one layer's shared expert."""
        return self.matrices * self.d_model * self.d_shared + self.shared_gate

    @property
    def shared(self) -> int:
        """Number of shared experts of a layer; 1 if their width is not a multiple of a routed expert's."""
        if not self.d_shared:
            return 0
        count, over = divmod(self.d_shared, self.d_expert)
        return 1 if over else count

    @property
    def dense_below(self) -> int:
        """Number of dense layers below the first MoE layer."""
        return next((i for i, layer in enumerate(self.dense_layers) if i != layer), len(self.dense_layers))

    @property
    def total_p(self) -> int:
        """TOTAL_P: parameters of every expert of every layer."""
        return self.layers * (self.experts * self.expert_size + self.shared_size)

    @property
    def active_p(self) -> int:
        """ACTIVE_P: parameters of the experts that one token uses."""
        return self.layers * (self.top_k * self.expert_size + self.shared_size)

    @property
    def router(self) -> int:
        """Parameters of all routers: one row of D numbers per expert, and its bias if any."""
        return self.layers * self.experts * (self.d_model + self.router_bias)

    @property
    def rest(self) -> int:
        """Parameters outside the experts, which every token uses."""
        return self.attention + self.embeddings + self.norms + self.dense + self.router

    def to_json(self) -> dict[str, Any]:
        """Returns the fields and every derived figure, as on the wire and in the API."""
        sizes = {**asdict(self), "dense_layers": list(self.dense_layers)}
        usual = {name for name in UNUSUAL if getattr(self, name) == getattr(ModelShape, name)}
        return {
            **{name: size for name, size in sizes.items() if name not in usual},
            "shared": self.shared,
            "dense_below": self.dense_below,
            "expert_size": self.expert_size,
            "router_size": self.router,
            "total_p": self.total_p,
            "active_p": self.active_p,
            "whole_total": self.total_p + self.rest,
            "whole_active": self.active_p + self.rest,
            "bytes_16bit": 2 * (self.total_p + self.rest),
        }


UNUSUAL = ("d_latent", "matrices", "expert_bias", "shared_gate", "router_bias", "dense_layers")


def small_shape(experts: int, top_k: int) -> ModelShape:
    """Returns the shape of the trained models, also used by authored scenarios: 6 layers of D = 128.

    Four query heads of width 32, two of keys and values, a tied embedding of 4,096 tokens, experts of
    width 64. Since authored and live share it, a switch between them leaves TOTAL_P and ACTIVE_P
    unchanged.
    """
    layers, width, vocabulary = 6, 128, 4096
    return ModelShape(
        layers=layers,
        experts=experts,
        top_k=top_k,
        d_model=width,
        d_expert=64,
        attention=layers * 3 * width * width,  # queries and output D x D, keys and values D x D / 2 each
        embeddings=vocabulary * width,
        norms=(2 * layers + 1) * width,
    )
