"""The few settings of the routers, checked against the size of the model."""

from __future__ import annotations

from dataclasses import dataclass

LIMITS: dict[str, tuple[float, float]] = {  # of each setting, both ends included
    "capacity": (0.05, 512),
    "groups": (1, 1024),
    "topk_groups": (1, 1024),
    "scale": (0.01, 100),
    "noise": (0, 10),
    "seed": (0, 2**32 - 1),
    "updates": (0, 200),
    "rate": (0.0001, 1),
}
NOISE = 0.7  # softplus(0) + 0.01: what the noise of Shazeer et al. 2017 starts its training with


class BadSetting(ValueError):
    """A setting that does not fit, in words."""

    def __init__(self, field: str, expected: str, found: object, advice: str) -> None:
        super().__init__(f"{field}: expected {expected}, got {found}; {advice}")
        self.field, self.expected, self.found, self.advice = field, expected, str(found), advice


@dataclass(frozen=True)
class RouterSettings:
    """None: the router's own default. A router reads those that its `uses` names, and no others."""

    capacity: float | None = None  # capacity factor: an expert takes int(T * capacity / N) tokens, at least 1
    groups: int | None = None  # of experts, equally many in each
    topk_groups: int | None = None  # groups in which a token may choose
    scale: float | None = None  # what the weights are multiplied with
    noise: float | None = None  # standard deviation of what is added to a logit
    seed: int | None = None  # of noise and draws
    updates: int | None = None  # steps of the selection bias before this batch is routed (`bias_updates`)
    rate: float | None = None  # by which a step moves the bias

    def __post_init__(self) -> None:
        for field, (low, high) in LIMITS.items():
            within(field, getattr(self, field), low, high)

    def given(self) -> dict[str, float]:
        """Returns those that are set."""
        return {name: value for name, value in vars(self).items() if value is not None}


def within(field: str, value: float | None, low: float, high: float) -> None:
    """Raises BadSetting if a value that is set lies outside; nan lies outside too."""
    if value is not None and not low <= value <= high:
        raise BadSetting(field, f"a number from {low} to {high}", value, "choose one in this range")


def capacity_of(tokens: int, experts: int, factor: float) -> int:
    """Returns how many tokens an expert takes: int(T * factor / N), at least 1.

    Fedus et al. 2022, "Switch Transformers", arXiv 2101.03961. Its code asks for at least 4.
    """
    return max(1, int(tokens * factor / experts))


def check_k(k: int, experts: int) -> None:
    """Raises BadSetting if k experts cannot be chosen out of `experts`."""
    if not 1 <= k <= experts:
        advice = "choose fewer experts a token or more experts a layer"
        raise BadSetting("k", f"1 to {experts}", k, advice)


def default_groups(experts: int) -> int:
    """Returns the default number of groups: 8 as DeepSeek has them, or as many as leave two experts each."""
    return next((g for g in (8, 4, 2) if experts % g == 0 and experts // g >= 2), 1)


def check_groups(groups: int, topk_groups: int, experts: int, k: int) -> None:
    """Raises BadSetting if the groups do not divide the experts, or the chosen ones hold fewer than k."""
    size = experts // groups
    if experts % groups or (groups > 1 and size < 2):
        fitting = [g for g in range(1, experts // 2 + 1) if experts % g == 0]
        expected = f"one of {', '.join(map(str, fitting))}, with {experts} experts"
        raise BadSetting("groups", expected, groups, "groups are equally large and hold at least two experts")
    fewest = -(-k // size)
    if not fewest <= topk_groups <= groups:
        advice = f"a token chooses {k} experts, and a group holds {size}"
        raise BadSetting("topk_groups", f"{fewest} to {groups}", topk_groups, advice)
