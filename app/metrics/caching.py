"""Expert caches: hits and traffic of a memory that holds only some experts of each layer.

One layer is simulated at a time. A token requests its experts in order of choice. A request for an expert
that is not in the cache is a miss and moves that expert's bytes. Each cache starts empty and may bypass an
expert after a miss, so no policy without prefetch exceeds the hit rate of `belady`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np

from ..trace import Doubles, Ints
from .counts import expert_counts
from .metric import Metric
from .transitions import predicted, transition_counts

CACHE = Metric(
    "hit_rate",
    "requests for an expert that the layer's cache holds over all requests; policies: lru, lfu, pinned, "
    "prefetch (lru and one layer ahead), belady (the best possible without prefetch)",
    'Belady 1966, "A study of replacement algorithms for a virtual-storage computer"; for experts: '
    "arXiv 2505.16056",
)
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Run:
    """The result of one layer's cache."""

    requests: int
    hits: int
    loads: int  # experts moved into the cache or past it, prefetched ones included

    @property
    def hit_rate(self) -> float:
        """Returns hits over requests; 1 without requests."""
        return self.hits / self.requests if self.requests else 1.0


Policy = Callable[[Ints, int, int], Run]  # experts [T, K] of a layer, N, places in the cache


def requests_of(experts: Ints) -> list[int]:
    """Returns the requests of a layer in order: [T, K] -> one list, without empty choices."""
    flat = experts.reshape(-1)
    found: list[int] = flat[flat >= 0].tolist()
    return found


def lru(experts: Ints, n: int, places: int) -> Run:
    """Evicts the least recently requested expert."""
    held: OrderedDict[int, None] = OrderedDict()
    asked = requests_of(experts)
    hits = sum(touch(held, expert, places) for expert in asked)
    return Run(len(asked), hits, len(asked) - hits)


def touch(held: OrderedDict[int, None], expert: int, places: int) -> bool:
    """Requests an expert from an LRU cache and inserts it; returns whether it was a hit."""
    if expert in held:
        held.move_to_end(expert)
        return True
    held[expert] = None
    if len(held) > places:
        held.popitem(last=False)
    return False


def lfu(experts: Ints, n: int, places: int) -> Run:
    """Evicts the least frequently requested expert; of equals, the least recently requested one."""
    uses, last = [0] * n, [-1] * n
    held: set[int] = set()
    asked = requests_of(experts)
    hits = 0
    for time, expert in enumerate(asked):
        uses[expert] += 1
        last[expert] = time
        if expert in held:
            hits += 1
            continue
        if len(held) >= places:
            held.remove(min(held, key=lambda each: (uses[each], last[each])))
        held.add(expert)
    return Run(len(asked), hits, len(asked) - hits)


def pinned(experts: Ints, n: int, places: int) -> Run:
    """Keeps the busiest experts of this trace after their first load; others bypass the cache."""
    kept = set(np.argsort(-expert_counts(experts, n), kind="stable")[:places].tolist())
    held: set[int] = set()
    asked = requests_of(experts)
    hits = 0
    for expert in asked:
        hits += expert in held
        if expert in kept:
            held.add(expert)
    return Run(len(asked), hits, len(asked) - hits)


def belady(experts: Ints, n: int, places: int) -> Run:
    """Evicts the expert whose next request is farthest away, possibly the new one."""
    asked = requests_of(experts)
    ahead = next_requests(asked, n)
    held: dict[int, int] = {}  # expert -> its next request
    farthest: list[tuple[int, int]] = []  # heap of (-next request, expert), with outdated entries
    hits = 0
    for expert, following in zip(asked, ahead, strict=True):
        hits += expert in held
        held[expert] = following
        heappush(farthest, (-following, expert))
        while len(held) > places:
            time, worst = heappop(farthest)
            if held.get(worst) == -time:
                del held[worst]
    return Run(len(asked), hits, len(asked) - hits)


def next_requests(asked: list[int], n: int) -> list[int]:
    """Returns the time of the next request for the same expert; the end of the trace if there is none."""
    following = [len(asked) + expert for expert in range(n)]
    ahead = [0] * len(asked)
    for time in range(len(asked) - 1, -1, -1):
        ahead[time] = following[asked[time]]
        following[asked[time]] = time
    return ahead


def prefetch(experts: Ints, n: int, places: int, guesses: Ints) -> Run:
    """LRU that loads the guessed experts of a token before its requests: guesses [T, m].

    A guess in the cache moves nothing and counts as no request. A wrong one may evict an expert.
    """
    held: OrderedDict[int, None] = OrderedDict()
    requests = hits = loads = 0
    for chosen, guessed in zip(experts.tolist(), guesses.tolist(), strict=True):
        loads += sum(not touch(held, expert, places) for expert in guessed[:places])
        for expert in chosen:
            if expert >= 0:
                there = touch(held, expert, places)
                requests, hits, loads = requests + 1, hits + there, loads + (not there)
    return Run(requests, hits, loads)


def guesses_ahead(here: Ints, ahead: Ints, n: int, k: int) -> Ints:
    """Returns the experts that the layer below predicts for each token: [T, K], [T, K'] -> [T, k].

    The transitions are fitted on the first half of the tokens and used on all of them.
    """
    half = max(1, len(here) // 2)
    rates: Doubles = transition_counts(here[:half], ahead[:half], n) / np.maximum(
        expert_counts(here[:half], n)[:, None], 1
    )
    return predicted(here, rates, k)


POLICIES: dict[str, Policy] = {"lru": lru, "lfu": lfu, "pinned": pinned, "belady": belady}


def simulate(experts: Ints, n: int, places: int) -> Iterator[dict[str, Run]]:
    """Runs every policy on every layer: [T, L, K] -> L times name -> run. Layer 0 cannot prefetch."""
    width = experts.shape[-1]
    for layer in range(experts.shape[1]):
        rows = experts[:, layer]
        runs = {name: policy(rows, n, places) for name, policy in POLICIES.items()}
        if layer:
            guesses = guesses_ahead(experts[:, layer - 1], rows, n, width)
            runs["prefetch"] = prefetch(rows, n, places, guesses)
        yield runs
