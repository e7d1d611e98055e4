"""Writes made-up routings in the formats that `written_captures.py` does not have. No reader uses this."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.formats.made_routings import Made
from tests.formats.written_captures import Contents, as_json, as_lines, b64, npy, npz, usage
from tests.formats.written_tensors import pt


def passes(made: Made, chunk: int = 0) -> Iterator[tuple[int, int]]:
    """Yields the first and last row of each forward pass: the prompt in chunks, then one a written token."""
    step = chunk or max(made.prompt, 1)
    for begin in range(0, made.prompt, step):
        yield begin, min(begin + step, made.prompt)
    yield from ((at, at + 1) for at in range(made.prompt, made.tokens - 1))


def vllm021(made: Made) -> Contents:
    """Returns nested lists of the layers with experts; those of the prompt stand beside the choices."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": "t"},
        "token_ids": made.token_ids[made.prompt :],
        "routed_experts": made.ids[made.prompt : -1].tolist(),
    }
    body = {
        "object": "chat.completion",
        "choices": [choice],
        "prompt_token_ids": made.token_ids[: made.prompt],
        "prompt_routed_experts": made.ids[: made.prompt].tolist(),
    }
    return {"a.json": as_json({**body, "usage": usage(made)})}


def request_output(made: Made) -> Contents:
    """Returns a RequestOutput of TensorRT-LLM, which keeps the layers with experts alone."""
    output = {"index": 0, "text": "t", "token_ids": made.token_ids[made.prompt :], "finish_reason": "length"}
    routed = {**output, "routed_experts": made.ids[:-1].tolist()}
    return {
        "a.json": as_json(
            {"prompt": "p", "prompt_token_ids": made.token_ids[: made.prompt], "outputs": [routed]}
        )
    }


def sglang_batch(made: Made) -> Contents:
    meta = {
        "prompt_tokens": made.prompt,
        "completion_tokens": made.tokens - made.prompt,
        "routed_experts": b64(made.all_layers().astype("<i4").tobytes()),
    }
    one = {"text": "t", "output_ids": made.token_ids[made.prompt :], "meta_info": meta}
    return {"a.json": as_json([one, one])}


def sglang_stream(made: Made) -> Contents:
    chunk = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "t"}}]}
    rows = b64(made.all_layers().astype("<i4").tobytes())
    last = {**chunk, "choices": [], "usage": usage(made), "sglext": {"routed_experts": rows}}
    lines = [f"data: {json.dumps(each)}\n\n" for each in (chunk, chunk, last)]
    return {"a.sse": ("".join(lines) + "data: [DONE]\n\n").encode()}


def recorder_per_token(made: Made, maps: Any = None) -> Contents:
    """Chunked prefill of 7 tokens; unused places are -1; [layers, tokens, places]."""
    records = []
    for number, (begin, end) in enumerate(passes(made, 7), 1):
        ids = np.full((made.layers, end - begin, made.k + 2), -1, np.int32)
        ids[list(made.moe), :, : made.k] = made.ids[begin:end].swapaxes(0, 1)
        prefill = end <= made.prompt
        records.append(
            {
                "forward_pass_id": number,
                "rank": 0,
                "gatherer_key": "primary",
                "input_ids": made.token_ids[begin:end],
                "positions": list(range(begin, end)),
                "extend_seq_lens": [end - begin] if prefill else None,
                "forward_mode": 1 if prefill else 2,
                "topk_ids_of_layer": ids,
                "misc_objects": [],
            }
        )
    places = np.tile(np.arange(made.experts), (made.layers, 1)) if maps is None else maps
    return {"a.pt": pt({"records": records, "last_physical_to_logical_map": places})}


def dynamo(made: Made) -> Contents:
    rows = made.all_layers().astype("<i4")
    held = {"data": b64(rows.tobytes()), "shape": list(rows.shape), "dtype": "int32", "start": 0}
    return {"a.json": as_json({"token_ids": made.token_ids[made.prompt :], "routed_experts": held})}


def nemo_rl(made: Made) -> Contents:
    rows = made.all_layers().astype("<i4")
    shape = "x".join(str(size) for size in rows.shape)
    return {
        "a.json": as_json(
            {
                "prompt_token_ids": made.token_ids[: made.prompt],
                "generation_token_ids": made.token_ids[made.prompt :],
                "routed_experts": f"nrlre1:int32:{shape}:{b64(rows.tobytes())}",
            }
        )
    }


