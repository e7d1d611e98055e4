"""The hooks on one worker: they select the rows to record, and store each router's output for them.

The places are private to vLLM 0.32. Every hook catches its own errors: a raise inside the forward pass would
end the engine. An error costs the rows of that pass, and the client is told that they are missing.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import ASKS
from .batch import Span, spans
from .records import Columns, Records

log = logging.getLogger("vllm.moescope")
KEY_CHARS = 128


class Pass:
    """One step of the scheduler that has rows which ask."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = counts
        self.total = sum(counts.values())
        self.spans: list[Span] = []
        self.tokens: NDArray[np.int32] | None = None
        self.positions: NDArray[np.int32] | None = None
        self.layers: dict[int, list[Columns]] = {}  # layer -> columns of each span


class Recorder:
    """Records the routing of the requests that ask, on the worker whose model runner this is."""

    def __init__(self, runner: Any, routers: Mapping[int, Any], records: Records) -> None:
        """`routers`: by number of the decoder layer, those of this pipeline stage."""
        self.runner = runner
        self.layers = tuple(sorted(routers))
        self.records = records
        self.asking: dict[str, str] = {}  # request -> key
        self.errors: dict[str, int] = {}
        self._pass: Pass | None = None
        self._batch: Any = None  # of model runner V2, whose batch is a local value
        self._wrap_execution()
        runner.get_model().register_forward_pre_hook(self._before_forward, with_kwargs=True)
        for layer, router in routers.items():
            self._wrap_router(layer, router)

    def guarded(self, name: str, work: Callable[[], None]) -> None:
        """Runs a piece of a hook. An error is counted, logged once, and gives up the rows of the pass."""
        try:
            work()
        except Exception as error:
            self._pass = None
            seen = self.errors[name] = self.errors.get(name, 0) + 1
            if seen == 1:
                log.exception("moescope: %s failed, rows are lost and the engine goes on: %s", name, error)

    def _wrap_execution(self) -> None:
        execute = self.runner.execute_model

        @functools.wraps(execute)
        def execute_model(scheduler_output: Any, *args: Any, **kwargs: Any) -> Any:
            self._pass = self._batch = None
            if not kwargs.get("dummy_run"):
                self.guarded("begin", lambda: self._begin(scheduler_output))
            try:
                return execute(scheduler_output, *args, **kwargs)
            finally:
                self.guarded("end", self._end)

        self.runner.execute_model = execute_model
        if not hasattr(self.runner, "input_batch"):
            prepare = self.runner.prepare_inputs

            @functools.wraps(prepare)
            def prepare_inputs(*args: Any, **kwargs: Any) -> Any:
                self._batch = prepare(*args, **kwargs)
                return self._batch

            self.runner.prepare_inputs = prepare_inputs

    def _begin(self, step: Any) -> None:
        for request in step.finished_req_ids:
            self.asking.pop(request, None)
        for new in step.scheduled_new_reqs:
            key = key_of(new.sampling_params)
            if key is not None:
                self.asking[new.req_id] = key
                self.records.open(key)
        if any(request in self.asking for request in step.num_scheduled_tokens):
            self._pass = Pass(dict(step.num_scheduled_tokens))

    def _before_forward(self, model: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        if self._pass is not None and not self._pass.spans:
            self.guarded("forward", lambda: self._read_inputs(args, kwargs))

    def _read_inputs(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        step = self._pass
        assert step is not None
        batch = self.runner.input_batch if self._batch is None else self._batch
        step.spans = spans(batch.req_ids, step.counts, self.asking)
        given = dict(zip(("input_ids", "positions"), args, strict=False)) | dict(kwargs)
        positions = given["positions"]
        positions = positions[0] if positions.ndim > 1 else positions  # rotary with axes: text has one
        step.positions = whole_numbers(positions)[: step.total]
        tokens = given.get("input_ids")  # None behind the first pipeline stage
        step.tokens = np.full(step.total, -1, np.int32) if tokens is None else whole_numbers(tokens)

    def _wrap_router(self, layer: int, router: Any) -> None:
        # `_compute_routing` and not `select_experts`: behind it a load balancer (EPLB) replaces the ids of
        # experts by those of their copies.
        compute = router._compute_routing
        shared = int(getattr(router, "num_fused_shared_experts", 0) or 0)  # always chosen, at the end

        @functools.wraps(compute)
        def compute_routing(hidden_states: Any, router_logits: Any, *args: Any, **kwargs: Any) -> Any:
            weights, ids = compute(hidden_states, router_logits, *args, **kwargs)
            if self._pass is not None:
                self.guarded("router", lambda: self._keep(layer, router_logits, ids, weights, shared))
            return weights, ids

        router._compute_routing = compute_routing

    def _keep(self, layer: int, logits: Any, ids: Any, weights: Any, shared: int) -> None:
        step = self._pass
        assert step is not None
        if len(logits) < step.total or len(ids) < step.total:
            raise ValueError(f"layer {layer}: expected {step.total} rows, got {len(logits)}")
        chosen = ids.shape[-1] - shared
        step.layers[layer] = [
            {
                "logits": numbers(logits[span.rows]),
                "ids": whole_numbers(ids[span.rows])[:, :chosen],
                "weights": numbers(weights[span.rows])[:, :chosen],
            }
            for span in step.spans
        ]

    def _end(self) -> None:
        step, self._pass = self._pass, None
        if step is None or not step.spans:
            return
        assert step.positions is not None and step.tokens is not None
        absent = [layer for layer in self.layers if layer not in step.layers]
        if absent:
            raise ValueError(f"expected routing of layers {self.layers}, got none of {absent}")
        for index, span in enumerate(step.spans):
            parts = [step.layers[layer][index] for layer in self.layers]
            columns: Columns = {"positions": step.positions[span.rows], "tokens": step.tokens[span.rows]}
            columns |= {name: np.stack([part[name] for part in parts], axis=1) for name in parts[0]}
            self.records.add(span.key, span.request, columns)


def key_of(params: Any) -> str | None:
    """Returns the key under which a request asks to be recorded, or None."""
    extra = getattr(params, "extra_args", None) or {}
    key = extra.get(ASKS)
    return key if isinstance(key, str) and 0 < len(key) <= KEY_CHARS else None


def numbers(tensor: Any) -> NDArray[np.float32]:
    """Returns a copy of a tensor as float32, on the CPU."""
    return np.array(tensor.detach().float().cpu(), dtype=np.float32)


def whole_numbers(tensor: Any) -> NDArray[np.int32]:
    """Returns a copy of a tensor of ids as int32, on the CPU."""
    return np.array(tensor.detach().cpu(), dtype=np.int32)


def routers_of(modules: Iterable[Any]) -> dict[int, Any]:
    """Returns the router of each MoE layer, by the number of its decoder layer.

    Raises ValueError for a kernel that chooses experts inside itself, if no hook sees them.
    """
    found = {}
    for runner in modules:
        if getattr(runner, "is_monolithic", False):
            raise ValueError(
                f"layer {runner.layer_id}: expected a modular MoE kernel, got a monolithic one that hides "
                "its choices; choose another MoE backend, or use --enable-return-routed-experts"
            )
        found[int(runner.layer_id)] = runner.router
    return found
