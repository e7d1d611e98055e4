"""All settings of the five runs. They differ only in `experts` or in `balance_weight`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of a Mixtral; widths in elements."""

    experts: int
    layers: int = 6
    top_k: int = 2
    d_model: int = 128
    d_expert: int = 64
    heads: int = 4
    kv_heads: int = 2
    vocabulary: int = 4096
    positions: int = 1024  # limit in config.json; trained up to 512, measured up to the limit
    rope_theta: float = 10_000.0
    norm_eps: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.d_model // self.heads


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings of one run."""

    steps: int = 5400
    seed: int = 20
    batch_tokens: int = 1536
    length: int = 256  # positions per sequence
    long_from: float = 0.8  # share of the steps after which `long_length` holds
    long_length: int = 512
    matrix_rate: float = 0.02  # Muon, for every matrix except router and embedding
    adam_rate: float = 0.005  # embedding and norms
    router_rate: float = 0.002
    warmup_steps: int = 100
    cooldown_from: float = 0.4  # share of the steps after which the rate decays linearly to 0
    matrix_decay: float = 0.01
    clip: float = 1.0
    balance_weight: float = 0.02  # Mixtral's own; at 0.01 the last layer of 64 experts kept a MaxVio of 1.4
    z_weight: float = 0.001
    capacity_limit: float = 4.0  # means; for N = 8 and top-2 this is every token, so nothing is dropped
    snapshots: int = 12

    def length_at(self, step: int) -> int:
        """Returns the positions per sequence at a step: short first, long in the last part."""
        return self.length if step < self.long_from * self.steps else self.long_length


@dataclass(frozen=True, slots=True)
class Named:
    """A shipped model."""

    name: str
    shape: Shape
    recipe: Recipe
    keeps_snapshots: bool = False


MODELS = (
    Named("trio-8", Shape(8), Recipe(), keeps_snapshots=True),
    Named("trio-8-unbalanced", Shape(8), Recipe(balance_weight=0.0), keeps_snapshots=True),
    Named("trio-64", Shape(64), Recipe()),
    Named("trio-32", Shape(32), Recipe()),
    Named("trio-16", Shape(16), Recipe()),
)


def named(name: str) -> Named:
    """Returns a model by its name. Raises ValueError listing the names."""
    for model in MODELS:
        if model.name == name:
            return model
    raise ValueError(f"model: expected one of {', '.join(each.name for each in MODELS)}, got {name!r}")
