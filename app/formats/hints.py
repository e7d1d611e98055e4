"""Facts about a model that the user states for a capture: its config, or single sizes."""

from __future__ import annotations

from dataclasses import dataclass

from .model_facts import ModelFacts


@dataclass(frozen=True)
class Hints:
    """The config of the model, or single sizes, as the user states them."""

    facts: ModelFacts | None = None
    layers: int | None = None
    k: int | None = None
    experts: int | None = None
    columns: tuple[str, ...] = ()
    format: str | None = None

    @property
    def any_layers(self) -> int | None:
        """Number of layers that an engine stores: as stated, else from the config."""
        return self.layers or (self.facts.layers if self.facts else None)

    @property
    def any_k(self) -> int | None:
        """k as stated, else from the config."""
        return self.k or (self.facts.k if self.facts else None)

    @property
    def any_experts(self) -> int | None:
        """N as stated, else from the config."""
        return self.experts or (self.facts.experts if self.facts else None)
