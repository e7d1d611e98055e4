"""The page of one expert as JSON: tokens, contexts, domains, partners, flows, load, a summary."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...metrics.specialisation import bucket_name, position_buckets
from ...metrics.token_preference import preference, preferred
from ...trace import Counts
from ..dataset.queries import Atlas
from .sentence import Finding, finding, sentence, strongest

MOST_TOKENS = 20
MOST_CONTEXTS = 12
MOST_PARTNERS = 8
AROUND = 12  # tokens of context before and after the token
OF_TOKEN = 2  # limit on contexts per token id: the largest weights often belong to one word
SLICES = 12  # parts of the corpus for the load over time
LABELS = ("domain", "language")


def expert_page(atlas: Atlas, layer: int, expert: int) -> dict[str, Any]:
    """Returns the page of an expert. Layer and expert count from 0. Raises ValueError for unknown ones."""
    check(atlas, layer, expert)
    loads, mass = atlas.load
    counts = atlas.top_tokens(layer, expert)
    found = findings(atlas, layer, expert, counts)
    best = strongest(found)
    assigned = int(loads[layer, expert])
    return {
        "layer": layer,
        "expert": expert,
        "tokens": assigned,
        "of": atlas.tokens,
        "documents": int(np.count_nonzero(atlas.by_document(layer, expert))),
        "sentence": {"text": sentence(best, assigned), "finding": None if best is None else best.to_json()},
        "findings": [each.to_json() for each in found if each.kind != "token"],
        "top_tokens": top_tokens(atlas, layer, expert, counts),
        "contexts": contexts(atlas, layer, expert) if atlas.has_weights else [],
        "partners": partners(atlas, layer, expert),
        "flows": {
            "from": flows(atlas, layer - 1, expert, ahead=False),
            "to": flows(atlas, layer, expert, ahead=True),
        },
        "load": load_of(atlas, layer, expert, mass),
    }


def check(atlas: Atlas, layer: int, expert: int) -> None:
    """Raises ValueError for a layer or expert that does not exist."""
    for name, value, size in (("layer", layer, atlas.shape.layers), ("expert", expert, atlas.shape.experts)):
        if not 0 <= value < size:
            raise ValueError(f"{name}: expected 0 to {size - 1}, got {value}")


def top_tokens(atlas: Atlas, layer: int, expert: int, counts: Counts) -> dict[str, Any]:
    """Returns the most frequent tokens of the expert, and those that it prefers."""
    texts, occurs, assigned = atlas.token_texts, atlas.occurrences, atlas.load[0][layer, expert]

    def row(id: int) -> dict[str, Any]:
        return {
            "id": id,
            "text": texts.get(id, f"[{id}]"),
            "count": int(counts[id]),
            "occurs": int(occurs[id]),
            "share_of_expert": float(counts[id] / max(assigned, 1)),
            "share_of_token": float(counts[id] / max(occurs[id], 1)),
        }

    frequent = [id for id in np.argsort(-counts, kind="stable")[:MOST_TOKENS].tolist() if counts[id]]
    score = preference(counts[None], occurs, np.array([assigned]), atlas.tokens)
    (liked,) = preferred(score, MOST_TOKENS)
    return {"frequent": [row(id) for id in frequent], "preferred": [row(id) for id in liked]}


def contexts(atlas: Atlas, layer: int, expert: int) -> list[dict[str, Any]]:
    """Returns the tokens of largest weight with their context, at most `OF_TOKEN` per token id."""
    return [in_context(atlas, row) for row in atlas.sharpest(layer, expert, MOST_CONTEXTS, OF_TOKEN)]


def in_context(atlas: Atlas, row: dict[str, Any]) -> dict[str, Any]:
    """Returns one token with the text before and after it."""
    ids, at, texts = atlas.document_ids(row["doc"]), row["position"], atlas.token_texts

    def text(part: list[int]) -> str:
        return "".join(texts.get(id, f"[{id}]") for id in part)

    return {
        "doc": row["doc"],
        "position": at,
        "weight": row["w"],
        "margin": row["margin"],
        "before": text(ids[max(0, at - AROUND) : at]),
        "token": text(ids[at : at + 1]),
        "after": text(ids[at + 1 : at + 1 + AROUND]),
        **{name: atlas.label_of(row["doc"], name) for name in LABELS},
    }


def partners(atlas: Atlas, layer: int, expert: int) -> list[dict[str, Any]]:
    """Returns the experts most often chosen together with it, and the expectation for independent choices."""
    pairs, loads = atlas.coactivation(layer)[expert], atlas.load[0][layer]
    own = max(int(loads[expert]), 1)
    return [
        {
            "expert": other,
            "count": int(pairs[other]),
            "share": float(pairs[other] / own),
            "lift": float(pairs[other] * atlas.tokens / (own * max(int(loads[other]), 1))),
        }
        for other in np.argsort(-pairs, kind="stable")[:MOST_PARTNERS].tolist()
        if pairs[other]
    ]


def flows(atlas: Atlas, layer: int, expert: int, ahead: bool) -> list[dict[str, Any]]:
    """Returns the strongest flows to the next layer, or from the previous one; empty at the ends."""
    if not 0 <= layer < atlas.shape.layers - 1:
        return []
    counts = atlas.transitions(layer)
    row = counts[expert] if ahead else counts[:, expert]
    own = max(int(atlas.load[0][layer if ahead else layer + 1, expert]), 1)
    others = atlas.load[0][layer + 1 if ahead else layer]
    return [
        {
            "layer": layer + 1 if ahead else layer,
            "expert": other,
            "count": int(row[other]),
            "share": float(row[other] / own),
            "lift": float(row[other] * atlas.tokens / (own * max(int(others[other]), 1))),
        }
        for other in np.argsort(-row, kind="stable")[:MOST_PARTNERS].tolist()
        if row[other]
    ]


def load_of(atlas: Atlas, layer: int, expert: int, mass: Any) -> dict[str, Any]:
    """Returns its load in its layer, and in slices of the corpus in order."""
    loads = atlas.load[0][layer]
    total = max(int(loads.sum()), 1)
    by_part = atlas.load_by_part[:, layer]  # [P, N]
    slices = [part.sum(axis=0) for part in np.array_split(by_part, min(SLICES, len(by_part)))]
    return {
        "share": float(loads[expert] / total),
        "even_share": 1 / len(loads),
        "rank": int((loads > loads[expert]).sum()) + 1,
        "mass_share": float(mass[layer, expert] / mass[layer].sum()) if mass[layer].sum() else None,
        "layer_loads": loads.tolist(),
        "over_corpus": [float(part[expert] / max(int(part.sum()), 1)) for part in slices],
    }


def findings(atlas: Atlas, layer: int, expert: int, counts: Counts) -> list[Finding]:
    """Tests every property that the sentence may name: labels, classes, positions, token ids."""
    tokens = atlas.by_document(layer, expert)
    docs, classes, ids, positions = atlas.served(layer, expert)
    total, size = atlas.tokens, len(tokens)
    tested: list[tuple[str, str, Counts, float]] = []
    for label in LABELS:
        values = atlas.documents[label].astype(str)
        for value, amount in atlas.tokens_by_label(label).items():
            if value and amount < total:
                tested.append((label, value, np.where(values == value, tokens, 0), amount / total))
    for name, amount in atlas.class_tokens.items():
        tested.append(("class", name, np.bincount(docs[classes == name], minlength=size), amount / total))
    for id in np.argsort(-counts, kind="stable")[:5].tolist():
        having = np.bincount(docs[ids == id], minlength=size)
        tested.append(("token", atlas.token_texts.get(id, ""), having, atlas.occurrences[id] / total))
    buckets = position_buckets(positions)
    for bucket, amount in enumerate(atlas.bucket_tokens.tolist()):
        having = np.bincount(docs[buckets == bucket], minlength=size)
        tested.append(("position", bucket_name(bucket), having, amount / total))
    compared = len(tested) + int(
        np.count_nonzero(atlas.occurrences)
    )  # the first tokens were selected from all ids
    return [finding(*each[:2], each[2], tokens, float(each[3]), compared) for each in tested]
