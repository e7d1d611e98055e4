"""A prompt through a checkpoint and a router: what is known before it runs, and its steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...problem import BadRequest, Problem
from ...request.schema import PROMPT_TOKENS, TraceRequest
from ...routing import Router
from ...trace import Step, Token, TraceHeader
from .bias import settled
from .generation import check_prompt
from .models import Model

COMPUTED = "Computed just now from trained weights"


@dataclass(frozen=True)
class Prompted:
    """A live trace, computed as far as it is asked for. `tokenize` checked its tokens."""

    model: Model
    tokens: tuple[Token, ...]
    request: TraceRequest  # filled in

    @cached_property
    def router(self) -> Router:
        """The router, with the bias that its updates on this prompt leave, where it has any."""
        router = self.request.routed_by(self.model.listing.experts)
        return settled(self.model.forward, check_prompt(self.tokens), self.request.k, router)

    @cached_property
    def whole(self) -> list[Step]:
        """All steps at once."""
        return list(self.model.steps(self.tokens, self.request.k, self.router))

    def steps(self) -> Iterator[Step]:
        """The routing of each token, computed as it is pulled, and of those that the model writes on."""
        request = self.request
        if self.router.varies:
            return iter(self.whole)
        if not request.more:
            return self.model.steps(self.tokens, request.k, self.router)
        return self.model.write_on(
            self.tokens,
            request.k,
            self.router,
            count=request.more,
            temperature=request.temperature,
            seed=request.seed,
        )

    @property
    def header(self) -> TraceHeader:
        """What is known before the first token is routed."""
        listing, k = self.model.listing, self.request.k
        facts = self.router.facts(len(self.tokens), listing.experts, k)
        model: dict[str, Any] = {"name": listing.name, **facts}
        if self.router.varies:
            model["choices"] = self.whole[0].experts.shape[-1]
        return TraceHeader(
            tokens=self.tokens,
            shape=listing.shape.with_routing(listing.experts, k),
            model=model,
            origin=self.origin,
            bias=self.router.bias,
        )

    @property
    def origin(self) -> dict[str, Any]:
        """Where the routing comes from, and what of it the model never met in its training."""
        listing, request = self.model.listing, self.request
        trained = f"{listing.name} was trained with {listing.top_k} experts a token"
        chosen = f"{request.k} {'is' if request.k == 1 else 'are'} chosen here"
        note = f"{COMPUTED}; {trained}, and {chosen}."
        if self.router.name != listing.router:
            note = (
                f"{COMPUTED}; {trained} by {listing.router}, "
                f"and {chosen} by {self.router.name}, which it never met."
            )
        origin: dict[str, Any] = {
            "source": "live",
            "badge": "LIVE",
            "note": note,
            "family": listing.family,
            "checkpoint": self.model.checkpoint.digest,
            "trained_top_k": listing.top_k,
            "trained_router": listing.router,
        }
        if request.more:
            origin |= {
                "prompt_tokens": len(self.tokens),
                "continue": request.more,
                "temperature": request.temperature,
                "sampling_seed": request.seed,
            }
        return origin


def tokenize(text: str, model: Model, more: int = 0) -> tuple[Token, ...]:
    """The tokens of a prompt. Raises BadRequest where they are more than we serve or than the model takes.

    `more`: tokens that it shall write after them.
    """
    config = model.checkpoint.config
    positions = min(config.positions, config.window or config.positions)
    room = min(PROMPT_TOKENS, positions)
    tokens = model.checkpoint.tokenizer.encode(text)
    if not 1 <= len(tokens) <= room:
        advice = "shorten the text" if tokens else "type something"
        raise BadRequest(Problem("prompt", f"{len(tokens)} tokens", f"1 to {room} tokens", advice))
    left = positions - len(tokens)
    if more > left:
        advice = f"the model takes {positions} tokens, and the prompt has {len(tokens)}"
        raise BadRequest(Problem("continue", str(more), f"0 to {left}", advice))
    return tokens
