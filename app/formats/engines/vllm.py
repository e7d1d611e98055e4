"""vLLM's answers over HTTP: base64 of a .npy file (0.22 on), or nested lists (0.21).

Source: vllm/entrypoints/openai/protocol.py, vllm/outputs.py (0.32.0).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..bounds import no_routing
from ..containers.numpy_files import read_npy
from ..containers.opened import Opened
from ..hints import Hints
from ..stored import Array, Stored, tokens_of
from .base_values import decode_base64, nested

FIELD = "routed_experts"
FLAG = "start vLLM with --enable-return-routed-experts"


def matches(opened: Opened) -> bool:
    """Recognises answers with choices. Those of 0.21 and of other servers are recognised earlier."""
    return opened.container in ("json", "jsonl", "sse") and any(is_answer(one) for one in opened.records)


def is_answer(record: Any) -> bool:
    """Returns whether a record has choices in the form of the OpenAI interface."""
    choices = record.get("choices") if isinstance(record, dict) else None
    return isinstance(choices, list) and all(isinstance(one, dict) for one in choices)


def matches_021(opened: Opened) -> bool:
    """Recognises answers with `prompt_routed_experts` beside the choices, or nested lists in them."""
    return matches(opened) and any(
        "prompt_routed_experts" in one
        or any(isinstance(choice.get(FIELD), list) for choice in one["choices"])
        for one in opened.records
        if is_answer(one)
    )


def read(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads every choice of every answer. Raises CaptureError `no-routing` if none has routing."""
    records = [whole_answer(opened.records)] if opened.container == "sse" else opened.records
    stored = [
        of_choice(opened, record, choice)
        for record in records
        if is_answer(record)
        for choice in record["choices"]
        if isinstance(choice.get(FIELD), str)
    ]
    if not stored:
        raise no_routing(
            f"{opened.name}: choices[0].{FIELD}", "base64 of a .npy file", "null or nothing", FLAG
        )
    return stored


def carries_rows(opened: Opened) -> bool:
    """Returns whether a choice of any record has rows as base64."""
    return any(
        isinstance(choice.get(FIELD), str)
        for record in opened.records
        if is_answer(record)
        for choice in record["choices"]
    )


def whole_answer(chunks: list[Any]) -> dict[str, Any]:
    """Returns the answer that a stream carries, with the tokens and text of each choice joined."""
    choices: dict[Any, dict[str, Any]] = {}
    answer: dict[str, Any] = {}
    for chunk in chunks:
        if not is_answer(chunk):
            continue
        answer.update((name, held) for name, held in chunk.items() if held is not None)
        for part in chunk["choices"]:
            whole = choices.setdefault(part.get("index", 0), {})
            delta = part.get("delta") or {}
            text = part.get("text", delta.get("content"))
            for name, held in (("token_ids", part.get("token_ids")), ("text", text)):
                if held:
                    whole[name] = whole.get(name, type(held)()) + held
            for name in (FIELD, "prompt_token_ids"):
                if part.get(name):
                    whole[name] = part[name]
    return {**answer, "choices": list(choices.values())}


def of_choice(opened: Opened, record: dict[str, Any], choice: dict[str, Any]) -> Stored:
    """Reads one choice. Its rows are all tokens but the last, from `routed_experts_prompt_start` on."""
    ids = decode_npy(f"{opened.name}: {FIELD}", choice[FIELD], opened)
    stored = answer(record, choice)
    stored.ids, stored.small_type = ids, ids.dtype == np.uint8
    stored.span, stored.late_start = "all", True
    if stored.total is None and stored.prompt is None and stored.tokens:
        stored.prompt = max(
            len(ids) + 1 - len(stored.tokens), 0
        )  # tokens in, tokens out: the rest is the prompt
    return stored


def decode_npy(where: str, text: str, opened: Opened) -> Array:
    """Returns the array [rows, layers, k] from base64 of a .npy file."""
    array = read_npy(where, decode_base64(where, text), opened.files.bounds)
    if array.ndim != 3 or array.dtype.kind not in "iu":
        raise no_routing(where, "whole numbers [rows, layers, k]", f"{array.dtype} {array.shape}", FLAG)
    return array


def answer(record: dict[str, Any], choice: dict[str, Any]) -> Stored:
    """Returns tokens, counts and text of an answer of the OpenAI interface, without its routing."""
    usage = record.get("usage") or {}
    prompt_ids = choice.get("prompt_token_ids") or record.get("prompt_token_ids")
    ids = choice.get("token_ids") or choice.get("generation_token_ids")
    prompt = len(prompt_ids) if prompt_ids else usage.get("prompt_tokens")
    written = len(ids) if ids else usage.get("completion_tokens")
    if len(record.get("choices") or ()) > 1 and not ids:
        written = None  # the usage covers all choices together
    total = prompt + written if isinstance(prompt, int) and isinstance(written, int) else None
    message = choice.get("message") or {}
    text = choice.get("text") if choice.get("text") is not None else message.get("content")
    return Stored(
        engine="vllm",
        tokens=tokens_of([*prompt_ids, *ids]) if prompt_ids and ids else tokens_of(ids or ()) or None,
        total=total,
        prompt=prompt if isinstance(prompt, int) else None,
        sampled_last=True,
        text=text if isinstance(text, str) else None,
        model=record.get("model") if isinstance(record.get("model"), str) else None,
    )


def read_021(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads answers of 0.21: prompt rows beside the choices, generated rows in each; -1: cached."""
    stored = []
    for record in opened.records:
        if not is_answer(record):
            continue
        prompt = record.get("prompt_routed_experts")
        for choice in record["choices"]:
            rows = choice.get(FIELD)
            if prompt is not None or rows is not None:
                stored.append(of_choice_021(opened, record, choice, prompt, rows))
    if not stored:
        raise no_routing(f"{opened.name}: {FIELD}", "nested lists", "null or nothing", FLAG)
    return stored


def of_choice_021(
    opened: Opened, record: dict[str, Any], choice: dict[str, Any], prompt: Any, rows: Any
) -> Stored:
    """Reads one choice: the prompt's rows, then its own, the last of which may be -1."""
    parts = [
        nested(f"{opened.name}: {name}", part) for name, part in (("prompt", prompt), (FIELD, rows)) if part
    ]
    stored = answer(record, choice)
    stored.ids = np.concatenate(parts)
    if stored.total is not None and len(stored.ids) == stored.total:
        stored.sampled_last = False
    return stored
