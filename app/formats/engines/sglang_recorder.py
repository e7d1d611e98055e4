"""Files of SGLang's expert distribution recorder: `stat`, `per_pass`, `per_token`.

Source: sglang/srt/eplb/expert_distribution.py (0.5.23). Ids and counts refer to physical experts. The file
holds the last map from physical to logical experts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bounds import no_routing
from ..containers.opened import Opened
from ..findings import CaptureError
from ..hints import Hints
from ..stored import Array, Stored, tokens_of

MAP = "last_physical_to_logical_map"
IDS = "topk_ids_of_layer"
COUNT = "global_physical_count"
EXTEND = 1  # forward_mode of a prompt; 2 is decoding


def value_of(opened: Opened) -> dict[str, Any]:
    """Returns the dictionary of a .pt file; empty if the file holds something else."""
    return opened.value if opened.container == "pt" and isinstance(opened.value, dict) else {}


def records_of(opened: Opened) -> list[dict[str, Any]]:
    """Returns the records of a file in order, one per forward pass."""
    records = value_of(opened).get("records")
    kept = [one for one in records if isinstance(one, dict)] if isinstance(records, list) else []
    primary = [one for one in kept if one.get("gatherer_key", "primary") == "primary"]
    return primary or kept


def matches_per_token(opened: Opened) -> bool:
    """Recognises records with ids."""
    return any(IDS in one for one in records_of(opened))


def matches_per_pass(opened: Opened) -> bool:
    """Recognises records with counts."""
    return "records" in value_of(opened)


def matches_stat(opened: Opened) -> bool:
    """Recognises counts with the number of the rank that wrote them."""
    value = value_of(opened)
    return "logical_count" in value and ("rank" in value or "average_utilization_rate_over_window" in value)


def physical_map(opened: Opened) -> NDArray[np.int64] | None:
    """Returns the map [layers, physical experts] to logical ones."""
    held = value_of(opened).get(MAP)
    if not isinstance(held, np.ndarray) or held.ndim != 2 or not held.size:
        return None
    fits = held.min() >= 0 and held.max() < held.shape[1]
    return np.asarray(held, np.int64) if fits else None


def read_stat(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads counts [steps, layers, logical experts]."""
    counts = np.asarray(value_of(opened)["logical_count"])
    if counts.ndim not in (2, 3):
        where = f"{opened.name}: logical_count"
        raise no_routing(where, "[steps, layers, experts]", f"{counts.shape}", "record again")
    counts = counts[None] if counts.ndim == 2 else counts
    return [Stored("sglang", counts=counts, span="all", experts=counts.shape[-1])]


