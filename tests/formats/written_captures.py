"""Writes made-up routings as engines, hooks and people write them. Nothing here is used by the readers."""

from __future__ import annotations

import base64
import csv
import io
import json
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.formats.made_routings import Made

Contents = dict[str, bytes]


def npy(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=False)
    return out.getvalue()


def npz(**arrays: Any) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def as_lines(values: list[Any]) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def small(made: Made, rows: Any) -> Any:
    return rows.astype(np.uint8 if made.experts <= 256 else np.uint16)


def usage(made: Made) -> dict[str, int]:
    written = made.tokens - made.prompt
    return {"prompt_tokens": made.prompt, "completion_tokens": written, "total_tokens": made.tokens}


def vllm_answer(made: Made, rows: Any = None, ids: bool = True) -> dict[str, Any]:
    rows = made.all_layers() if rows is None else rows
    choice = {
        "index": 0,
        "text": " written",
        "finish_reason": "length",
        "token_ids": made.token_ids[made.prompt :] if ids else None,
        "prompt_token_ids": made.token_ids[: made.prompt] if ids else None,
        "routed_experts": b64(npy(small(made, rows))),
    }
    return {
        "id": "cmpl-1",
        "object": "text_completion",
        "model": "m",
        "choices": [choice],
        "usage": usage(made),
    }


def vllm(made: Made) -> Contents:
    return {"answer.json": as_json(vllm_answer(made))}


def vllm_python(made: Made) -> Contents:
    return {"routed_experts.npy": npy(small(made, made.all_layers()))}


def sglang(made: Made) -> Contents:
    meta = {
        "prompt_tokens": made.prompt,
        "completion_tokens": made.tokens - made.prompt,
        "routed_experts": b64(made.all_layers().astype("<i4").tobytes()),
    }
    return {"a.json": as_json({"text": "t", "output_ids": made.token_ids[made.prompt :], "meta_info": meta})}


def sglang_openai(made: Made) -> Contents:
    rows = b64(made.all_layers().astype("<i4").tobytes())
    choices = [{"index": 0, "message": {"role": "assistant", "content": "t"}}]
    return {"a.json": as_json({"choices": choices, "usage": usage(made), "sglext": {"routed_experts": rows}})}


def megatron(made: Made) -> Contents:
    """Returns one pass for the prompt, one a written token; logits in bfloat16 beside it."""
    lines: list[Any] = []
    blob = b""
    spans = [(0, made.prompt), *((at, at + 1) for at in range(made.prompt, made.tokens - 1))]
    for step, (begin, end) in enumerate(spans, 1):
        for at, layer in enumerate(made.moe):
            bits = (made.logits[begin:end, at].astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()
            lines.append(
                {
                    "step": step,
                    "stage": "pre_dispatch",
                    "block": "decoder",
                    "layer": layer + 1,
                    "rank": 0,
                    "num_tokens": end - begin,
                    "topk": made.k,
                    "top_indices": made.ids[begin:end, at].tolist(),
                    "logit_offset": len(blob),
                    "logit_bytes": len(bits),
                    "logit_shape": [end - begin, made.experts],
                }
            )
            blob += bits
    return {"router_trace_rank0.jsonl": as_lines(lines), "logits_rank0.bin": blob}


def megatron_server(made: Made) -> Contents:
    choice = {
        "index": 0,
        "text": "t",
        "prompt_token_ids": made.token_ids[: made.prompt],
        "generation_token_ids": made.token_ids[made.prompt :],
        "moe_topk_indices": made.ids[:-1].tolist(),
        "prompt_moe_topk_indices": made.ids[: made.prompt].tolist(),
    }
    return {"a.json": as_json({"choices": [choice], "usage": usage(made)})}


def hook(made: Made) -> Contents:
    arrays = {"experts": made.ids, "weights": made.weights, "logits": made.logits}
    return {"hook.npz": npz(**arrays, token_ids=np.array(made.token_ids))}


def logits_alone(made: Made) -> Contents:
    return {"logits.npz": npz(*[]) if not made.moe else npz_list(made)}


def npz_list(made: Made) -> bytes:
    out = io.BytesIO()
    np.savez(out, *[made.logits[:, layer] for layer in range(len(made.moe))])
    return out.getvalue()


def long_csv(made: Made) -> Contents:
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["token", "layer", "rank", "expert", "weight"])
    for token in range(made.tokens):
        for at, layer in enumerate(made.moe):
            for rank in range(made.k):
                weight = f"{made.weights[token, at, rank]:.6f}"
                table.writerow([token, layer, rank, made.ids[token, at, rank], weight])
    return {"long.csv": out.getvalue().encode()}


