"""A capture: the routing of one request from a file, aligned with tokens and layers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..trace import Floats, Token
from .findings import Finding
from .stored import Array

Kind = Literal["routing", "counts"]
BLOCK = 1024  # rows hashed at a time


@dataclass(frozen=True)
class Capture:
    """Routing of one request: tokens T, MoE layers L, places K, experts N, passes P. None: not in the file.

    `layers` are the numbers of the MoE layers in the model, from 0, dense layers counted. `stored_layers`
    is the number of layers in the file, dense ones included. A token without routing has -1 everywhere in
    its row of `ids`.
    """

    format: str  # a name in `registry.FORMATS`
    engine: str
    kind: Kind
    tokens: tuple[Token, ...]  # T; empty for counts
    layers: tuple[int, ...]  # L
    stored_layers: int
    experts: int | None  # N
    k: int | None
    ids: Array | None = None  # [T, L, K]; -1: no expert
    weights: Floats | None = None  # [T, L, K]
    logits: Floats | None = None  # [T, L, N]
    scores: Floats | None = None  # [T, L, N]
    counts: NDArray[np.float64] | None = None  # [P, L, N]
    routed: Array = field(default_factory=lambda: np.zeros(0, np.bool_))  # [T]
    experts_at_least: int = 0  # the largest id plus 1, if N is unknown
    zero_experts: int = 0  # experts beside N that compute nothing; a choice of one is -1
    prompt: int | None = None  # number of prompt tokens
    text: str | None = None
    model: str | None = None
    origin: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    choice: int = 0  # index of the answer in the file
    choices: int = 1
    small_type: bool = False  # ids are stored in unsigned 8 bits
    weighted_rule: tuple[float, float] | None = None  # least and largest sum of weights, if stated

    @property
    def rows(self) -> int:
        """Number of tokens with routing."""
        return int(np.count_nonzero(self.routed))

    @property
    def token_count(self) -> int | None:
        """Number of tokens, a sampled last one included. For counts of one request: passes plus one."""
        if self.kind == "routing":
            return len(self.tokens)
        passes = self.counted_passes
        return None if passes is None else passes + 1

    @property
    def counted_passes(self) -> int | None:
        """Number of tokens that the counts cover; None if k is unknown."""
        if self.counts is None or not self.k:
            return None
        return round(float(self.counts.sum(axis=(0, 2)).max()) / self.k)

    @property
    def ids_only(self) -> bool:
        """Returns whether the file has expert ids but neither scores nor weights."""
        return self.weights is None and self.logits is None and self.scores is None

    @cached_property
    def fingerprint(self) -> str:
        """Returns a digest of the routing. Equal routing gives equal digests in every format."""
        digest = hashlib.sha256()
        held = self.ids if self.ids is not None else self.logits if self.logits is not None else self.counts
        if held is not None:
            digest.update(repr(held.shape).encode())
            kind = "<i4" if held is self.ids else "<f4"
            for at in range(0, len(held), BLOCK):
                digest.update(np.ascontiguousarray(held[at : at + BLOCK], dtype=kind).data)
        return digest.hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """Returns the fields that `inspect --json` prints."""
        return {
            "format": self.format,
            "kind": self.kind,
            "engine": self.engine,
            "tokens": self.token_count,
            "rows": self.rows,
            "layers": self.stored_layers,
            "moe_layers": list(self.layers),
            "experts": self.experts,
            "k": self.k,
            "weights": self.weights is not None,
            "scores": self.logits is not None or self.scores is not None,
            "choice": self.choice,
            "choices": self.choices,
            "fingerprint": self.fingerprint,
            "notes": list(self.notes),
            "findings": [finding.to_json() for finding in self.findings],
        }
