"""Benefit and cost of a device limit per token: the same logits through several routers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..routing import ROUTERS, BadSetting, Router, RouterSettings
from ..routing.topk import softmax
from ..trace import Bools, Floats, Ints, RoutingTrace
from .placement import Traffic, place_experts, traffic_of


@dataclass(frozen=True)
class Row:
    """One router's traffic on these devices."""

    router: str
    limit: int | None  # devices that a token may reach; None: unlimited
    traffic: Traffic
    kept: float | None  # share of the probability of plain top-k's choices; None without logits

    def to_json(self, d_model: int) -> dict[str, Any]:
        """Returns means over tokens and layers, and sums per step."""
        reach, sent = self.traffic.reach, self.traffic.sent
        return {
            "router": self.router,
            "limit": self.limit,
            "kept": self.kept,
            "reach_mean": float(reach.mean()) if reach.size else 0.0,
            "reach_most": self.traffic.most(),
            "sent": sent.sum(axis=0).tolist(),
            "copies": int(sent.sum()),
            "bytes": int(self.traffic.all_to_all_bytes(d_model).sum()),
        }


def compare_routers(trace: RoutingTrace, devices: int) -> list[Row]:
    """Returns rows for the trace itself; for its logits through `topk`; and for ever stricter device limits.

    Raises ValueError if there are more devices than experts.
    """
    shape = trace.header.shape
    place = place_experts(shape.experts, devices)
    own, own_traffic = (
        str(trace.header.model.get("router", "")),
        traffic_of(trace.experts, place, trace.dropped),
    )
    if trace.logits is None:
        return [Row(own, None, own_traffic, None)]
    scores = softmax(trace.logits)
    plain = choose(ROUTERS["topk"], trace.logits, shape.top_k)
    most = chosen_share(scores, plain)
    rows = [Row(own, None, own_traffic, chosen_share(scores, trace.experts, trace.dropped) / most)]
    rows.append(Row("topk", None, traffic_of(plain, place), 1.0))
    for router, limit in limited(shape.experts, shape.top_k, devices):
        chosen = choose(router, trace.logits, shape.top_k)
        rows.append(Row(router.name, limit, traffic_of(chosen, place), chosen_share(scores, chosen) / most))
    return rows


def limited(experts: int, k: int, devices: int) -> Iterator[tuple[Router, int]]:
    """Yields DeepSeek-V2's limit with devices as groups: half of the devices, a quarter, ... if these hold k.

    Yields nothing if the devices do not divide the experts.
    """
    most = devices // 2
    while most:
        try:
            settings = RouterSettings(groups=devices, topk_groups=most)
            yield ROUTERS["group_limited"].with_settings(settings, experts, k), most
        except BadSetting:
            return
        most //= 2


def choose(router: Router, logits: Floats, k: int) -> Ints:
    """Returns the chosen experts [T, L, K] for logits [T, L, N]."""
    layers = range(logits.shape[1])
    return np.stack([router.route(logits[:, layer], k, layer).experts for layer in layers], axis=1)


def chosen_share(scores: Floats, chosen: Ints, dropped: Bools | None = None) -> float:
    """Returns the probability of the chosen experts [T, L, K] of [T, L, N], mean over tokens and layers."""
    kept = chosen >= 0 if dropped is None else (chosen >= 0) & ~dropped
    found = np.take_along_axis(scores, np.maximum(chosen, 0), axis=2)
    return float(np.where(kept, found, 0).sum(axis=2).mean())
