"""Expert parallelism: experts distributed over devices, and the traffic of one inference step.

One step passes all tokens of a trace through a layer. Each token's vector goes once to every device with a
chosen expert (dispatch), and the sum of these experts' outputs returns (combine). DeepSeek-V2 therefore
limits the devices per token (arXiv 2405.04434, section 2.2.2). Letter: G devices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..trace import Bools, Counts, Ints
from .metric import Metric

MOST_DEVICES = 512
DEVICE_LOAD = Metric(
    "device_load",
    "assignments of the fullest device over the mean of devices, per layer and step",
    "EPLB, deepseek-ai/EPLB; DeepSeek-V3, arXiv 2412.19437, section 3.4",
    balanced=1,
)
REACH = Metric(
    "reach",
    "devices that a token goes to in a layer, mean over tokens",
    "DeepSeek-V2, arXiv 2405.04434, section 2.2.2",
    unit="devices",
)


@dataclass(frozen=True)
class Traffic:
    """The traffic and the work of one step."""

    place: Ints  # [N] device of each expert; with replicas: [L, S] expert of each slot
    sent: Counts  # [L, G] tokens sent to each device, counted once
    load: Counts  # [L, G] assignments computed on each device
    reach: Counts  # [T, L] devices that each token reaches

    @property
    def devices(self) -> int:
        """G, the number of devices."""
        return int(self.sent.shape[1])

    def all_to_all_bytes(self, d_model: int, dispatch: int = 2, combine: int = 2) -> Counts:
        """Returns the bytes of each layer's two exchanges [L]; `dispatch` and `combine`: bytes per number.

        Every copy counts, including one for the device that holds the token.
        """
        result: Counts = self.sent.sum(axis=1) * d_model * (dispatch + combine)
        return result

    def most(self) -> int:
        """Returns the largest number of devices that a token reaches in a layer."""
        return int(self.reach.max(initial=0))


def place_experts(experts: int, devices: int) -> Ints:
    """Returns the device of each expert [N]: neighbours together, in nearly equal numbers.

    Raises ValueError if there are more devices than experts.
    """
    if not 1 <= devices <= min(experts, MOST_DEVICES):
        most = min(experts, MOST_DEVICES)
        raise ValueError(f"devices: expected 1 to {most}, got {devices}; a device holds at least one expert")
    return (np.arange(experts) * devices // experts).astype(np.int32)


def traffic_of(experts: Ints, place: Ints, dropped: Bools | None = None) -> Traffic:
    """Counts the traffic of one step: experts [T, L, K], device of each expert [N]. Drops send nothing."""
    kept = experts >= 0 if dropped is None else (experts >= 0) & ~dropped
    at = np.nonzero(kept)
    return traffic_at(experts.shape, at, place[experts[at]], int(place.max()) + 1, place)


def traffic_at(
    shape: tuple[int, ...], at: tuple[np.ndarray, ...], to: Ints, devices: int, place: Ints
) -> Traffic:
    """Counts assignments to devices `to`, given by their indices (token, layer, choice)."""
    assigned = np.zeros((*shape[:2], devices), np.int32)  # [T, L, G] chosen experts on each device
    np.add.at(assigned, (at[0], at[1], to), 1)
    reached = assigned > 0
    return Traffic(
        place=place,
        sent=reached.sum(axis=0, dtype=np.int64),
        load=assigned.sum(axis=0, dtype=np.int64),
        reach=reached.sum(axis=2, dtype=np.int64),
    )
