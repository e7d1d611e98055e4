"""Reads the MoE layers of llama.cpp through its callback on the nodes of the graph.

The names are those of `llm_graph_context::build_moe_ffn` (src/llama-graph.cpp), such as `ffn_moe_topk-3`.
`ffn_moe_topk` is a view of a sort over all experts: its stride exceeds its row length.
A name occurs once per part of a batch; rows are appended in order of arrival.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from ...trace import Floats
from .engine_error import EngineRefusal
from .recorder import LayerRecord

WEIGHTS = tuple(
    f"ffn_moe_weights{end}" for end in ("", "_softmax", "_norm", "_scaled")
)  # the last one counts
WANTED = ("ffn_moe_logits", "ffn_moe_probs", "ffn_moe_topk", *WEIGHTS)
DTYPES = {0: np.dtype("<f4"), 26: np.dtype("<i4")}  # ggml_type: GGML_TYPE_F32, GGML_TYPE_I32


class TensorHead(ctypes.Structure):
    """The first fields of `struct ggml_tensor` (ggml.h)."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("buffer", ctypes.c_void_p),
        ("ne", ctypes.c_int64 * 4),  # elements of each dimension, the fastest first
        ("nb", ctypes.c_size_t * 4),  # bytes from one to the next
    )


def load_ggml() -> Any:
    """Loads llama.cpp's ggml library from the package's folder."""
    folder = Path(llama_cpp.__file__).parent / "lib"
    found = sorted(folder.glob("*ggml-base.*"))
    if not found:
        raise EngineRefusal(
            f"llama.cpp: expected its ggml library in {folder}, got none; reinstall moescope[llama-cpp]"
        )
    library = ctypes.CDLL(str(found[0]))
    library.ggml_get_name.restype = ctypes.c_char_p
    library.ggml_get_name.argtypes = [ctypes.c_void_p]
    library.ggml_nbytes.restype = ctypes.c_size_t
    library.ggml_nbytes.argtypes = [ctypes.c_void_p]
    library.ggml_backend_tensor_get.argtypes = [
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_size_t,
    ]
    return library


class GraphRecorder:
    """A callback for `cb_eval`. `take` returns the layers that ran since the last call."""

    def __init__(self) -> None:
        self._ggml = load_ggml()
        self._parts: dict[int, dict[str, list[NDArray[Any]]]] = {}
        self._problem: Exception | None = None
        self.callback = llama_cpp.ggml_backend_sched_eval_callback(self._see)  # keeps the callback alive

    def take(self) -> dict[str, LayerRecord]:
        """Returns the records per layer, in layer order. Raises EngineRefusal for unreadable tensors."""
        parts, self._parts = self._parts, {}
        if self._problem is not None:
            raise EngineRefusal(f"llama.cpp: expected routing that can be read, got {self._problem}")
        return {f"blk.{layer}": record_of(layer, parts[layer]) for layer in sorted(parts)}

    def _see(self, tensor: int, ask: bool, user: Any) -> bool:
        """Tells which nodes are needed, then reads them. A C callback must not raise."""
        try:
            name, _, layer = self._ggml.ggml_get_name(tensor).decode(errors="replace").rpartition("-")
            if name not in WANTED or not layer.isdigit():
                return not ask
            if not ask:
                self._parts.setdefault(int(layer), {}).setdefault(name, []).append(self._read(tensor))
        except Exception as problem:
            self._problem = problem
            return not ask
        return True

    def _read(self, tensor: int) -> NDArray[Any]:
        """Returns a tensor [T, X] with its strides applied."""
        head = TensorHead.from_address(tensor)
        if head.type not in DTYPES:
            raise ValueError(f"a tensor of type {head.type}")
        size = int(self._ggml.ggml_nbytes(tensor))
        data = np.empty(size, np.uint8)
        self._ggml.ggml_backend_tensor_get(tensor, data.ctypes.data, 0, size)
        shape, strides = tuple(head.ne)[::-1], tuple(head.nb)[::-1]
        values = np.ndarray(shape, DTYPES[head.type], data, strides=strides)
        plain = values.reshape(-1) if values.size == 0 else np.ascontiguousarray(values)
        return matrix(plain)


def matrix(values: NDArray[Any]) -> NDArray[Any]:
    """Returns [T, X] from [1, 1, T, X], or from the weights' [1, T, K, 1]."""
    _, outer, rows, columns = values.shape
    return values.reshape(rows, columns) if outer == 1 else values.reshape(outer, rows * columns)


def record_of(layer: int, parts: dict[str, list[NDArray[Any]]]) -> LayerRecord:
    """Returns one layer's columns, with the parts of a batch concatenated."""
    columns = {name: np.concatenate(rows) for name, rows in parts.items()}
    ids = columns["ffn_moe_topk"].astype(np.int32)
    weights = next(columns[name] for name in reversed(WEIGHTS) if name in columns)
    logits, scores = columns.get("ffn_moe_logits"), columns.get("ffn_moe_probs")
    if scores is None or (logits is not None and np.array_equal(scores, logits)):
        scores = None if logits is None else softmax(logits)  # gpt-oss applies the softmax after top-k
    return LayerRecord(
        name=f"blk.{layer}",
        experts=ids,
        weights=weights.reshape(ids.shape).astype(np.float32),
        scores=scores,
        logits=logits,
        rule="build_moe_ffn",
    )


def softmax(logits: NDArray[Any]) -> Floats:
    """Returns probabilities over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    found: Floats = (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)
    return found