def rows_jsonl(made: Made) -> Contents:
    lines = [
        {
            "token": token,
            "text": made.texts[token],
            "layer": layer,
            "experts": made.ids[token, at].tolist(),
            "weights": [round(float(one), 6) for one in made.weights[token, at]],
        }
        for token in range(made.tokens)
        for at, layer in enumerate(made.moe)
    ]
    return {"rows.jsonl": as_lines(lines)}


def atlas(made: Made) -> Contents:
    activations = [
        {
            "layer": layer,
            "token_idx": token,
            "expert_idx": int(made.ids[token, at, place]),
            "gate_weight": round(float(made.weights[token, at, place]), 6),
            "output_norm": 0.0,
        }
        for at, layer in enumerate(made.moe)
        for token in range(made.tokens)
        for place in range(made.k)
    ]
    trace = {
        "model_id": "m",
        "num_layers": made.layers,
        "num_experts": made.experts,
        "top_k": made.k,
        "text": "".join(made.texts),
        "token_ids": made.token_ids,
        "token_strs": made.texts,
        "activations": activations,
    }
    return {"atlas.jsonl": as_lines([trace, trace])}


def moe_trace_csv(made: Made) -> Contents:
    """`layer,expert` in the order of computation."""
    lines = ["layer,expert"]
    spans = [(0, made.prompt), *((at, at + 1) for at in range(made.prompt, made.tokens - 1))]
    for begin, end in spans:
        for at, layer in enumerate(made.moe):
            lines += [f"{layer},{one}" for one in made.ids[begin:end, at].ravel()]
    return {"trace.csv": ("\n".join(lines) + "\n").encode()}


def moe_trace_lines(made: Made) -> Contents:
    lines: list[Any] = []
    spans = [(0, made.prompt), *((at, at + 1) for at in range(made.prompt, made.tokens - 1))]
    for begin, end in spans:
        for at, layer in enumerate(made.moe):
            rows = made.ids[begin:end, at].tolist()
            name = f"ffn_moe_topk-{layer}"
            lines.append(
                {"layer": layer, "name": name, "n_used": made.k, "n_tokens": end - begin, "experts": rows}
            )
            lines.append({"wlayer": layer, "weights": made.weights[begin:end, at].tolist()})
    return {"trace.jsonl": as_lines(lines)}


def moe_trace_binary(made: Made) -> Contents:
    data = b""
    spans = [(0, made.prompt), *((at, at + 1) for at in range(made.prompt, made.tokens - 1))]
    for begin, end in spans:
        for at, layer in enumerate(made.moe):
            data += (
                struct.pack("<3i", layer, end - begin, made.k)
                + made.ids[begin:end, at].astype("<i4").tobytes()
            )
    return {"trace.bin": data}


def bare_npy(made: Made) -> Contents:
    return {"ids.npy": npy(made.ids.astype(">i8"))}


def verl(made: Made) -> Contents:
    """Returns two sequences, the second one padded on the left; the last token of each is filler."""
    pad = min(7, made.tokens - 2)
    rows = np.zeros((2, made.tokens, made.layers, made.k), np.int32)
    rows[0, :-1] = made.all_layers()
    rows[1, pad:-1] = made.all_layers(made.tokens - 1 - pad)
    ids = np.zeros((2, made.tokens), np.int64)
    ids[0], ids[1, pad:] = made.token_ids, made.token_ids[: made.tokens - pad]
    mask = np.ones((2, made.tokens), np.int64)
    mask[1, :pad] = 0
    return {"batch.npz": npz(routed_experts=rows, input_ids=ids, attention_mask=mask)}


def counts_json(made: Made) -> Contents:
    counts = [
        np.bincount(made.ids[:-1, at].ravel(), minlength=made.experts).tolist() for at in range(len(made.moe))
    ]
    return {"counts.json": as_json({"logical_count": counts})}


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


ENGINES: dict[str, Callable[[Made], Contents]] = {
    "vllm": vllm,
    "vllm_python": vllm_python,
    "sglang": sglang,
    "sglang_openai": sglang_openai,
    "megatron": megatron,
    "megatron_server": megatron_server,
    "moe_trace_csv": moe_trace_csv,
    "moe_trace_lines": moe_trace_lines,
    "moe_trace_binary": moe_trace_binary,
    "verl": verl,
}
OTHERS: dict[str, Callable[[Made], Contents]] = {
    "hook": hook,
    "logits_alone": logits_alone,
    "long_csv": long_csv,
    "rows_jsonl": rows_jsonl,
    "atlas": atlas,
    "bare_npy": bare_npy,
}
