"""Writes made-up routings in the further shapes that one format is met in. No reader uses this."""

from __future__ import annotations

import io
import json
import random
import struct
from dataclasses import replace
from typing import Any

import numpy as np

from tests.formats.made_routings import Made
from tests.formats.written_captures import (
    Contents,
    as_json,
    as_lines,
    b64,
    counts_json,
    megatron,
    moe_trace_binary,
    npy,
    npz,
    sglang_openai,
    small,
    verl,
    vllm_answer,
)
from tests.formats.written_formats import (
    Writer,
    counted,
    passes,
    recorder_per_token,
    vllm021,
)
from tests.formats.written_tensors import pt


def vllm_chat(made: Made) -> Contents:
    """Ids of the prompt at the top, those of the answer in the choice; indented."""
    answer = vllm_answer(made)
    choice = answer["choices"][0]
    answer["prompt_token_ids"] = choice.pop("prompt_token_ids")
    answer["object"], choice["message"] = "chat.completion", {"role": "assistant", "content": "t"}
    del choice["text"]
    return {"a.json": json.dumps(answer, indent=1).encode()}


def vllm_without_ids(made: Made) -> Contents:
    return {"a.json": as_json(vllm_answer(made, ids=False))}


def vllm_twice(made: Made) -> Contents:
    """n = 2: two choices of one prompt."""
    answer = vllm_answer(made)
    answer["choices"].append({**answer["choices"][0], "index": 1})
    answer["usage"]["completion_tokens"] *= 2
    return {"a.json": as_json(answer)}


def vllm_lines(made: Made) -> Contents:
    return {"a.jsonl": as_lines([vllm_answer(made), vllm_answer(made)])}


def vllm_tokens(made: Made) -> Contents:
    """/inference/v1/generate: the prompt is not in the answer."""
    choice = vllm_answer(made)["choices"][0]
    kept = {name: choice[name] for name in ("index", "finish_reason", "token_ids", "routed_experts")}
    return {"a.json": as_json({"request_id": "r", "choices": [kept]})}


def vllm_stream(made: Made) -> Contents:
    """/inference/v1/generate as a stream: a choice a chunk, the last one carries the routing."""
    rows = b64(npy(small(made, made.all_layers())))
    written = made.token_ids[made.prompt :]
    chunks: list[dict[str, Any]] = [
        {"request_id": "r", "choices": [{"index": 0, "token_ids": [one], "finish_reason": None}]}
        for one in written
    ]
    chunks[-1]["choices"][0].update(routed_experts=rows, finish_reason="length")
    lines = [f"data: {json.dumps(one)}\n\n" for one in chunks]
    return {"a.sse": ("".join(lines) + "data: [DONE]\n\n").encode()}


def vllm018(made: Made) -> Contents:
    return {"a.npy": npy(made.all_layers().astype(np.int32))}


def vllm021_last(made: Made) -> Contents:
    """The row of the sampled last token is there, and empty."""
    answer = json.loads(vllm021(made)["a.json"])
    empty = [[-1] * made.k] * len(made.moe)
    answer["choices"][0]["routed_experts"].append(empty)
    return {"a.json": as_json(answer)}


def sglang_choice(made: Made) -> Contents:
    """Where the documents have it: in the choice."""
    answer = json.loads(sglang_openai(made)["a.json"])
    answer["choices"][0]["sgl_ext"] = answer.pop("sglext")
    return {"a.json": as_json(answer)}


def megatron_ids(made: Made) -> Contents:
    """Without logits, and with a record of multi-token prediction in every step."""
    lines = [json.loads(line) for line in megatron(made)["router_trace_rank0.jsonl"].splitlines()]
    kept: list[dict[str, Any]] = []
    for line in lines:
        one = {name: value for name, value in line.items() if not name.startswith("logit")}
        kept.append(one)
        if line["layer"] == made.moe[-1] + 1:
            kept.append({**one, "block": "mtp", "layer": 1, "mtp_idx": 0})
    return {"router_trace_rank0.jsonl": as_lines(kept)}


