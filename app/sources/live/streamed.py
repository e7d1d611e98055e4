"""Layers of a large model: weights are read and converted on use, and none is kept.

Letters: T tokens, D width of the residual stream, I width of a network, N experts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...trace import Floats, Ints
from .attention import KeyValueCache
from .experts import by_expert, gather, swiglu
from .matrices import Matrix, matrix_of
from .products import AnyMatrix, deal, dealt_product, product
from .rotary import Rotations
from .tensors import EMBEDDING, HEAD, Tensors

Attend = Callable[[Floats, KeyValueCache, int, Rotations], Floats]  # normed x [T, D], ., layer, . -> [T, D]
Activate = Callable[[Floats], Floats]  # [2 I, T] -> [I, T]


def silu_of_halves(gate_up: Floats) -> Floats:
    """SwiGLU where the rows of the gate come first: [2 I, T] -> [I, T]."""
    half = len(gate_up) // 2
    return swiglu(gate_up[:half], gate_up[half:])


@dataclass(frozen=True)
class Network:
    """One feed-forward network with a gate."""

    gate_up: tuple[AnyMatrix, ...]  # [2 I, D] below each other
    down: AnyMatrix  # [D, I]
    activate: Activate = silu_of_halves
    gate_up_bias: Floats | None = None  # [2 I]
    down_bias: Floats | None = None  # [D]

    def run(self, x: Floats) -> Floats:
        """x [D, T] -> [D, T], by this thread alone. Columns are tokens."""
        gate_up = np.concatenate([product(matrix, x) for matrix in self.gate_up])
        return self.finish(gate_up, partial(product, self.down))

    def run_dealt(self, x: Floats) -> Floats:
        """Returns the same, the rows of its matrices dealt to all threads."""
        return self.finish(dealt_product(self.gate_up, x), lambda inner: dealt_product((self.down,), inner))

    def finish(self, gate_up: Floats, down: Callable[[Floats], Floats]) -> Floats:
        """Activation and second product."""
        if self.gate_up_bias is not None:
            gate_up += self.gate_up_bias[:, None]
        out = down(self.activate(gate_up))
        if self.down_bias is not None:
            out += self.down_bias[:, None]
        return out


@dataclass(frozen=True)
class StreamedLayer:
    """One layer. A layer without experts has only the network that every token goes through."""

    attend: Attend
    norm: Floats  # [D] gain of the norm before router and experts
    router: Matrix | None = None  # [N, D]
    router_bias: Floats | None = None  # [N] added to the logits
    selection_bias: Floats | None = None  # [N] added to scores for selection alone
    expert: Callable[[int], Network] | None = None
    always: Network | None = None  # a dense network, or the shared experts as one

    def logits(self, x: Floats) -> Floats:
        """Normed x [T, D] without gain -> logits [T, N]."""
        assert self.router is not None, "only asked of a layer with experts"
        logits = np.ascontiguousarray(dealt_product((self.router,), (x * self.norm).T).T)
        return logits if self.router_bias is None else logits + self.router_bias

    def feed(self, x: Floats, experts: Ints, weights: Floats, weighs_input: bool) -> Floats:
        """What experts [T, K], by their weights [T, K], and the network for all add: [T, D] -> [T, D]."""
        x = x * self.norm
        if self.expert is None:
            assert self.always is not None, "a layer has experts or a dense network"
            return np.ascontiguousarray(self.always.run_dealt(np.ascontiguousarray(x.T)).T)
        scaled, factors = (x * weights, np.ones_like(weights)) if weighs_input else (x, weights)
        out = combine_streamed(scaled, experts, factors, self.expert)
        return out if self.always is None else out + self.always.run_dealt(np.ascontiguousarray(x.T)).T


@dataclass(frozen=True)
class StreamedWeights:
    """All weights of a large model."""

    tensors: Tensors
    layers: list[StreamedLayer]

    def embed(self, ids: Ints) -> Floats:
        """Token ids [T] -> their rows of the embedding [T, D]."""
        return self.tensors.rows(EMBEDDING, ids)

    def attend(self, x: Floats, cache: KeyValueCache, layer: int, turns: Rotations) -> Floats:
        """What attention adds: normed x [T, D] -> [T, D]. Fills the cache."""
        return self.layers[layer].attend(x, cache, layer, turns)

    def logits(self, x: Floats, layer: int) -> Floats:
        """Normed x [T, D] -> logits of the router [T, N]."""
        return self.layers[layer].logits(x)

    def feed(self, x: Floats, layer: int, experts: Ints, weights: Floats, weighs_input: bool) -> Floats:
        """What the experts of a layer, or its one network, add: normed x [T, D] -> [T, D]."""
        return self.layers[layer].feed(x, experts, weights, weighs_input)

    def head(self, x: Floats) -> Floats:
        """Normed x [T, D] -> logits over the vocabulary [T, V]. A head on disk counts, tied or not."""
        name = HEAD if HEAD in self.tensors else EMBEDDING
        return dealt_product((matrix_of(self.tensors, name.removesuffix(".weight")),), x.T).T

    @property
    def selection_biases(self) -> list[Floats]:
        """Those of the layers with experts [N] each; none where the model has no such bias."""
        return [layer.selection_bias for layer in self.layers if layer.selection_bias is not None]


def combine_streamed(x: Floats, experts: Ints, weights: Floats, expert: Callable[[int], Network]) -> Floats:
    """`combine_experts` with streamed networks: experts are dealt to threads, the busiest first."""
    order, used, ends = by_expert(experts)
    spans = sorted(zip(used, [0, *ends], ends, strict=False), key=lambda span: span[1] - span[2])
    inputs = x.take(order % len(x), axis=0)  # [A, D]
    factors = weights.T.reshape(-1)[order]  # [A]

    def run(span: tuple[int, int, int]) -> None:
        number, start, end = span
        with np.errstate(over="ignore", invalid="ignore"):
            outputs = expert(number).run(np.ascontiguousarray(inputs[start:end].T))  # [D, span]
        outputs *= factors[start:end]
        inputs[start:end] = outputs.T  # the inputs are no longer needed

    deal(run, spans)
    return gather(inputs, order, experts.T.shape)
