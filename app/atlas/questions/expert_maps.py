"""Maps one metric over all experts: layers x experts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...metrics import balance
from ...metrics.specialisation import group_counts
from ...trace import Counts, Doubles
from ..dataset.queries import Atlas

DIGITS = 5  # significant digits in an answer
EXPERT_MAPS = {  # name -> definition, unit
    "load": ("share of the layer's assignments", "share"),
    "mass": ("share of the layer's gate mass", "share"),
    "mass_per_choice": ("mean combine weight when chosen", "weight"),
    "focus": ("divergence of its domains from the corpus' domains", "bits"),
    "top_domain_times": ("largest share of a domain among its tokens over that of the corpus", "times"),
    "top_tokens_share": ("share of its tokens that are one of its ten most frequent ids", "share"),
}


def listed(values: Any) -> Any:
    """Returns an array as lists of rounded numbers; non-finite ones become null."""
    found = np.asarray(values, np.float64).round(DIGITS)
    plain = found.astype(object)
    plain[~np.isfinite(found)] = None
    return plain.tolist()


def expert_map(atlas: Atlas, name: str) -> dict[str, Any]:
    """Returns one metric of every expert: values [L][N], its unit, and the number of tokens.

    Raises ValueError for a name that is not in `EXPERT_MAPS`.
    """
    if name not in EXPERT_MAPS:
        raise ValueError(f"metric: expected one of {', '.join(EXPERT_MAPS)}, got {name[:40]!r}")
    definition, unit = EXPERT_MAPS[name]
    values = listed(map_values(atlas, name))
    return {"name": name, "definition": definition, "unit": unit, "tokens": atlas.tokens, "values": values}


def map_values(atlas: Atlas, name: str) -> Doubles:
    """Returns the values of a map: [L, N]; NaN if unknown."""
    loads, mass = atlas.load
    unknown = np.full(loads.shape, np.nan)
    if name == "load":
        return balance.shares(loads)
    if name in ("mass", "mass_per_choice"):
        if not atlas.has_weights:
            return unknown
        over = np.maximum(mass.sum(axis=1, keepdims=True), 1e-12) if name == "mass" else np.maximum(loads, 1)
        result: Doubles = mass / over
        return result
    if name == "top_tokens_share":
        return top_token_shares(atlas)
    domains = domain_counts(atlas)
    if len(domains) < 2:
        return unknown
    return domain_values(np.stack(list(domains.values())), name)


def domain_values(counts: Counts, name: str) -> Doubles:
    """Returns focus or top_domain_times from assignments by domain: [G, L, N] -> [L, N]."""
    corpus = counts.sum(axis=2, keepdims=True) / np.maximum(counts.sum(axis=(0, 2), keepdims=True), 1)
    own = counts / np.maximum(counts.sum(axis=0), 1)
    times = own / np.maximum(corpus, 1e-12)
    if name == "top_domain_times":
        most: Doubles = times.max(axis=0)
        return most
    bits: Doubles = (own * np.log2(np.where(times > 0, times, 1))).sum(axis=0)
    return bits


TOP_TEN = """
select layer, expert, sum(n) n from (
  select layer, expert, n, row_number() over (partition by layer, expert order by n desc, token_id) place
  from (select layer, expert, token_id, count(*) n
        from (select layer, token_id, unnest(experts) expert from routing) group by all)
) where place <= 10 group by all
"""


def domain_counts(atlas: Atlas, label: str = "domain") -> dict[str, Counts]:
    """Returns the assignments per value of a label: value -> [L, N]; documents without it are left out."""

    def count() -> dict[str, Counts]:
        values = atlas.documents[label].astype(str)
        names = [name for name in np.unique(values).tolist() if name]
        numbers = np.searchsorted(names, values) if names else np.zeros(len(values), np.int64)
        groups = np.where(values == "", -1, numbers).astype(np.int32)
        totals = np.zeros((len(names), atlas.shape.layers, atlas.shape.experts), np.int64)
        for layer in range(atlas.shape.layers if names else 0):
            for rows in atlas.rows(layer):
                of = groups[np.searchsorted(atlas.documents["doc"], rows.doc)]
                totals[:, layer] += group_counts(rows.experts, of, len(names), atlas.shape.experts)
        return dict(zip(names, totals, strict=True))

    found: dict[str, Counts] = atlas.once(("domains", label), count)
    return found


def top_token_shares(atlas: Atlas) -> Doubles:
    """Returns the share of each expert's tokens that have one of its ten most frequent ids: [L, N]."""

    def count() -> Doubles:
        found = atlas.ask(TOP_TEN)
        loads = atlas.load[0]
        counts = np.zeros(loads.shape)
        counts[found["layer"], found["expert"]] = found["n"]
        result: Doubles = counts / np.maximum(loads, 1)
        return result

    shares: Doubles = atlas.once("top_ten", count)
    return shares