def megatron_ranks(made: Made) -> Contents:
    """Two ranks, each with requests of its own."""
    first = megatron(made)
    lines = [json.loads(line) for line in first["router_trace_rank0.jsonl"].splitlines()]
    second = as_lines([{**line, "rank": 1} for line in lines])
    return {**first, "router_trace_rank1.jsonl": second, "logits_rank1.bin": first["logits_rank0.bin"]}


def recorder_eplb(made: Made) -> Contents:
    """Physical experts: four copies more, in an order of each layer's own."""
    dice = np.random.default_rng(0)
    more = 4
    maps = np.tile(np.arange(made.experts + more) % made.experts, (made.layers, 1))
    maps = dice.permuted(maps, axis=1)
    moved = made.ids.copy()
    for at, layer in enumerate(made.moe):
        inverse = np.zeros(made.experts, np.int64)
        inverse[maps[layer]] = np.arange(made.experts + more)
        known = (moved[:, at] >= 0) & (moved[:, at] < made.experts)
        moved[:, at] = np.where(
            known, inverse[np.clip(moved[:, at], 0, made.experts - 1)], moved[:, at] + more
        )
    return recorder_per_token(replace(made, ids=moved), maps)


def recorder_per_pass(made: Made) -> Contents:
    """Counts of each pass, of physical experts; two of them hold one logical expert."""
    more = 2
    maps = np.tile(np.arange(made.experts + more) % made.experts, (made.layers, 1))
    records = []
    for number, (begin, end) in enumerate(passes(made, 7), 1):
        counts = np.zeros((made.layers, made.experts + more), np.int32)
        for at, layer in enumerate(made.moe):
            chosen = np.bincount(made.ids[begin:end, at].ravel(), minlength=made.experts)
            counts[layer, : made.experts] = chosen
            counts[layer, made.experts :] = chosen[:more] // 2
            counts[layer, :more] -= chosen[:more] // 2
        of_pass = {"forward_pass_id": number, "rank": 0, "gatherer_key": "primary"}
        records.append({**of_pass, "global_physical_count": counts})
    return {"a.pt": pt({"records": records, "last_physical_to_logical_map": maps})}


def headless_csv(made: Made) -> Contents:
    """`pos,layer,e0,..`: rows of the prompt have position -1."""
    lines = []
    for begin, end in passes(made):
        for at, layer in enumerate(made.moe):
            pos = -1 if end <= made.prompt else begin
            lines += [f"{pos},{layer},{','.join(map(str, row))}" for row in made.ids[begin:end, at]]
    return {"a.csv": ("\n".join(lines) + "\n").encode()}


def decode_text(made: Made) -> Contents:
    """`prompt step layer e0 ..`: decoding alone, ids by their number."""
    lines = []
    for step, token in enumerate(range(made.prompt, made.tokens - 1)):
        for at, layer in enumerate(made.moe):
            lines.append(f"0 {step} {layer} {' '.join(map(str, made.ids[token, at]))}")
    return {"a.txt": ("\n".join(lines) + "\n").encode()}


def swapped_binary(made: Made) -> Contents:
    """The fork whose header has k before the number of tokens."""
    data = b""
    for begin, end in passes(made):
        for at, layer in enumerate(made.moe):
            data += struct.pack("<3i", layer, made.k, end - begin)
            data += made.ids[begin:end, at].astype("<i4").tobytes()
    assert data != moe_trace_binary(made)["trace.bin"] or made.k == 1
    return {"a.bin": data}


def verl_pt(made: Made) -> Contents:
    """One sequence without padding, and the parts that verl keeps beside it."""
    rows = np.zeros((1, made.tokens, made.layers, made.k), np.int32)
    rows[0, :-1] = made.all_layers()
    ids = np.array([made.token_ids])
    parts = {"prompts": ids[:, : made.prompt], "responses": ids[:, made.prompt :]}
    return {
        "a.pt": pt({"routed_experts": rows, "input_ids": ids, "attention_mask": np.ones_like(ids), **parts})
    }


def verl_bare(made: Made) -> Contents:
    """Without the mask: padding shows as zero rows at both ends."""
    with np.load(io.BytesIO(verl(made)["batch.npz"])) as batch:
        return {"a.npz": npz(routed_experts=small(made, batch["routed_experts"]))}


