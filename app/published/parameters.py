"""Counts a model's parameters: total, active per token, and the parts of both.

One model is published with different counts, so a count has a convention:

- `all`: every parameter; a tied matrix counts once.
- `no_in`: without the input embedding, but with the output head; of a tied pair nothing is left out.
- `no_emb`: without both.
- `all+vision`: with the vision tower; the active count is of text.
- `mtp-no_emb`: `no_emb`, and the total with the multi-token prediction modules.
- `experts`: the routed experts only.

Active parameters exclude the routed experts that a token does not choose, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..shape import ModelShape
from .architectures.model_config import ModelConfig

CONVENTIONS = ("all", "no_in", "no_emb", "all+vision", "mtp-no_emb", "experts")


@dataclass(frozen=True)
class Figures:
    """One count under one convention."""

    total: int
    active: int


@dataclass(frozen=True)
class Parameters:
    """The count of one model. `parts` sum to `total`, `active_parts` to `active`."""

    config: ModelConfig

    @cached_property
    def expert_each(self) -> int:
        """Parameters of one routed expert."""
        experts = self.config.experts
        return experts.matrices * (experts.latent or self.config.d_model) * experts.width + experts.bias

    @cached_property
    def parts(self) -> dict[str, int]:
        """Parameters of each part of the model that exists."""
        config, experts = self.config, self.config.experts
        layers = len(experts.layers)
        shared = experts.matrices * config.d_model * experts.shared + experts.shared_gate
        parts = {
            "attn": sum(mixer.size for mixer in config.mixers),
            "norms": config.norms,
            "dense_ffn": len(config.dense_layers) * config.dense,
            "experts": layers * experts.count * self.expert_each,
            "shared": layers * shared,
            "dense_residual": layers * experts.residual,
            "moe_other": layers * experts.other,
            "other": config.other,
            "router": layers * experts.count * (config.d_model + experts.router_bias),
            "embed": config.vocabulary * config.d_model,
            "head": config.vocabulary * (config.d_model * (not config.tied) + config.head_bias),
        }
        return {name: size for name, size in parts.items() if size}

    @cached_property
    def active_parts(self) -> dict[str, int]:
        """Parameters of each part that one token uses."""
        experts = self.config.experts
        return {**self.parts, "experts": len(experts.layers) * experts.top_k * self.expert_each}

    @cached_property
    def mixers(self) -> dict[str, int]:
        """The part `attn` by kind: attention, Mamba, linear attention."""
        sizes: dict[str, int] = {}
        for mixer in self.config.mixers:
            sizes[mixer.kind] = sizes.get(mixer.kind, 0) + mixer.size
        return sizes

    @property
    def total(self) -> int:
        """Every parameter."""
        return sum(self.parts.values())

    @property
    def active(self) -> int:
        """The parameters that one token uses."""
        return sum(self.active_parts.values())

    @cached_property
    def uncounted(self) -> dict[str, int]:
        """Parameters in the files that are not part of the model proper."""
        experts, mtp = self.config.experts, self.mtp
        bias = len(experts.layers) * experts.count * experts.selection_bias
        sizes = {
            "corr_bias": bias,
            "mtp": mtp.total,
            "mtp_active": mtp.active,
            "vision": self.config.vision,
        }
        return {name: size for name, size in sizes.items() if size}

    @cached_property
    def mtp(self) -> Figures:
        """Multi-token prediction modules: each a layer like the last, three norms and a projection [2 D, D].

        Their embedding and head are the model's own (DeepSeek-V3, arXiv 2412.19437, section 2.2).
        """
        config, experts, d = self.config, self.config.experts, self.config.d_model
        if not config.mtp:
            return Figures(0, 0)
        once = config.mixers[-1].size + 5 * d + 2 * d * d + experts.count * d
        once += experts.matrices * d * experts.shared + experts.shared_gate
        sizes = (once + n * self.expert_each for n in (experts.count, experts.top_k))
        return Figures(*(config.mtp * size for size in sizes))

    def under(self, convention: str) -> Figures:
        """Returns the count under a convention. Raises ValueError listing the conventions."""
        if convention not in CONVENTIONS:
            raise ValueError(f"convention: expected one of {', '.join(CONVENTIONS)}, got {convention!r}")
        if convention == "experts":
            return Figures(self.parts["experts"], self.active_parts["experts"])
        out = self.left_out(convention)
        more = {"all+vision": self.config.vision, "mtp-no_emb": self.mtp.total}.get(convention, 0)
        return Figures(self.total - out + more, self.active - out)

    def left_out(self, convention: str) -> int:
        """Returns the embedding parameters that a convention excludes."""
        embed, head = self.parts.get("embed", 0), self.parts.get("head", 0)
        if convention in ("no_emb", "mtp-no_emb"):
            return embed + head
        return embed if convention == "no_in" and not self.config.tied else 0

    @cached_property
    def shape(self) -> ModelShape:
        """Returns the model's shape for the scene and the counters."""
        config, experts, parts = self.config, self.config.experts, self.parts
        return ModelShape(
            layers=len(experts.layers),
            experts=experts.count,
            top_k=experts.top_k,
            d_model=config.d_model,
            d_expert=experts.width,
            d_latent=experts.latent,
            d_shared=experts.shared,
            attention=parts.get("attn", 0),
            embeddings=parts.get("embed", 0) + parts.get("head", 0),
            norms=config.norms,
            dense=sum(parts.get(name, 0) for name in ("dense_ffn", "dense_residual", "moe_other", "other")),
            matrices=experts.matrices,
            expert_bias=experts.bias,
            shared_gate=experts.shared_gate,
            router_bias=experts.router_bias,
            dense_layers=config.dense_layers,
        )
