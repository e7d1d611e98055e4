"""Compares a text routed now with the corpus: the share of equal tokens that went to the same experts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...trace import Ints
from ..dataset.queries import Atlas
from ..recording.routes import Routes

MOST_TOKENS = 512
CHARS_A_TOKEN = 20  # characters per token of the window; a longer text is refused without tokenising it
FEWEST = 5  # occurrences of an id in the corpus below which no share is given
KIND = """
select token_id, layer, expert, count(*) n
from (select token_id, layer, unnest(experts) expert from routing where token_id in (select unnest(?)))
group by all
"""


def against_corpus(atlas: Atlas, ids: Ints, experts: Ints) -> dict[str, Any]:
    """Returns for each token and layer the share of equal tokens that went to its experts.

    ids [T], experts [T, L, K]. The share of one choice is P(expert | token id) over the corpus. That of a
    token in a layer is the mean over its choices; null if the corpus has fewer than `FEWEST` tokens of the
    id. Raises ValueError if the shapes do not fit the model.
    """
    check(atlas, ids, experts)
    layers, n = atlas.shape.layers, atlas.shape.experts
    known, at = np.unique(ids, return_inverse=True)
    counts = np.zeros((len(known), layers, n))
    found = atlas.ask(KIND, known.tolist())
    counts[np.searchsorted(known, found["token_id"]), found["layer"], found["expert"]] = found["n"]
    inside = known < len(atlas.occurrences)
    occurs = np.where(inside, atlas.occurrences[np.where(inside, known, 0)], 0)
    rates = counts / np.maximum(occurs, 1)[:, None, None]  # [I, L, N]
    own = np.take_along_axis(rates[at], np.maximum(experts, 0), axis=2)  # [T, L, K]
    chosen = experts >= 0
    shares = np.where(chosen, own, 0).sum(axis=2) / np.maximum(chosen.sum(axis=2), 1)
    return {
        "tokens": [
            {
                "id": int(id),
                "occurs": int(occurs[kind]),
                "shares": [round(float(each), 4) for each in row] if occurs[kind] >= FEWEST else None,
                "mean": round(float(row.mean()), 4) if occurs[kind] >= FEWEST else None,
            }
            for id, kind, row in zip(ids, at, shares, strict=True)
        ],
        "even": atlas.shape.top_k / n,
        "corpus_tokens": atlas.tokens,
    }


def text_against_corpus(atlas: Atlas, routes: Routes, text: str) -> dict[str, Any]:
    """Routes a text and compares it: as `against_corpus`, with the text and experts of each token.

    Raises ValueError if the text has no token or exceeds the model's window.
    """
    most = min(MOST_TOKENS, routes.window)
    if len(text) > CHARS_A_TOKEN * most:
        raise ValueError(f"text: expected at most {CHARS_A_TOKEN * most} characters, got {len(text)}")
    ids = np.array(routes.encode(text), np.int32)
    if not 1 <= len(ids) <= most:
        raise ValueError(f"text: expected 1 to {most} tokens, got {len(ids)}")
    experts = routes.route(ids).experts
    found = against_corpus(atlas, ids, experts)
    for token, id, chosen in zip(found["tokens"], ids.tolist(), experts.tolist(), strict=True):
        token |= {"text": routes.text(id), "experts": chosen}
    return found


def check(atlas: Atlas, ids: Ints, experts: Ints) -> None:
    """Raises ValueError if a routing does not fit the atlas' model."""
    if not 1 <= len(ids) <= MOST_TOKENS:
        raise ValueError(f"ids: expected 1 to {MOST_TOKENS} tokens, got {len(ids)}")
    expected = (len(ids), atlas.shape.layers)
    if experts.ndim != 3 or experts.shape[:2] != expected:
        raise ValueError(f"experts: expected {expected} tokens and layers, got {experts.shape}")
    if experts.min(initial=-1) < -1 or experts.max(initial=-1) >= atlas.shape.experts:
        raise ValueError(f"experts: expected ids from -1 to {atlas.shape.experts - 1}")
    if ids.min(initial=0) < 0:
        raise ValueError("ids: expected numbers from 0")