def logits_named(made: Made) -> Contents:
    layers = tuple(np.ascontiguousarray(made.logits[:, at]) for at in range(len(made.moe)))
    return {"a.pt": pt({"input_ids": np.array([made.token_ids]), "router_logits": layers, "text": "t"})}


def long_ids(made: Made) -> Contents:
    lines = ["token,layer,expert"]
    for token in range(made.tokens):
        for at, layer in enumerate(made.moe):
            lines += [f"{token},{layer},{one}" for one in made.ids[token, at]]
    return {"a.csv": ("\n".join(lines) + "\n").encode()}


def long_shuffled(made: Made) -> Contents:
    """As a French spreadsheet saves it, sorted by nothing."""
    lines = [
        f"{token};{layer};{made.ids[token, at, rank]};{made.weights[token, at, rank]:.6f}".replace(".", ",")
        for token in range(made.tokens)
        for at, layer in enumerate(made.moe)
        for rank in range(made.k)
    ]
    random.Random(1).shuffle(lines)
    return {"a.csv": b"\xef\xbb\xbf" + "\r\n".join(["token;layer;expert;weight", *lines, ""]).encode()}


def long_from_one(made: Made) -> Contents:
    """Tokens, layers, ranks and experts count from 1."""
    lines = ["Token\tText\tLayer\tRank\tExpert\tWeight"]
    for token in range(made.tokens):
        for at, layer in enumerate(made.moe):
            for rank in range(made.k):
                place = f"{token + 1}\t{made.texts[token]}\t{layer + 1}\t{rank + 1}"
                lines.append(f"{place}\t{made.ids[token, at, rank] + 1}\t{made.weights[token, at, rank]:.6f}")
    return {"a.tsv": ("\n".join(lines) + "\n").encode()}


def ids_fortran(made: Made) -> Contents:
    return {"a.npy": npy(np.asfortranarray(made.ids.astype(np.int32)))}


def ids_layers_first(made: Made) -> Contents:
    return {"a.npy": npy(np.ascontiguousarray(made.ids.swapaxes(0, 1).astype(np.int32)))}


def ids_flat(made: Made) -> Contents:
    return {"a.npy": npy(made.ids.reshape(made.tokens, -1).astype(np.int32))}


def ids_named(made: Made) -> Contents:
    return {"a.pt": pt({"routed_experts": made.ids.astype(np.int32)})}


def own_trace(made: Made) -> Contents:
    """Our trace file by hand: the tensors, and four texts."""
    arrays: dict[str, Any] = {
        "experts": made.ids.astype("<i4"),
        "weights": made.weights.astype("<f4"),
        "logits": made.logits.astype("<f4"),
        "scores": np.ones_like(made.logits) / made.experts,
    }
    tokens = [{"id": one, "text": text} for one, text in zip(made.token_ids, made.texts, strict=True)]
    model = {"name": "m", "layers": len(made.moe), "experts": made.experts, "top_k": made.k}
    origin = {"source": "live", "badge": "LIVE", "note": "-", "layers": list(made.moe)}
    metadata = {"format": "moescope.trace/1", "tokens": json.dumps(tokens)}
    metadata |= {"model": json.dumps({**model, "router": "recorded", "settings": {}})}
    header: dict[str, Any] = {"__metadata__": {**metadata, "origin": json.dumps(origin)}}
    data = b""
    for name, array in arrays.items():
        where = [len(data), len(data) + array.nbytes]
        kind = "I32" if name == "experts" else "F32"
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": where}
        data += array.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return {"a.safetensors": len(text).to_bytes(8, "little") + text + data}


def own_csv(made: Made) -> Contents:
    """The table that the page saves; a text with a line break and quotes."""
    lines = ["token,text,group,layer,experts,weights,dropped"]
    for token in range(made.tokens):
        text = '"\n ""q"", "' if token == 1 else made.texts[token]
        for at, layer in enumerate(made.moe):
            ids = " ".join(map(str, made.ids[token, at]))
            weights = " ".join(f"{one:.6g}" for one in made.weights[token, at])
            lines.append(f"{token},{text},,{layer},{ids},{weights},")
    return {"a.csv": ("\n".join(lines) + "\n").encode()}