def logits_tuple(made: Made) -> Contents:
    return {"a.pt": pt(tuple(np.ascontiguousarray(made.logits[:, at]) for at in range(len(made.moe))))}


def logits_batch(made: Made) -> Contents:
    return {"a.pt": pt([np.ascontiguousarray(made.logits[None, :, at]) for at in range(len(made.moe))])}


def logits_stack(made: Made) -> Contents:
    stack = np.ascontiguousarray(made.logits.swapaxes(0, 1))
    return {"a.npz": npz(router_logits=stack, input_ids=np.array([made.token_ids]))}


def bfloat16(values: Any) -> bytes:
    """Returns the upper half of each float32."""
    return (np.ascontiguousarray(values, "<f4").view("<u4") >> 16).astype("<u2").tobytes()


def logits_safetensors(made: Made) -> Contents:
    """bfloat16 tensors by hand, as the library writes none from numpy."""
    header: dict[str, Any] = {}
    data = b""
    for at in range(len(made.moe)):
        layer = bfloat16(made.logits[:, at])
        shape = list(made.logits[:, at].shape)
        where = [len(data), len(data) + len(layer)]
        header[f"router_logits.{at}"] = {"dtype": "BF16", "shape": shape, "data_offsets": where}
        data += layer
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return {"a.safetensors": len(text).to_bytes(8, "little") + text + data}


def hook_pt(made: Made) -> Contents:
    held = {"experts": made.ids, "weights": made.weights, "token_ids": np.array(made.token_ids)}
    return {"a.pt": pt(held)}


def ids_pt(made: Made) -> Contents:
    return {"a.pt": pt(made.ids.astype(np.int32))}


def ids_npz(made: Made) -> Contents:
    return {"a.npz": npz(routed_experts=made.ids.astype(np.int16))}


def layer_ids_csv(made: Made) -> Contents:
    lines = ["layer_id,expert_ids"]
    for begin, end in passes(made):
        for at, layer in enumerate(made.moe):
            lines += [f"{layer},{' '.join(map(str, row))}" for row in made.ids[begin:end, at]]
    return {"a.csv": ("\n".join(lines) + "\n").encode()}


def phase_csv(made: Made) -> Contents:
    lines = ["phase,token,layer,rank,expert"]
    for begin, end in passes(made):
        phase = "prefill" if end <= made.prompt else "decode"
        for at, layer in enumerate(made.moe):
            for token in range(begin, end):
                lines += [f"{phase},{token},{layer},{r},{e}" for r, e in enumerate(made.ids[token, at])]
    return {"a.csv": ("\n".join(lines) + "\n").encode()}


def routing_text(made: Made) -> Contents:
    """Returns ids ascending, so that their rank is lost."""
    lines = ["# arcint routing trace v1"]
    for token in range(made.tokens):
        for at, layer in enumerate(made.moe):
            lines.append(f"{token} {layer} {' '.join(map(str, sorted(made.ids[token, at])))}")
    return {"a.txt": ("\n".join(lines) + "\n").encode()}


def route_lines(made: Made) -> Contents:
    lines: list[Any] = [{"type": "meta", "model_id": "m", "layers_logged": list(made.moe), "top_k": made.k}]
    for at, layer in enumerate(made.moe):
        for token in range(made.tokens):
            weights = [round(float(one), 6) for one in made.weights[token, at]]
            place = {"type": "route", "req_id": "r1", "token_idx": token, "layer": layer}
            lines.append({**place, "topk_ids": made.ids[token, at].tolist(), "topk_weights": weights})
    return {"a.jsonl": as_lines(lines)}


def token_layers(made: Made) -> Contents:
    def row(token: int, at: int) -> dict[str, Any]:
        weights = [round(float(one), 6) for one in made.weights[token, at]]
        return {"selected_experts": made.ids[token, at].tolist(), "selected_probs": weights}

    data = [
        {f"token_{token}": {f"layer_{layer}": row(token, at) for at, layer in enumerate(made.moe)}}
        for token in range(made.tokens)
    ]
    return {"a.json": as_json({"model": "m", "full_text": made.texts, "router_data": data})}


def rows_of(made: Made) -> list[dict[str, Any]]:
    return [
        {
            "token": token,
            "text": made.texts[token],
            "layer": layer,
            "experts": made.ids[token, at].tolist(),
            "weights": made.weights[token, at].tolist(),
        }
        for token in range(made.tokens)
        for at, layer in enumerate(made.moe)
    ]


