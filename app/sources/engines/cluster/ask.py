"""A prompt for an engine, and the header of the resulting trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ....problem import BadRequest, Problem
from ....request.schema import PROMPT_TOKENS
from ....trace import Floats, Token, TraceHeader
from .model_facts import ENGINES, ModelFacts


@dataclass(frozen=True)
class Ask:
    """A prompt, and the number of tokens to generate after it."""

    prompt: str
    more: int = 0
    temperature: float = 0.0
    seed: int = 0


def header_of(
    known: ModelFacts, ask: Ask, tokens: tuple[Token, ...], bias: Floats | None = None
) -> TraceHeader:
    """Returns the header of a trace. Raises BadRequest if the prompt is empty or too long."""
    if not 1 <= len(tokens) <= PROMPT_TOKENS:
        advice = "shorten the text" if tokens else "type something"
        expected = f"1 to {PROMPT_TOKENS} tokens"
        raise BadRequest(Problem("prompt", f"{len(tokens)} tokens", expected, advice))
    return TraceHeader(
        tokens=tokens,
        shape=known.shape,
        model={"name": known.engine, "router": known.router, "settings": dict(known.settings)},
        origin=origin_of(known, ask, len(tokens)),
        bias=bias,
    )


def origin_of(known: ModelFacts, ask: Ask, prompt_tokens: int) -> dict[str, Any]:
    """Returns the origin of the routing, and which of its figures are placeholders."""
    engine = ENGINES[known.kind]
    computed = f"Computed just now by {known.model} on {engine}"
    note = f"{computed}: scores, choices and weights are those of the engine."
    if not known.scores:
        note = f"{computed}, which gives the ids of the chosen experts alone: weights are drawn equal."
    origin: dict[str, Any] = {
        "source": "live",
        "badge": "LIVE" if known.scores else "IDS ONLY",
        "note": note,
        "engine": engine,
        "engine_version": known.version,
        "engine_model": known.model,
        "ids_only": not known.scores,
        "checkpoint": known.digest,
        "trained_top_k": known.shape.top_k,
        "trained_router": known.router,
    }
    if ask.more:
        origin |= {
            "prompt_tokens": prompt_tokens,
            "continue": ask.more,
            "temperature": ask.temperature,
            "sampling_seed": ask.seed,
        }
    return origin
