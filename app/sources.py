"""A request becomes a source of routing steps, whatever produces them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from app import __version__, simulate
from app.cache import Cache
from app.live.models import Listing, Model, Models
from app.keys import PROMPT_TOKENS, TraceRequest
from app.request import BadRequest, Known, Problem, parse
from app.routing import DEFAULT_ROUTER, find_router
from app.scenario import Library, Scenario
from app.shape import small_shape
from app.trace import RoutingTrace, Step, Token, TraceHeader

KEPT_BYTES = 128 * 2**20  # of finished traces


@dataclass(frozen=True)
class Source:
    """One trace, before it is computed. `compute` starts from the first token each time it is called."""

    identity: str  # equal for equal requests, scenario or checkpoint, and version
    header: TraceHeader
    compute: Callable[[], Iterator[Step]]
    kept: Cache[RoutingTrace]

    def steps(self, start: int = 0) -> Iterator[Step]:
        """The steps from token `start` on, computed as they are pulled or taken from a finished trace.

        A trace that was pulled to its end is kept, so that whoever asks next or resumes does not wait for it.
        """
        trace = self.kept.get(self.identity)
        if trace is not None:
            yield from (trace.step(token) for token in range(start, len(self.header.tokens)))
            return
        pulled = []
        for token, step in enumerate(self.compute()):
            pulled.append(step)
            if token >= start:
                yield step
        self.keep(RoutingTrace.from_steps(self.header, pulled))

    def trace(self) -> RoutingTrace:
        """The whole trace."""
        trace = self.kept.get(self.identity)
        if trace is None:
            trace = RoutingTrace.from_steps(self.header, self.compute())
            self.keep(trace)
        return trace

    def keep(self, trace: RoutingTrace) -> None:
        columns = (trace.scores, trace.logits, trace.experts, trace.weights, trace.dropped)
        self.kept.put(self.identity, trace, sum(column.nbytes for column in columns if column is not None))


class Sources:
    """Everything that can produce routing here: the scenarios of `library`, and the models of a folder."""

    def __init__(self, library: Library, folder: Path) -> None:
        self.library = library
        self.digests = {name: digest_of(scenario) for name, scenario in library.scenarios.items()}
        self.folder = folder
        self.models = Models(folder)
        self.listings: dict[str, Listing] = {}
        self.stamp: tuple[object, ...] = ()
        self.kept: Cache[RoutingTrace] = Cache(KEPT_BYTES)

    @property
    def known(self) -> Known:
        """The names that a request may use."""
        experts = {name: listing.experts for name, listing in self.list_models().items()}
        return Known(tuple(self.library.scenarios), experts)

    def list_models(self) -> dict[str, Listing]:
        """The models of the folder. Its files are looked at each time, and read when they changed."""
        stamp = tuple((path, path.stat().st_mtime_ns) for path in self.folder.glob("*/config.json"))
        if stamp != self.stamp:
            self.listings, self.stamp = self.models.list()[0], stamp
        return self.listings

    def scenario_infos(self) -> list[dict[str, Any]]:
        """types.js `ScenarioInfo`, in the order of the menu."""
        return [scenario.info() for scenario in self.library.scenarios.values()]

    def model_infos(self) -> list[dict[str, Any]]:
        """types.js `ModelInfo`, and more."""
        return [listing.to_json() for listing in self.list_models().values()]

    def parse(self, values: Mapping[str, object]) -> TraceRequest:
        """The request that `values` spell. Raises BadRequest with every problem."""
        return parse(values, self.known)

    def open(self, request: TraceRequest) -> Source:
        """The source of a checked request. Raises BadRequest for a prompt or a model that cannot be run."""
        return self.live(request) if request.source == "live" else self.authored(request)

    def authored(self, request: TraceRequest) -> Source:
        """A scenario through a router, on the shape of the shipped models."""
        scenario = self.library.scenarios[request.scenario]
        shape = small_shape(request.experts, request.k)
        router = find_router(DEFAULT_ROUTER)
        return Source(
            identity=identify(request, self.digests[scenario.name]),
            header=simulate.header(scenario, shape, router),
            compute=lambda: simulate.steps(scenario, shape, router),
            kept=self.kept,
        )

    def live(self, request: TraceRequest) -> Source:
        """A prompt, or the text of a scenario, through a checkpoint and the router of its training."""
        model = self.open_model(request.checkpoint)
        router = find_router(model.listing.router)
        tokens = tokenize(request.prompt or self.library.scenarios[request.scenario].text, model)
        return Source(
            identity=identify(request, model.checkpoint.digest),
            header=live_header(request, model, tokens),
            compute=lambda: model.steps(tokens, request.k, router),
            kept=self.kept,
        )

    def open_model(self, name: str) -> Model:
        """A checkpoint, opened by the first who asks. Raises BadRequest where it cannot be run."""
        try:
            return self.models.open(name)
        except ValueError as error:
            problem = Problem("model", repr(name), "a checkpoint that can be run", str(error))
            raise BadRequest(problem) from error


def tokenize(text: str, model: Model) -> tuple[Token, ...]:
    """The tokens of a prompt. Raises BadRequest where they are more than we serve or than the model takes."""
    config = model.checkpoint.config
    room = min(PROMPT_TOKENS, config.positions, config.window or config.positions)
    tokens = model.checkpoint.tokenizer.encode(text)
    if not 1 <= len(tokens) <= room:
        advice = "shorten the text" if tokens else "type something"
        raise BadRequest(Problem("prompt", f"{len(tokens)} tokens", f"1 to {room} tokens", advice))
    return tokens


def live_header(request: TraceRequest, model: Model, tokens: tuple[Token, ...]) -> TraceHeader:
    """What is known of a live trace before the first token is routed."""
    listing = model.listing
    trained = f"{listing.name} was trained with {listing.top_k} experts a token"
    return TraceHeader(
        tokens=tokens,
        shape=listing.shape.with_routing(listing.experts, request.k),
        model={"name": listing.name, "router": listing.router},
        origin={
            "source": "live",
            "badge": "LIVE",
            "note": f"Computed just now from trained weights; {trained}, and {request.k} are chosen here.",
            "family": listing.family,
            "checkpoint": model.checkpoint.digest,
            "trained_top_k": listing.top_k,
        },
    )


def digest_of(scenario: Scenario) -> str:
    """A hash of what decides the routing of a scenario."""
    return sha256(scenario.model_dump_json().encode()).hexdigest()


def identify(request: TraceRequest, content: str) -> str:
    """A name for the trace of a request to what has this content: scenario or checkpoint."""
    parts = "\0".join((request.canonical(), content, __version__))
    return sha256(parts.encode()).hexdigest()[:32]
