"""The declaration of a metric: its definition, its source, and the columns that it needs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Needs = Literal["ids", "weights", "scores", "logits", "activations"]
Per = Literal["layer", "expert", "pair", "token", "model"]


@dataclass(frozen=True)
class Metric:
    """One metric. `balanced`: its value at a uniform load, for measures of balance."""

    name: str
    definition: str
    source: str
    needs: Needs = "ids"  # the minimum content of a trace
    per: Per = "layer"
    unit: str = "1"  # "1": dimensionless
    balanced: float | None = None

    @property
    def ids_suffice(self) -> bool:
        """Returns whether a trace of expert ids alone is enough."""
        return self.needs == "ids"

    def to_json(self) -> dict[str, Any]:
        """Returns the declaration as sent with the numbers of an atlas."""
        return {**asdict(self), "ids_suffice": self.ids_suffice}
