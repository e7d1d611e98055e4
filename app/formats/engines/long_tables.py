"""Long tables: one line per choice (CSV of any dialect, TSV, Parquet), or one per token and layer."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from ...trace import Token
from ..bounds import no_routing, truncated
from ..containers.opened import Opened
from ..containers.tables import Table, matrix_of
from ..hints import Hints
from ..model_facts import ModelFacts
from ..stored import Stored, tokens_at
from ..texts import joined
from .cells import Choices, from_lists

TOKEN = ("token", "token_idx", "token_index", "token_pos", "tok", "position", "pos", "t")
LAYER = ("layer", "layer_id", "layer_idx", "layer_index", "l")
EXPERT = ("expert", "expert_id", "expert_idx", "expert_index", "e")
EXPERTS = ("experts", "expert_ids", "topk_ids", "selected_experts")
RANK = ("rank", "place", "slot", "choice", "topk_rank", "k", "k_idx")
WEIGHT = ("weight", "gate_weight", "prob", "probability", "gate", "w", "score")
WEIGHTS = ("weights", "topk_weights", "probs", "gate_weights")
TEXT = ("text", "token_text", "token_str", "piece", "string")
TOKEN_ID = ("token_id", "input_id", "vocab_id")
FAR = 5  # if no expert 0 occurs among FAR x N choices, experts count from 1
COMMENT = re.compile(r"routing trace v1", re.IGNORECASE)


def table_of(opened: Opened) -> Table | None:
    """Returns the table of a file; None if it is not one."""
    return opened.value if opened.container in ("table", "parquet") else None


def matches(opened: Opened) -> bool:
    """Recognises columns of token, layer and expert."""
    table = table_of(opened)
    return table is not None and all(table.name_of(*names) for names in (TOKEN, LAYER, EXPERT))


def matches_parquet(opened: Opened) -> bool:
    """Recognises the same in Parquet."""
    return opened.container == "parquet" and matches(opened)


def matches_rows(opened: Opened) -> bool:
    """Recognises columns of token, layer and a list of experts."""
    table = table_of(opened)
    return table is not None and all(table.name_of(*names) for names in (TOKEN, LAYER, EXPERTS))


def matches_parquet_rows(opened: Opened) -> bool:
    """Recognises the same in Parquet."""
    return opened.container == "parquet" and matches_rows(opened)


def matches_routing_text(opened: Opened) -> bool:
    """Recognises `token layer ids` under a comment that names the format."""
    table = table_of(opened)
    return table is not None and any(COMMENT.search(line) for line in table.comments[:8])


def choices_of(opened: Opened, table: Table, hints: Hints) -> Choices:
    """Returns the lines of a long table, with all numbers counted from 0."""
    names = {part: table.name_of(*options) for part, options in PARTS.items()}
    token, layer, expert = (table.integers(str(names[part])) for part in ("token", "layer", "expert"))
    rank = table.integers(names["rank"]) if names["rank"] else None
    weight = table.numbers(names["weight"]) if names["weight"] else None
    if not len(token):
        raise no_routing(opened.name, "one line a choice", "a header alone", "check what wrote the file")
    if counts_from_one(token, layer, rank, hints.facts):
        token, layer = token - 1, layer - 1
        rank = None if rank is None else rank - 1
        expert = expert - one_based_experts(expert, hints)
    elif rank is not None and rank.min() == 1:
        rank = rank - 1
    return Choices(token, layer, expert, rank, weight)


PARTS = {"token": TOKEN, "layer": LAYER, "expert": EXPERT, "rank": RANK, "weight": WEIGHT}
Whole = NDArray[np.int64]


def counts_from_one(token: Whole, layer: Whole, rank: Whole | None, facts: ModelFacts | None) -> bool:
    """Returns whether tokens and layers count from 1. A layer 1 alone may follow a dense layer 0."""
    if token.min() != 1 or layer.min() < 1 or (rank is not None and rank.min() != 1):
        return False
    if facts is None:
        return bool(layer.min() == 1 or rank is not None)
    numbers = set(np.unique(layer).tolist())
    return not numbers <= set(facts.moe_layers) or {one - 1 for one in numbers} <= set(facts.moe_layers)


def one_based_experts(expert: Whole, hints: Hints) -> int:
    """Returns 1 if tokens, layers and experts all count from 1, else 0."""
    if expert.min() < 1:
        return 0
    experts = hints.facts.id_limit if hints.facts else hints.any_experts
    if experts is None or expert.max() <= experts:
        return 1
    return int(len(expert) >= FAR * experts)  # some ids are wrong


def read(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads one line per choice; without ranks the largest weight comes first."""
    table = opened.value
    choices = choices_of(opened, table, hints)
    stored = choices.stored("table")
    check_end(opened, table, stored)
    add_texts(stored, table, choices.token)
    return [stored]


def check_end(opened: Opened, table: Table, stored: Stored) -> None:
    """Raises CaptureError `truncated` if the last line has no end and choices are missing."""
    assert stored.ids is not None
    if not table.whole and (stored.ids < 0).any():
        raise truncated(
            opened.name, "as many choices for each token and layer", "fewer at the end of the file"
        )


def add_texts(stored: Stored, table: Table, token: Whole) -> None:
    """Adds texts and vocabulary ids of tokens, if the table has such columns."""
    text, identity = table.name_of(*TEXT), table.name_of(*TOKEN_ID)
    if text is None and identity is None:
        return
    numbers, firsts = np.unique(token, return_index=True)
    texts = table.texts(text) if text else None
    ids = table.integers(identity) if identity and not table.columns[identity].null_count else None
    known = {
        int(number): Token(
            unescaped(texts[at]) if texts else "", id=int(ids[at]) if ids is not None else None
        )
        for number, at in zip(numbers.tolist(), firsts.tolist(), strict=True)
    }
    stored.tokens = tokens_at(known)
    stored.text = joined(one.text for one in stored.tokens) if texts and stored.tokens else None


def unescaped(text: str) -> str:
    """Returns a text without the apostrophe that protects it in a spreadsheet."""
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in "=+-@\t\r" else text


def read_rows(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads one line per token and layer with a list of experts."""
    table = opened.value
    token_name, layer_name, list_name = (str(table.name_of(*names)) for names in (TOKEN, LAYER, EXPERTS))
    token, layer, lists = table.integers(token_name), table.integers(layer_name), table.lists(list_name)
    weights_name = table.name_of(*WEIGHTS)
    weights = table.lists(weights_name, float) if weights_name else None
    stored = from_lists("table", token, layer, lists, weights)
    check_end(opened, table, stored)
    add_texts(stored, table, token)
    return [stored]


def read_routing_text(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads `token layer ids ..`. Ids may be sorted; their rank is then lost."""
    matrix = matrix_of(opened.name, opened.value)
    if matrix.shape[1] < 3:
        raise truncated(opened.name, "token, layer and ids in each line", f"{matrix.shape[1]} columns")
    lists = matrix[:, 2:].tolist()
    stored = from_lists("arcint", matrix[:, 0], matrix[:, 1], lists)
    if matrix.shape[1] > 3 and (np.diff(matrix[:, 2:], axis=1) > 0).all():
        stored.notes.append("ids are in ascending order, so which expert came first is not known")
    return [stored]
