"""The layers of a large model: weights are read and converted on each use, and not kept.

Letters: T tokens, D width of the residual stream, I width of a network, N experts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...trace import Floats, Ints
from .attention import KeyValueCache
from .expert_processes import ExpertProcesses, Job
from .experts import by_expert, gather, swiglu
from .matrices import Matrix, matrix_of
from .products import AnyMatrix, deal, dealt_product, product, products
from .rotary import Rotations
from .tensors import EMBEDDING, HEAD, Tensors

Attend = Callable[[Floats, KeyValueCache, int, Rotations], Floats]  # normed x [T, D], ., layer, . -> [T, D]
Activate = Callable[[Floats], Floats]  # [T, 2 I] -> [T, I]
RunJobs = Callable[[Floats, list[Job]], object]  # replaces tokens [A, D] by the outputs of their experts


def silu_of_halves(gate_up: Floats) -> Floats:
    """Computes SwiGLU if the gate's columns come first: [T, 2 I] -> [T, I]."""
    half = gate_up.shape[1] // 2
    return swiglu(gate_up[:, :half], gate_up[:, half:])


@dataclass(frozen=True)
class Network:
    """One gated feed-forward network."""

    gate_up: tuple[AnyMatrix, ...]  # [2 I, D], concatenated
    down: AnyMatrix  # [D, I]
    activate: Activate = silu_of_halves
    gate_up_bias: Floats | None = None  # [2 I]
    down_bias: Floats | None = None  # [D]

    def run(self, x: Floats) -> None:
        """Replaces x [T, D] by its outputs [T, D], in this thread only."""
        self.finish(products(self.gate_up, x), lambda inner: product(self.down, inner, x))

    def run_dealt(self, x: Floats) -> Floats:
        """Computes x [T, D] -> [T, D], with the rows of its matrices distributed over all threads."""
        return self.finish(dealt_product(self.gate_up, x), lambda inner: dealt_product((self.down,), inner))

    def finish(self, gate_up: Floats, down: Callable[[Floats], Floats]) -> Floats:
        """Applies activation and second product."""
        if self.gate_up_bias is not None:
            gate_up += self.gate_up_bias
        out = down(self.activate(gate_up))
        if self.down_bias is not None:
            out += self.down_bias
        return out


@dataclass(frozen=True)
class StreamedLayer:
    """One layer. A dense layer has only the network that every token passes."""

    attend: Attend
    norm: Floats  # [D] gain of the norm before router and experts
    router: Matrix | None = None  # [N, D]
    router_bias: Floats | None = None  # [N] added to the logits
    selection_bias: Floats | None = None  # [N] added to scores for selection only
    expert: Callable[[int], Network] | None = None
    always: Network | None = None  # a dense network, or the shared experts combined

    def logits(self, x: Floats) -> Floats:
        """Returns router logits [T, N] for normed x [T, D] without gain."""
        assert self.router is not None, "only asked of a layer with experts"
        logits = dealt_product((self.router,), x * self.norm)
        return logits if self.router_bias is None else logits + self.router_bias

    def feed(
        self, x: Floats, experts: Ints, weights: Floats, weighs_input: bool, run_jobs: RunJobs
    ) -> Floats:
        """Returns the sum of experts [T, K] by weights [T, K] and the network for all: [T, D] -> [T, D]."""
        x = x * self.norm
        if self.expert is None:
            assert self.always is not None, "a layer has experts or a dense network"
            return self.always.run_dealt(x)
        scaled, factors = (x * weights, np.ones_like(weights)) if weighs_input else (x, weights)
        out = combine_streamed(scaled, experts, factors, run_jobs)
        return out if self.always is None else out + self.always.run_dealt(x)


@dataclass
class StreamedWeights:
    """All weights of a large model. `processes` compute its experts, if there are any; else threads do."""

    tensors: Tensors
    layers: list[StreamedLayer]
    processes: ExpertProcesses | None = None

    def embed(self, ids: Ints) -> Floats:
        """Returns the embeddings [T, D] of token ids [T]."""
        return self.tensors.rows(EMBEDDING, ids)

    def attend(self, x: Floats, cache: KeyValueCache, layer: int, turns: Rotations) -> Floats:
        """Returns the attention output for normed x [T, D]: [T, D]. Fills the cache.

        Raises CheckpointError if a file of the weights was shortened.
        """
        self.tensors.check()
        return self.layers[layer].attend(x, cache, layer, turns)

    def logits(self, x: Floats, layer: int) -> Floats:
        """Returns router logits [T, N] for normed x [T, D]."""
        return self.layers[layer].logits(x)

    def feed(self, x: Floats, layer: int, experts: Ints, weights: Floats, weighs_input: bool) -> Floats:
        """Returns the output of a layer's experts, or of its dense network: normed x [T, D] -> [T, D]."""
        return self.layers[layer].feed(x, experts, weights, weighs_input, partial(self.run_jobs, layer))

    def run_jobs(self, layer: int, tokens: Floats, jobs: list[Job]) -> None:
        """Replaces tokens [A, D] by the outputs of the experts of a layer."""
        if self.processes and self.processes.ready(len(tokens), len(jobs)):
            self.processes.run(layer, tokens, jobs, self.run_expert)
            return

        def run(job: Job) -> None:
            with np.errstate(over="ignore", invalid="ignore"):
                self.run_expert(layer, job[0], tokens[job[1] : job[2]])

        deal(run, jobs)

    def run_expert(self, layer: int, number: int, tokens: Floats) -> None:
        """Replaces tokens [., D] by the outputs of one expert, in this thread."""
        expert = self.layers[layer].expert
        assert expert is not None, "only asked of a layer with experts"
        expert(number).run(tokens)

    def head(self, x: Floats) -> Floats:
        """Returns logits over the vocabulary [T, V] for normed x [T, D]. A head on disk has precedence."""
        name = HEAD if HEAD in self.tensors else EMBEDDING
        return dealt_product((matrix_of(self.tensors, name.removesuffix(".weight")),), x)

    @property
    def selection_biases(self) -> list[Floats]:
        """Returns the selection bias [N] of each MoE layer; empty if the model has none."""
        return [layer.selection_bias for layer in self.layers if layer.selection_bias is not None]


def combine_streamed(x: Floats, experts: Ints, weights: Floats, run_jobs: RunJobs) -> Floats:
    """`combine_experts` with streamed networks: one job per expert, the busiest first."""
    order, used, ends = by_expert(experts)
    jobs = sorted(zip(used, [0, *ends], ends, strict=False), key=lambda job: job[1] - job[2])
    outputs = x.take(order % len(x), axis=0)  # [A, D]
    run_jobs(outputs, jobs)
    outputs *= weights.T.reshape(-1)[order][:, None]
    return gather(outputs, order, experts.T.shape)