def counts_steps(made: Made) -> Contents:
    """[steps, all layers, experts], dense layers zero."""
    counts = np.zeros((2, made.layers, made.experts), np.int64)
    counts[1, list(made.moe)] = counted(made)
    counts[0, list(made.moe)] = np.minimum(counts[1, list(made.moe)], 1)
    counts[1] -= counts[0]
    return {"a.json": as_json({"logical_count": counts.tolist()})}


def counts_tensor(made: Made) -> Contents:
    return {"a.pt": pt(counted(made))}


def imatrix(made: Made) -> Contents:
    """llama-imatrix: dense tensors count tokens, gate, up and down the choices of each expert."""
    tensors: dict[str, Any] = {}
    rows = np.array([[made.tokens - 1]], np.float32)
    counts = counted(made).astype(np.float32)
    for at, layer in enumerate(made.moe):
        tensors[f"blk.{layer}.attn_q.weight.counts"] = rows
        tensors[f"blk.{layer}.ffn_gate_inp.weight.counts"] = rows
        for part in ("gate", "up", "down"):
            tensors[f"blk.{layer}.ffn_{part}_exps.weight.in_sum2"] = np.ones((made.experts, 4), np.float32)
            tensors[f"blk.{layer}.ffn_{part}_exps.weight.counts"] = counts[at][:, None]
    return {"a.gguf": as_gguf({"general.type": "imatrix"}, tensors)}


def as_gguf(texts: dict[str, str], tensors: dict[str, Any]) -> bytes:
    """GGUF 3 by hand: texts, then the names and sizes of the tensors, then their numbers, aligned to 32."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(texts))
    head += b"".join(text(key) + struct.pack("<I", 8) + text(value) for key, value in texts.items())
    data = b""
    for name, array in tensors.items():
        sizes = array.shape[::-1]
        head += text(name) + struct.pack(f"<I{len(sizes)}QIQ", len(sizes), *sizes, 0, len(data))
        data += array.astype("<f4").tobytes()
        data += b"\0" * (-len(data) % 32)
    return head + b"\0" * (-len(head) % 32) + data


SAMPLED: dict[str, Writer] = {  # their last token has no routing
    "vllm-http, chat": vllm_chat,
    "vllm-http, no ids": vllm_without_ids,
    "vllm-http, n = 2": vllm_twice,
    "vllm-http, lines": vllm_lines,
    "vllm-http, tokens": vllm_tokens,
    "vllm-http, stream": vllm_stream,
    "npy-ids, vLLM 0.18": vllm018,
    "vllm-http-0.21, last row": vllm021_last,
    "sglang-openai, choice": sglang_choice,
    "megatron-router-trace, ids": megatron_ids,
    "megatron-router-trace, ranks": megatron_ranks,
    "sglang-recorder-per_token, physical": recorder_eplb,
    "llamacpp-moe-trace-csv, headless": headless_csv,
    "llamacpp-moe-trace-bin, k first": swapped_binary,
    "verl-batch, pt": verl_pt,
    "verl-batch, no mask": verl_bare,
}
WHOLE: dict[str, Writer] = {
    "transformers-router-logits, dictionary": logits_named,
    "long-table, ids": long_ids,
    "long-table, shuffled": long_shuffled,
    "long-table, from 1": long_from_one,
    "npy-ids, Fortran": ids_fortran,
    "npy-ids, layers first": ids_layers_first,
    "npy-ids, flat": ids_flat,
    "pt-ids, named": ids_named,
    "moescope-trace": own_trace,
    "moescope-table-csv": own_csv,
}
DECODING: dict[str, Writer] = {"llamacpp-moe-trace-txt": decode_text}  # the rows of the prompt are not there
COUNTS: dict[str, Writer] = {
    "sglang-recorder-per_pass": recorder_per_pass,
    "expert-counts-json": counts_json,
    "expert-counts-json, steps": counts_steps,
    "expert-counts-pt, tensor": counts_tensor,
    "llamacpp-imatrix": imatrix,
}
