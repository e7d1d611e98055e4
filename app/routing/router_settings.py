"""The settings of routers, checked against the size of the model."""

from __future__ import annotations

from dataclasses import dataclass

LIMITS: dict[str, tuple[float, float]] = {  # inclusive limits of each setting
    "capacity": (0.05, 512),
    "groups": (1, 1024),
    "topk_groups": (1, 1024),
    "scale": (0.01, 100),
    "noise": (0, 10),
    "seed": (0, 2**32 - 1),
    "updates": (0, 200),
    "rate": (0.0001, 1),
}
NOISE = 0.7  # softplus(0) + 0.01: the initial noise of Shazeer et al. 2017


class BadSetting(ValueError):
    """A setting that does not fit; the message says why."""

    def __init__(self, field: str, expected: str, found: object, advice: str) -> None:
        super().__init__(f"{field}: expected {expected}, got {found}; {advice}")
        self.field, self.expected, self.found, self.advice = field, expected, str(found), advice


@dataclass(frozen=True)
class RouterSettings:
    """None selects the router's default. A router reads only the settings listed in its `uses`."""

    capacity: float | None = None  # capacity factor: an expert takes int(T * capacity / N) tokens, at least 1
    groups: int | None = None  # number of groups of experts, of equal size
    topk_groups: int | None = None  # number of groups from which a token may choose
    scale: float | None = None  # factor on the weights
    noise: float | None = None  # standard deviation of the noise on logits
    seed: int | None = None  # seed of noise and random draws
    updates: int | None = None  # updates of the selection bias before this batch is routed (`bias_updates`)
    rate: float | None = None  # change of the bias per update

    def __post_init__(self) -> None:
        for field, (low, high) in LIMITS.items():
            within(field, getattr(self, field), low, high)

    def given(self) -> dict[str, float]:
        """Returns the settings that are not None."""
        return {name: value for name, value in vars(self).items() if value is not None}


def within(field: str, value: float | None, low: float, high: float) -> None:
    """Raises BadSetting if a value is outside its limits; NaN is outside."""
    if value is not None and not low <= value <= high:
        raise BadSetting(field, f"a number from {low} to {high}", value, "choose one in this range")


def capacity_of(tokens: int, experts: int, factor: float) -> int:
    """Returns the capacity of an expert: int(T * factor / N), at least 1.

    Fedus et al. 2022, "Switch Transformers", arXiv 2101.03961, whose code requires at least 4.
    """
    return max(1, int(tokens * factor / experts))


def check_k(k: int, experts: int) -> None:
    """Raises BadSetting if k experts cannot be chosen out of `experts`."""
    if not 1 <= k <= experts:
        advice = "choose fewer experts a token or more experts a layer"
        raise BadSetting("k", f"1 to {experts}", k, advice)


def default_groups(experts: int) -> int:
    """Returns the default number of groups: 8 as in DeepSeek, or fewer so that each has two experts."""
    return next((g for g in (8, 4, 2) if experts % g == 0 and experts // g >= 2), 1)


def check_groups(groups: int, topk_groups: int, experts: int, k: int) -> None:
    """Raises BadSetting if the groups do not divide the experts, or the chosen groups hold fewer than k."""
    size = experts // groups
    if experts % groups or (groups > 1 and size < 2):
        fitting = [g for g in range(1, experts // 2 + 1) if experts % g == 0]
        expected = f"one of {', '.join(map(str, fitting))}, with {experts} experts"
        raise BadSetting("groups", expected, groups, "groups are equally large and hold at least two experts")
    fewest = -(-k // size)
    if not fewest <= topk_groups <= groups:
        advice = f"a token chooses {k} experts, and a group holds {size}"
        raise BadSetting("topk_groups", f"{fewest} to {groups}", topk_groups, advice)
