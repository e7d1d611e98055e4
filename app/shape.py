"""The shape of a mixture-of-experts model and the parameters that follow from it.

Letters used everywhere in this project: T tokens, L MoE layers, N experts a layer, K chosen experts a token
and layer (top-k), D width of the residual stream.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class ModelShape:
    """Sizes of a model, in parameters and counts.

    An expert is a SwiGLU feed-forward network of three matrices, so it has ``3 * d_model * d_expert`` parameters
    (Shazeer 2020, "GLU Variants Improve Transformer", section 2).
    """

    layers: int  # L, MoE layers only
    experts: int  # N
    top_k: int  # K
    d_model: int  # D
    d_expert: int  # width of one expert
    d_shared: int = 0  # width of the shared expert of each layer (several shared experts are one wide one); 0: none
    attention: int = 0  # parameters of all attention blocks
    embeddings: int = 0  # input embedding and output head; a tied matrix once
    norms: int = 0
    dense: int = 0  # feed-forward networks of layers without experts

    def with_routing(self, experts: int, top_k: int) -> ModelShape:
        """The same model with another number of experts and chosen experts."""
        return replace(self, experts=experts, top_k=top_k)

    @property
    def expert_size(self) -> int:
        """Parameters of one routed expert."""
        return 3 * self.d_model * self.d_expert

    @property
    def shared_size(self) -> int:
        """Parameters of one layer's shared expert."""
        return 3 * self.d_model * self.d_shared

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
        """Parameters of all routers: one row of D numbers an expert."""
        return self.layers * self.experts * self.d_model

    @property
    def rest(self) -> int:
        """Parameters outside the experts, which every token uses."""
        return self.attention + self.embeddings + self.norms + self.dense + self.router

    def to_json(self) -> dict[str, Any]:
        """The fields and every figure derived from them, as the wire and the API carry them."""
        return {
            **asdict(self),
            "expert_size": self.expert_size,
            "router_size": self.router,
            "total_p": self.total_p,
            "active_p": self.active_p,
            "whole_total": self.total_p + self.rest,
            "whole_active": self.active_p + self.rest,
            "bytes_16bit": 2 * (self.total_p + self.rest),
        }


def small_shape(experts: int, top_k: int) -> ModelShape:
    """The shape of the models that the project trains, which authored scenarios borrow: 6 layers of D = 128.

    Four heads of 32 without grouping, a tied embedding of 4,096 tokens, experts of width 64. That authored and live
    share it lets a person switch between them while TOTAL_P and ACTIVE_P stay.
    """
    layers, width, vocabulary = 6, 128, 4096
    return ModelShape(
        layers=layers,
        experts=experts,
        top_k=top_k,
        d_model=width,
        d_expert=64,
        attention=layers * 4 * width * width,
        embeddings=vocabulary * width,
        norms=(2 * layers + 1) * width,
    )
