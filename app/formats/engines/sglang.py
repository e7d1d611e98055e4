"""SGLang's answers: base64 of raw int32 numbers, without a shape.

Source: sglang/srt/managers/detokenizer_manager.py, sglang/srt/entrypoints/openai/protocol.py (0.5.23).
"""

from __future__ import annotations

from typing import Any

from ..bounds import no_routing, truncated
from ..containers.opened import Opened
from ..hints import Hints
from ..stored import Stored, tokens_of
from .base_values import raw_rows
from .vllm import answer, carries_rows, is_answer

FIELD = "routed_experts"
FLAG = "start SGLang with --enable-return-routed-experts and send return_routed_experts: true"


def matches_generate(opened: Opened) -> bool:
    """Recognises answers of /generate, one or a batch."""
    return opened.container in ("json", "jsonl") and any(
        isinstance(one, dict) and isinstance(one.get("meta_info"), dict) for one in opened.records
    )


def read_generate(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads each answer: all tokens but the last, from `routed_experts_start_len` on."""
    answers = [
        one for one in opened.records if isinstance(one, dict) and isinstance(one.get("meta_info"), dict)
    ]
    stored = [of_generate(opened, one, hints) for one in answers if one["meta_info"].get(FIELD)]
    if not stored:
        raise no_routing(f"{opened.name}: meta_info.{FIELD}", "base64", "null or nothing", FLAG)
    return stored


def of_generate(opened: Opened, record: dict[str, Any], hints: Hints) -> Stored:
    """Reads one answer of /generate."""
    meta = record["meta_info"]
    ids = record.get("output_ids") or []
    prompt, written = meta.get("prompt_tokens"), meta.get("completion_tokens", len(ids) or None)
    total = prompt + written if isinstance(prompt, int) and isinstance(written, int) else None
    stored = Stored(
        "sglang",
        tokens=tokens_of(ids) or None,
        total=total,
        prompt=prompt if isinstance(prompt, int) else None,
        text=record.get("text") if isinstance(record.get("text"), str) else None,
    )
    return with_rows(stored, f"{opened.name}: meta_info.{FIELD}", meta[FIELD], hints)


def with_rows(stored: Stored, where: str, text: Any, hints: Hints) -> Stored:
    """Adds the rows of an answer, of all layers."""
    if not isinstance(text, str):
        raise no_routing(where, "base64 of int32 numbers", type(text).__name__, FLAG)
    stored.ids = raw_rows(where, text, hints, None if stored.total is None else stored.total - 1)
    stored.sampled_last, stored.late_start, stored.span = True, True, "all"
    return stored


def extension(record: dict[str, Any]) -> Any:
    """Returns the routing outside the choices of an answer, or, as the documentation says, inside one."""
    for holder in (record, *(one for one in record.get("choices") or () if isinstance(one, dict))):
        for name in ("sglext", "sgl_ext"):
            held = holder.get(name)
            if isinstance(held, dict) and held.get(FIELD) is not None:
                return held[FIELD]
    return None


def matches_openai(opened: Opened) -> bool:
    """Recognises answers of the OpenAI interface with SGLang's extension."""
    return opened.container in ("json", "jsonl") and any(
        is_answer(one) and (extension(one) is not None or "sglext" in one) for one in opened.records
    )


def read_openai(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads the first choice of each answer. The other choices carry no routing."""
    result = []
    for record in opened.records:
        if is_answer(record) and extension(record) is not None:
            stored = answer(record, record["choices"][0] if record["choices"] else {})
            stored.engine = "sglang"
            result.append(with_rows(stored, f"{opened.name}: sglext.{FIELD}", extension(record), hints))
    if not result:
        raise no_routing(f"{opened.name}: sglext.{FIELD}", "base64", "null or nothing", FLAG)
    return result


def matches_stream(opened: Opened) -> bool:
    """Recognises a stream saved by curl, except one of vLLM, which has the routing in its choices."""
    return (
        opened.container == "sse"
        and not carries_rows(opened)
        and any(
            isinstance(one, dict) and (extension(one) is not None or "choices" in one)
            for one in opened.records
        )
    )


def read_stream(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads the chunk that has the routing; the texts of all chunks are joined."""
    chunks = [one for one in opened.records if isinstance(one, dict)]
    carried = [extension(one) for one in chunks if extension(one) is not None]
    if not carried and not opened.metadata.get("ended"):
        raise truncated(opened.name, "chunks up to [DONE]", "the end of the file before any routing")
    if not carried:
        raise no_routing(f"{opened.name}: sglext.{FIELD}", "base64 in a chunk", "none", FLAG)
    usage = next((one["usage"] for one in reversed(chunks) if isinstance(one.get("usage"), dict)), None)
    stored = answer({"usage": usage, "model": chunks[0].get("model")}, {})
    stored.engine = "sglang"
    stored.text = "".join(piece for chunk in chunks for piece in pieces(chunk)) or None
    return [with_rows(stored, f"{opened.name}: sglext.{FIELD}", carried[-1], hints)]


def pieces(chunk: dict[str, Any]) -> list[str]:
    """Returns the texts of one chunk."""
    deltas = [one.get("delta") or one for one in chunk.get("choices") or () if isinstance(one, dict)]
    texts = [one.get("content", one.get("text")) for one in deltas if isinstance(one, dict)]
    return [one for one in texts if isinstance(one, str)]