def read_per_pass(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads the counts of each pass, mapped from physical to logical experts."""
    counted = [np.asarray(one[COUNT]) for one in records_of(opened) if COUNT in one]
    if not counted or any(one.ndim != 2 for one in counted):
        raise no_routing(
            f"{opened.name}: {COUNT}", "[layers, experts] in each record", "none", "record again"
        )
    counts = np.stack(counted)
    mapping = physical_map(opened)
    if mapping is not None and mapping.shape == counts.shape[1:]:
        logical = np.zeros((*counts.shape[:2], int(mapping.max()) + 1))
        for layer, targets in enumerate(mapping):
            np.add.at(logical[:, layer].T, targets, counts[:, layer].T)
        counts = logical
    return [Stored("sglang", counts=counts, span="all", experts=counts.shape[-1])]


@dataclass
class Request:
    """The rows of one request, collected over passes."""

    next: int = 0
    positions: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    rows: list[Array] = field(default_factory=list)  # [layers, K] each

    def add(self, position: int, token: int, row: Array) -> None:
        """Adds the row of one token."""
        self.positions.append(position)
        self.tokens.append(token)
        self.rows.append(row)
        self.next = position + 1


def read_per_token(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads the rows of each request. Requests have no names, so positions tell them apart."""
    requests: list[Request] = []
    records = [record for record in records_of(opened) if IDS in record]
    for record in without_unwritten(records, hints.any_k):
        take_pass(opened.name, record, requests)
    mapping = physical_map(opened)
    return [of_request(request, mapping) for request in requests if request.rows]


def without_unwritten(records: list[dict[str, Any]], k: int | None) -> list[dict[str, Any]]:
    """Returns the records with -1 in places that no router writes.

    The recorder has eight places for any k. Its buffer starts with zeros and is reset to -1 after each
    pass, so only the first pass has zeros there.
    """
    held = [np.asarray(record[IDS]) for record in records]
    filled = [ids for ids in held if ids.ndim == 3 and ids.size]
    if not filled or len({ids.shape[-1] for ids in filled}) > 1:
        return records
    unused = np.all([(ids == ids[:1, :1]).all(axis=(0, 1)) & (ids[0, 0] <= 0) for ids in filled], axis=0)
    never = np.any([(ids < 0).all(axis=(0, 1)) for ids in filled], axis=0)
    beyond = np.arange(len(unused)) >= (k or len(unused))
    empty = unused & (never | beyond)
    return [
        {**record, IDS: np.where(empty, -1, ids) if ids.ndim == 3 else ids}
        for record, ids in zip(records, held, strict=True)
    ]


def take_pass(name: str, record: dict[str, Any], requests: list[Request]) -> None:
    """Assigns each row of a pass to its request."""
    ids = np.asarray(record[IDS])
    if ids.ndim != 3:
        raise no_routing(f"{name}: {IDS}", "[layers, tokens, places]", f"{ids.shape}", "record again")
    tokens = [int(one) for one in record.get("input_ids", ())]
    positions = [int(one) for one in record.get("positions", range(ids.shape[1]))]
    lengths = [int(one) for one in record.get("extend_seq_lens") or ()]
    if not len(positions) == ids.shape[1] == len(tokens or positions):
        got = f"{ids.shape[1]} rows, {len(tokens)} input_ids, {len(positions)} positions"
        raise CaptureError("token-count", f"{name}: {IDS}", "a row for each token", got, "record again")
    used: set[int] = set()
    begins = set(np.cumsum([0, *lengths])[:-1].tolist()) if record.get("forward_mode") == EXTEND else None
    current: Request | None = None
    for at, position in enumerate(positions):
        if begins is None or at in begins or current is None or position != current.next:
            current = owner(requests, position, used)
            used.add(id(current))
        current.add(position, tokens[at] if tokens else -1, ids[:, at])


def owner(requests: list[Request], position: int, used: set[int]) -> Request:
    """Returns the request whose next position this is, else a new one."""
    if position:
        for request in requests:
            if request.next == position and id(request) not in used:
                return request
    requests.append(Request())
    return requests[-1]


def of_request(request: Request, mapping: NDArray[np.int64] | None) -> Stored:
    """Returns the rows of one request, with logical experts."""
    ids = np.stack(request.rows).astype(np.int64)
    stored = Stored("sglang", ids=ids, span="all", sampled_last=True)
    stored.positions = np.array(request.positions, np.int64)
    known = dict(zip(request.positions, request.tokens, strict=True))
    if min(request.tokens) >= 0 and len(known) == max(known) + 1:
        stored.tokens = tokens_of([known[at] for at in range(len(known))])
    if mapping is not None and mapping.shape[0] == ids.shape[1]:
        stored.ids, moved = translated(ids, mapping)
        stored.experts = int(mapping.max()) + 1
        if moved:
            stored.notes.append(
                "ids are of physical experts; they were translated by the last map, so what was recorded"
                " before a rebalance is wrong"
            )
    return stored


def unwritten(ids: NDArray[np.int64]) -> Array:
    """Returns a mask [R, S] of cells never written: expert 0 several times, or in every row of a layer."""
    nothing = (ids <= 0).all(axis=-1)
    return np.asarray((nothing & ((ids == 0).sum(axis=-1) > 1)) | nothing.all(axis=0))


def translated(ids: NDArray[np.int64], mapping: NDArray[np.int64]) -> tuple[NDArray[np.int64], bool]:
    """Returns logical ids [R, S, K], and whether any differs from its physical id. Unknown ids are kept."""
    known = (ids >= 0) & (ids < mapping.shape[1]) & ~unwritten(ids)[..., None]
    layer = np.arange(ids.shape[1])[None, :, None]
    logical = np.where(known, mapping[layer, np.where(known, ids, 0)], ids)
    beyond = (ids >= mapping.shape[1]) & (ids >= 0)
    logical = np.where(beyond, int(mapping.max()) + 1 + ids - mapping.shape[1], logical)
    identity = np.array_equal(mapping, np.broadcast_to(np.arange(mapping.shape[1]), mapping.shape))
    return logical, not identity
