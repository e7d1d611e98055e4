"""What the person says about a file beside it: the config, or single sizes."""

from __future__ import annotations

from dataclasses import dataclass

from .model_facts import ModelFacts


@dataclass(frozen=True)
class Asked:
    """What the person says about the file beside it: the config, or single sizes."""

    facts: ModelFacts | None = None
    layers: int | None = None
    k: int | None = None
    experts: int | None = None
    columns: tuple[str, ...] = ()
    format: str | None = None

    @property
    def any_layers(self) -> int | None:
        """Layers that an engine stores: as asked, else as the config says."""
        return self.layers or (self.facts.layers if self.facts else None)

    @property
    def any_k(self) -> int | None:
        """k as asked, else as the config says."""
        return self.k or (self.facts.k if self.facts else None)

    @property
    def any_experts(self) -> int | None:
        """N as asked, else as the config says."""
        return self.experts or (self.facts.experts if self.facts else None)