def parquet(rows: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


def parquet_rows(made: Made) -> Contents:
    return {"a.parquet": parquet(rows_of(made))}


def parquet_long(made: Made) -> Contents:
    rows = [
        {"token": row["token"], "layer": row["layer"], "expert": expert, "weight": weight}
        for row in rows_of(made)
        for expert, weight in zip(row["experts"], row["weights"], strict=True)
    ]
    return {"a.parquet": parquet(rows)}


def row_csv(made: Made) -> Contents:
    out = io.StringIO()
    table = csv.writer(out, delimiter=";", lineterminator="\r\n")
    table.writerow(["token", "layer", "experts", "weights"])
    for row in rows_of(made):
        weights = " ".join(f"{one:.6f}" for one in row["weights"])
        table.writerow([row["token"], row["layer"], " ".join(map(str, row["experts"])), weights])
    return {"a.csv": b"\xef\xbb\xbf" + out.getvalue().encode()}


def moescope_json(made: Made) -> Contents:
    rows = [{**row, "group": None, "dropped": []} for row in rows_of(made)]
    model = {"name": "m", "layers": len(made.moe), "experts": made.experts, "top_k": made.k}
    stack = {"stack": "a", "origin": {"badge": "LIVE", "note": "-"}, "model": model, "rows": rows}
    return {"a.json": as_json({"format": "moescope-table", "version": 1, "stacks": [stack]})}


def npy_folder(made: Made) -> Contents:
    files = {
        f"router/ffn_moe_logits-{layer}.npy": npy(made.logits[:-1, at]) for at, layer in enumerate(made.moe)
    }
    tokens = {
        "prompt_tokens.json": made.token_ids[: made.prompt],
        "generated_tokens.json": made.token_ids[made.prompt :],
    }
    return {**files, **{name: as_json(ids) for name, ids in tokens.items()}}


def counted(made: Made) -> Any:
    """Returns how often each expert was chosen, [L, N]."""
    return np.stack(
        [np.bincount(made.ids[:-1, at].ravel(), minlength=made.experts) for at in range(len(made.moe))]
    )


def recorder_stat(made: Made) -> Contents:
    counts = np.zeros((3, made.layers, made.experts), np.int32)
    counts[0, list(made.moe)] = counted(made)
    return {"a.pt": pt({"rank": 0, "logical_count": counts, "average_utilization_rate_over_window": 0.5})}


def counts_npz(made: Made) -> Contents:
    return {"a.npz": npz(weight=counted(made).astype(np.float32))}


def counts_pt(made: Made) -> Contents:
    return {"a.pt": pt({"weight": counted(made).astype(np.float32)})}


def counts_csv(made: Made) -> Contents:
    """No line for an expert that was never chosen."""
    lines = ["layer_id,expert_id,count"]
    for at, layer in enumerate(made.moe):
        lines += [f"{layer},{expert},{count}" for expert, count in enumerate(counted(made)[at]) if count]
    return {"a.csv": ("\n".join(lines) + "\n").encode()}


Writer = Callable[[Made], Contents]
SAMPLED: dict[str, Writer] = {  # their last token has no routing
    "vllm-http-0.21": vllm021,
    "request-output-json": request_output,
    "sglang-generate": sglang_batch,
    "sglang-openai-stream": sglang_stream,
    "sglang-recorder-per_token": recorder_per_token,
    "dynamo": dynamo,
    "nemo-rl": nemo_rl,
    "layer-ids-csv": layer_ids_csv,
    "llamacpp-npy-folder": npy_folder,
}
WHOLE: dict[str, Writer] = {
    "transformers-router-logits": logits_tuple,
    "transformers-router-logits, batch": logits_batch,
    "transformers-router-logits, stack": logits_stack,
    "transformers-router-logits, bfloat16": logits_safetensors,
    "pt-hook": hook_pt,
    "pt-ids": ids_pt,
    "npz-ids": ids_npz,
    "routing-text-v1": routing_text,
    "moe-routes-jsonl": route_lines,
    "token-layer-json": token_layers,
    "parquet-rows": parquet_rows,
    "parquet-long": parquet_long,
    "row-table": row_csv,
    "moescope-table-json": moescope_json,
}
COUNTS: dict[str, Writer] = {
    "sglang-recorder-stat": recorder_stat,
    "expert-counts-npz": counts_npz,
    "expert-counts-pt": counts_pt,
    "expert-counts-csv": counts_csv,
}
