"""All formats by name. The first one that recognises a file reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .containers.opened import Opened
from .engines import (
    bare_arrays,
    expert_counts,
    imatrix,
    long_tables,
    megatron,
    moe_atlas,
    named_arrays,
    own,
    rollouts,
    row_lines,
    sglang,
    sglang_recorder,
    vllm,
)
from .engines import llamacpp_tables as moe_trace
from .engines import llamacpp_tensors as tensors
from .hints import Hints
from .stored import Stored


@dataclass(frozen=True)
class Format:
    """A file format. `read` returns one value per request or choice in the file."""

    name: str
    containers: tuple[str, ...]
    matches: Callable[[Opened], bool]
    read: Callable[[Opened, Hints], list[Stored]]

    def recognises(self, opened: Opened) -> bool:
        """Returns whether a file is of this format."""
        return opened.container in self.containers and self.matches(opened)


JSON = ("json", "jsonl")
TABLE = ("table", "parquet")
ALL = (
    Format("moescope-trace", ("safetensors",), own.matches_trace, own.read_trace),
    Format("moescope-table-json", ("json",), own.matches_json, own.read_json),
    Format("moescope-table-csv", ("table",), own.matches_csv, own.read_csv),
    Format("megatron-router-trace", ("folder", *JSON), megatron.matches, megatron.read),
    Format("llamacpp-npy-folder", ("folder",), tensors.matches_folder, tensors.read_folder),
    Format("llamacpp-imatrix", ("gguf",), imatrix.matches, imatrix.read),
    Format("sglang-generate", JSON, sglang.matches_generate, sglang.read_generate),
    Format("sglang-openai", JSON, sglang.matches_openai, sglang.read_openai),
    Format("sglang-openai-stream", ("sse",), sglang.matches_stream, sglang.read_stream),
    Format("megatron-http", JSON, rollouts.matches_megatron, rollouts.read_megatron),
    Format("nemo-rl", JSON, rollouts.matches_nemo, rollouts.read_nemo),
    Format("dynamo", JSON, rollouts.matches_dynamo, rollouts.read_dynamo),
    Format("vllm-http-0.21", JSON, vllm.matches_021, vllm.read_021),
    Format("vllm-http", (*JSON, "sse"), vllm.matches, vllm.read),
    Format("request-output-json", JSON, rollouts.matches_output, rollouts.read_output),
    Format("moe-atlas", JSON, moe_atlas.matches, moe_atlas.read),
    Format("moe-routes-jsonl", JSON, row_lines.matches_routes, row_lines.read_routes),
    Format("llamacpp-fork-jsonl", ("jsonl",), tensors.matches_lines, tensors.read_lines),
    Format("token-layer-json", ("json",), row_lines.matches_layers, row_lines.read_layers),
    Format("row-jsonl", JSON, row_lines.matches_rows, row_lines.read_rows),
    Format("expert-counts-json", ("json",), expert_counts.matches_json, expert_counts.read),
    Format(
        "sglang-recorder-per_token",
        ("pt",),
        sglang_recorder.matches_per_token,
        sglang_recorder.read_per_token,
    ),
    Format(
        "sglang-recorder-per_pass", ("pt",), sglang_recorder.matches_per_pass, sglang_recorder.read_per_pass
    ),
    Format("sglang-recorder-stat", ("pt",), sglang_recorder.matches_stat, sglang_recorder.read_stat),
    Format("verl-batch", ("pt", "npz", "safetensors"), rollouts.matches_verl, rollouts.read_verl),
    Format("npz-hook", ("npz", "safetensors"), named_arrays.matches_hook, named_arrays.read),
    Format("pt-hook", ("pt",), named_arrays.matches_hook, named_arrays.read),
    Format("pt-ids", ("pt",), named_arrays.matches_ids, named_arrays.read),
    Format("npz-ids", ("npz", "safetensors"), named_arrays.matches_ids, named_arrays.read),
    Format("expert-counts-npz", ("npz", "safetensors"), expert_counts.matches_arrays, expert_counts.read),
    Format("expert-counts-pt", ("pt",), expert_counts.matches_arrays, expert_counts.read),
    Format(
        "transformers-router-logits",
        ("pt", "npz", "safetensors"),
        named_arrays.matches_logits,
        named_arrays.read,
    ),
    Format("expert-counts-pt", ("pt",), expert_counts.matches_tensor, expert_counts.read),
    Format("npy-ids", ("npy",), bare_arrays.matches_ids, bare_arrays.read_ids),
    Format("pt-ids", ("pt",), bare_arrays.matches_ids, bare_arrays.read_ids),
    Format("npz-ids", ("npz",), bare_arrays.matches_ids, bare_arrays.read_ids),
    Format("transformers-router-logits", ("npy", "pt"), bare_arrays.matches_logits, bare_arrays.read_logits),
    Format(
        "llamacpp-moe-trace-csv",
        ("table",),
        moe_trace.matches_layer_expert,
        moe_trace.read_layer_expert,
    ),
    Format("llamacpp-moe-trace-csv", ("table",), moe_trace.matches_phase, moe_trace.read_phase),
    Format("layer-ids-csv", ("table",), moe_trace.matches_layer_lists, moe_trace.read_layer_lists),
    Format("expert-counts-csv", TABLE, expert_counts.matches_table, expert_counts.read_table),
    Format("parquet-long", ("parquet",), long_tables.matches_parquet, long_tables.read),
    Format("parquet-rows", ("parquet",), long_tables.matches_parquet_rows, long_tables.read_rows),
    Format("long-table", ("table",), long_tables.matches, long_tables.read),
    Format("row-table", ("table",), long_tables.matches_rows, long_tables.read_rows),
    Format("routing-text-v1", ("table",), long_tables.matches_routing_text, long_tables.read_routing_text),
    Format("llamacpp-moe-trace-txt", ("table",), moe_trace.matches_spaced, moe_trace.read_headless),
    Format("llamacpp-moe-trace-csv", ("table",), moe_trace.matches_headless, moe_trace.read_headless),
    Format("llamacpp-moe-trace-bin", ("binary",), tensors.matches_binary, tensors.read_binary),
)
FORMATS = tuple(dict.fromkeys(one.name for one in ALL))
