"""Moescope's own files: traces, and the tables that the page saves (docs/FILES.md)."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ...trace import FORMAT, Token
from ..bounds import no_routing
from ..containers.opened import Opened
from ..hints import Hints
from ..stored import Stored, tokens_at
from ..texts import joined
from .cells import from_lists
from .long_tables import add_texts

TABLE = {"token", "layer", "experts", "weights", "dropped"}
ANY_SUM = (0.0, float("inf"))
NORMALISED = ("topk_norm", "softmax_after", "gshard", "st_moe")


def matches_trace(opened: Opened) -> bool:
    """Recognises the format named in the metadata."""
    return opened.container == "safetensors" and str(opened.metadata.get("format", "")).startswith(
        "moescope."
    )


def read_trace(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads a trace. Raises CaptureError if its metadata is from a later version."""
    if opened.metadata["format"] != FORMAT:
        advice = "open it with the Moescope that wrote it"
        raise no_routing(f"{opened.name}: format", FORMAT, opened.metadata["format"][:40], advice)
    tensors = opened.value
    try:
        tokens = [Token(**one) for one in json.loads(opened.metadata["tokens"])]
        model = json.loads(opened.metadata["model"])
        origin = json.loads(opened.metadata["origin"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        advice = "save the trace again"
        raise no_routing(f"{opened.name}: metadata", "tokens, model and origin", "others", advice) from error
    ids = tensors["experts"]
    stored = Stored("moescope", ids=ids, weights=tensors.get("weights"))
    stored.logits, stored.scores = tensors.get("logits"), tensors.get("scores")
    if origin.get("ids_only"):
        stored.weights = None
    stored.tokens, stored.total = tuple(tokens), len(tokens)
    stored.experts, stored.model = model.get("experts"), model.get("name")
    zeros = model.get("zero_experts")
    stored.zero_experts = zeros if isinstance(zeros, int) else 0
    numbers = origin.get("layers")
    if isinstance(numbers, list) and len(numbers) == ids.shape[1]:
        stored.layers = tuple(int(one) for one in numbers)
    stored.text = joined(token.text for token in tokens)
    stored.prompt = origin.get("prompt_tokens")
    router = model.get("router")
    if router not in NORMALISED:
        stored.rule = rule_of(hints) if router == "recorded" else ANY_SUM
    return [stored]


def rule_of(hints: Hints) -> tuple[float, float] | None:
    """Returns the sums of weights that are right in a file that names no router: any, but for a config."""
    return ANY_SUM if hints.facts is None or hints.facts.normalised is None else None


def matches_csv(opened: Opened) -> bool:
    """Recognises the columns of the page's CSV."""
    return opened.container == "table" and set(opened.value.columns) >= TABLE


def read_csv(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads the page's CSV; each of two stacks is one capture."""
    table = opened.value
    stacks = table.texts("stack") if "stack" in table.columns else ["a"] * table.rows
    token, layer = table.integers("token"), table.integers("layer")
    lists, weights = table.lists("experts"), table.lists("weights", float)
    result = []
    for stack in sorted(set(stacks)):
        rows = np.array([at for at, one in enumerate(stacks) if one == stack])
        stored = from_lists(
            "moescope", token[rows], layer[rows], [lists[at] for at in rows], [weights[at] for at in rows]
        )
        stored.rule = rule_of(hints)
        if stack == stacks[0]:
            add_texts(stored, table, token)
        result.append(stored)
    return result


def matches_json(opened: Opened) -> bool:
    """Recognises the page's JSON."""
    return (
        opened.container == "json"
        and isinstance(opened.value, dict)
        and (opened.value.get("format") == "moescope-table")
    )


def read_json(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads each stack of the page's JSON."""
    stacks = opened.value.get("stacks")
    if not isinstance(stacks, list) or not stacks:
        raise no_routing(f"{opened.name}: stacks", "a list of stacks", "none", "save the table again")
    return [of_stack(one, hints) for one in stacks]


def of_stack(stack: dict[str, Any], hints: Hints) -> Stored:
    """Reads one stack."""
    rows = stack["rows"]
    token = np.array([int(one["token"]) for one in rows], np.int64)
    layer = np.array([int(one["layer"]) for one in rows], np.int64)
    stored = from_lists(
        "moescope", token, layer, [one["experts"] for one in rows], [one["weights"] for one in rows]
    )
    texts = {int(one["token"]): str(one.get("text", "")) for one in rows}
    stored.tokens = tokens_at({at: Token(text) for at, text in texts.items()})
    stored.text = joined(one.text for one in stored.tokens or ())
    stored.experts = stack.get("model", {}).get("experts")
    stored.model = stack.get("model", {}).get("name")
    stored.rule = rule_of(hints)
    return stored
