"""Expert parallelism: experts spread over devices, and what a step of inference then sends between them.

One inference step takes all tokens of a trace through a layer: each token's vector goes once to every device
that holds an expert chosen for it (dispatch), and the sum of what those experts made of it comes back
(combine). For this reason DeepSeek-V2 limits the devices of a token (arXiv 2405.04434, section 2.2.2).
Letter: G devices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..trace import Ints, RoutingTrace

Counts = NDArray[np.int64]
MOST_DEVICES = 512


@dataclass(frozen=True)
class Traffic:
    """What one step sends and computes where."""

    place: Ints  # [N] device of each expert
    sent: Counts  # [L, G] tokens that go to each device, each once
    load: Counts  # [L, G] assignments that each device computes
    reach: Counts  # [T, L] devices that each token goes to

    @property
    def devices(self) -> int:
        """G."""
        return int(self.sent.shape[1])

    def all_to_all_bytes(self, d_model: int, dispatch: int = 2, combine: int = 2) -> Counts:
        """Bytes of each layer's two exchanges [L]: there with `dispatch` bytes a number, back with `combine`.

        Every copy counts, also one that stays on the device where its token happens to be.
        """
        result: Counts = self.sent.sum(axis=1) * d_model * (dispatch + combine)
        return result

    def most(self) -> int:
        """The most devices that a token goes to in a layer."""
        return int(self.reach.max(initial=0))


def place_experts(experts: int, devices: int) -> Ints:
    """Device of each expert [N]: neighbours together, as evenly as they divide.

    Raises ValueError where there are more devices than experts.
    """
    if not 1 <= devices <= min(experts, MOST_DEVICES):
        most = min(experts, MOST_DEVICES)
        raise ValueError(f"devices: expected 1 to {most}, got {devices}; a device holds at least one expert")
    return (np.arange(experts) * devices // experts).astype(np.int32)


def traffic(trace: RoutingTrace, devices: int) -> Traffic:
    """What one step over all tokens of the trace sends. Dropped and empty choices send nothing."""
    return traffic_of(trace.experts, place_experts(trace.header.shape.experts, devices), trace.dropped)


def traffic_of(experts: Ints, place: Ints, dropped: NDArray[np.bool_] | None = None) -> Traffic:
    """The same from chosen experts [T, L, K] and places [N]."""
    tokens, layers, _ = experts.shape
    devices = int(place.max()) + 1
    kept = experts >= 0 if dropped is None else (experts >= 0) & ~dropped
    token, layer, choice = np.nonzero(kept)
    to = place[experts[token, layer, choice]]
    assigned = np.zeros((tokens, layers, devices), np.int32)  # [T, L, G] chosen experts on each device
    np.add.at(assigned, (token, layer, to), 1)
    reached = assigned > 0
    return Traffic(
        place=place,
        sent=reached.sum(axis=0, dtype=np.int64),
        load=assigned.sum(axis=0, dtype=np.int64),
        reach=reached.sum(axis=2, dtype=np.int64),
    )
