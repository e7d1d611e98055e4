"""Runs a prompt step by step: the routing of its tokens, and of generated tokens."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np

from ...request.schema import PROMPT_TOKENS
from ...routing import Router
from ...trace import Floats, Ints, Step, Token
from .attention import KeyValueCache
from .forward import Forward, Routing

GROWTH = {False: 128, True: 16}  # streamed or not -> growth factor from chunk to chunk


@dataclass(frozen=True)
class Written:
    """A generated token and its routing."""

    id: int
    step: Step


def check_prompt(tokens: tuple[Token, ...]) -> Ints:
    """Returns the ids of a prompt [T]. Raises ValueError if it is empty or too long."""
    if not 1 <= len(tokens) <= PROMPT_TOKENS:
        raise ValueError(f"prompt: expected 1 to {PROMPT_TOKENS} tokens, got {len(tokens)}")
    return np.array([token.id for token in tokens], np.int32)


def chunks(count: int, router: Router, streamed: bool) -> Iterator[slice]:
    """Yields the pieces of a prompt: growing ones, or one if the router needs all tokens at once.

    The first token's routing is then available at once. A small model runs 128 tokens in a few
    milliseconds, so more pieces would only add cost. A streamed model reads its weights once per piece.
    """
    start, size = 0, count if router.whole_batch else 1
    while start < count:
        yield slice(start, min(count, start + size))
        start, size = start + size, size * GROWTH[streamed]


def steps(forward: Forward, ids: Ints, k: int, router: Router) -> Iterator[Step]:
    """Yields the routing of each prompt token, computed on demand."""
    yield from prefill(forward, ids, k, router, forward.cache(len(ids)), keep=0)


def prefill(
    forward: Forward, ids: Ints, k: int, router: Router, cache: KeyValueCache, keep: int
) -> Generator[Step, None, Routing]:
    """Yields the steps of a prompt; returns the routing of its last chunk, for generation."""
    for piece in chunks(len(ids), router, forward.checkpoint.kept is None):
        routing = forward.extend(ids[piece], cache, k, router.route, keep=keep)
        yield from routing.steps()
    return routing


def generate(
    forward: Forward,
    ids: Ints,
    k: int,
    router: Router,
    *,
    count: int,
    temperature: float = 1.0,
    seed: int = 0,
) -> Iterator[Step | Written]:
    """Yields the steps of a prompt, then up to `count` generated tokens, each with its routing.

    Deterministic for equal arguments. Ends early at a token that ends the text. Raises ValueError for a
    router that needs all tokens at once, because later tokens do not exist yet.
    """
    if router.whole_batch:
        raise ValueError(f"router: expected one that takes token after token, got {router.name}")
    random = np.random.default_rng(seed)
    cache = forward.cache(len(ids) + count)
    routing = yield from prefill(forward, ids, k, router, cache, keep=1)
    for _ in range(count):
        id = sample(forward.head(routing.hidden)[0], temperature, random)
        if id in forward.config.ends:
            return
        routing = forward.extend(np.array([id], np.int32), cache, k, router.route, keep=1)
        yield Written(id, routing.steps()[0])


def sample(logits: Floats, temperature: float, random: np.random.Generator) -> int:
    """Returns a token sampled from softmax(logits / temperature), [V]; at 0 the most likely one."""
    if temperature <= 0:
        return int(logits.argmax())
    scaled = (logits.astype(np.float64) - logits.max()) / temperature
    shares = np.cumsum(np.exp(scaled))
    return int(np.searchsorted(shares, random.random() * shares[-1], side="right"))
