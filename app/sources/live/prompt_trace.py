"""The live trace of one prompt: its header, known before it runs, and its steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...problem import BadRequest, Problem
from ...request.schema import PROMPT_TOKENS, TraceRequest
from ...routing import LayerRouting, Router, RouterSettings
from ...routing.alterations import altered, most_chosen
from ...routing.bias_updates import bias_after_updates
from ...trace import Floats, Ints, Step, Token, TraceHeader
from .forward import Forward
from .generation import check_prompt
from .models import Model
from .next_tokens import Prediction, next_tokens_by_rows

COMPUTED = "Computed just now from trained weights"


@dataclass(frozen=True)
class LiveTrace:
    """A live trace, computed on demand. `tokenize` checked its tokens."""

    model: Model
    tokens: tuple[Token, ...]
    request: TraceRequest  # with all defaults resolved

    @cached_property
    def router(self) -> Router:
        """Returns the router with the alterations."""
        shape = self.model.listing.shape
        return altered(self.unaltered, self.request.alterations, shape.layers, shape.experts)

    @cached_property
    def unaltered(self) -> Router:
        """Returns the router, with settings and selection bias of the model if it is the model's own.

        After bias updates, it has the bias that they leave on this prompt.
        """
        k = self.request.k
        router = own_router(self.model, self.request.routed_by(self.model.listing.experts), k)
        ids = check_prompt(self.tokens)
        return settled(self.model.forward, ids, k, router.with_token_ids(ids))

    @cached_property
    def whole(self) -> list[Step]:
        """All steps at once."""
        return list(self.model.steps(self.tokens, self.request.k, self.router))

    def predict(self, tokens: tuple[Token, ...], router: Router) -> Prediction:
        """Returns next tokens and experts for the prompt, generated tokens included if `tokens` has them."""
        forward, ids = self.model.forward, np.array([token.id for token in tokens], np.int32)
        routing = forward.extend(ids, forward.cache(len(ids)), self.request.k, router.route, keep=len(ids))
        found = next_tokens_by_rows(lambda rows: forward.head(routing.hidden[rows]), ids)
        return Prediction(found, np.stack([step.experts for step in routing.steps()]))

    def steps(self) -> Iterator[Step]:
        """Yields the routing of each token and of generated tokens, computed on demand.

        Raises BadRequest if the model computes a number that is not finite.
        """
        try:
            yield from self.pulled()
        except ValueError as error:
            advice = "choose another model, or copy this one again"
            raise BadRequest(Problem("model", repr(self.model.listing.name), str(error), advice)) from error

    def pulled(self) -> Iterator[Step]:
        """Returns the steps."""
        request = self.request
        if self.router.varies:
            return iter(self.whole)
        if not request.more:
            return self.model.steps(self.tokens, request.k, self.router)
        return self.model.generate(
            self.tokens,
            request.k,
            self.router,
            count=request.more,
            temperature=request.temperature,
            seed=request.seed,
        )

    @property
    def header(self) -> TraceHeader:
        """Returns the header, known before the first token is routed."""
        listing, k = self.model.listing, self.request.k
        facts = self.router.facts(len(self.tokens), listing.experts, k)
        model: dict[str, Any] = {"name": listing.name, **facts}
        if self.router.varies:
            model["choices"] = self.whole[0].experts.shape[-1]
        elif (most := most_chosen(self.request.alterations)) > k:
            model["choices"] = most
        return TraceHeader(
            tokens=self.tokens,
            shape=listing.shape.with_routing(listing.experts, k),
            model=model,
            origin=self.origin,
            bias=self.router.bias,
        )

    @property
    def origin(self) -> dict[str, Any]:
        """Returns the origin of the routing, and how its settings differ from the model's training."""
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
        if request.alter:
            origin["alter"] = request.alter
        if request.more:
            origin |= {
                "prompt_tokens": len(self.tokens),
                "continue": request.more,
                "temperature": request.temperature,
                "sampling_seed": request.seed,
            }
        return origin


def own_router(model: Model, router: Router, k: int) -> Router:
    """Returns the router, with settings and selection bias of the model if it is the model's own."""
    own = model.checkpoint.router
    if router.name != own.name:
        return router
    given: dict[str, Any] = {**own.settings.given(), **router.settings.given()}
    fitted = router.with_settings(RouterSettings(**given), model.listing.experts, k)
    return fitted if own.bias is None else fitted.with_bias(own.bias)


def settled(forward: Forward, ids: Ints, k: int, router: Router) -> Router:
    """Returns the router with the bias of each layer after its `updates` on this prompt, ids [T].

    Layers are updated from the first up, because the input of a layer depends on the routing below it.
    """
    settings = router.filled(forward.config.experts, k)
    updates, rate = int(settings.get("updates", 0)), settings.get("rate", 0.0)
    if not updates:
        return router
    layers: list[Floats] = []

    def route(logits: Floats, k: int, layer: int, start: int) -> LayerRouting:
        layers.append(bias_after_updates(router, logits[None], k, updates, rate)[0])
        return router.with_bias(np.stack(layers)).route(logits, k, layer, start)

    forward.extend(ids, forward.cache(len(ids)), k, route)
    return router.with_bias(np.stack(layers))


def room_of(model: Model) -> int:
    """Returns the limit on tokens of a prompt: that of the server, or of the model if lower."""
    return min(PROMPT_TOKENS, model.checkpoint.config.positions)


def tokenize(text: str, model: Model, more: int = 0) -> tuple[Token, ...]:
    """Returns the tokens of a prompt. Raises BadRequest above the limit of the server or the model.

    `more`: number of tokens to generate after them.
    """
    config = model.checkpoint.config
    positions = config.positions
    room = room_of(model)
    tokens = model.checkpoint.tokenizer.encode(text)
    if not 1 <= len(tokens) <= room:
        advice = "shorten the text" if tokens else "type something"
        raise BadRequest(Problem("prompt", f"{len(tokens)} tokens", f"1 to {room} tokens", advice))
    left = positions - len(tokens)
    if more > left:
        advice = f"the model takes {positions} tokens, and the prompt has {len(tokens)}"
        raise BadRequest(Problem("continue", str(more), f"0 to {left}", advice))
    return tokens
