"""The source `live`: a prompt, or the text of a scenario, through a checkpoint and a router."""

from __future__ import annotations

from ..problem import BadRequest, Problem
from ..request.cost import check_updates
from ..request.schema import TraceRequest
from ..routing import LIMITS
from .engines.cluster import Ask, ModelFacts, problem_of
from .live.models import Listing, Model, Models, Refused
from .live.prompt_trace import LiveTrace, tokenize
from .pending_trace import Cancel
from .source import Offer, Opened, Place, TraceSource


class LiveSource(TraceSource):
    """Forward passes of the models in a folder."""

    name = "live"
    keys = ("scenario", "prompt", "model", "experts", "k", "router", *LIMITS, "continue", "temperature")

    def __init__(self, place: Place) -> None:
        self.scenarios = place.library.scenarios
        self.models = Models(place.models)
        self.engines = place.engines

    def list_models(self) -> dict[str, Listing]:
        """Returns the models of the folder that can be run. Files are read again when they changed."""
        return self.models.runnable()

    def offer(self) -> Offer:
        """Returns the models that can be run, and why the others cannot."""
        listings, (ready, absent) = self.list_models(), self.list_engines()
        others = [entry for entry in self.models.list().values() if isinstance(entry, Refused)]
        return Offer(
            models={name: listing.experts for name, listing in listings.items()}
            | {name: facts.shape.experts for name, facts in ready.items()},
            routers={name: listing.router for name, listing in listings.items()},
            infos=(
                *(listing.to_json() for listing in listings.values()),
                *(facts.to_json() for facts in ready.values()),
            ),
            fixed={name: facts.request_keys for name, facts in ready.items()},
            absent=absent,
            refused=tuple(entry.to_json() for entry in others),
        )

    def list_engines(self) -> tuple[dict[str, ModelFacts], dict[str, Problem]]:
        """Returns the engines that answer, and the problem of each other.

        A model of the folder hides an engine.
        """
        found = {name: each for name, each in self.engines.known().items() if self.elsewhere(name)}
        ready = {name: each for name, each in found.items() if isinstance(each, ModelFacts)}
        others = {name: each for name, each in found.items() if not isinstance(each, ModelFacts)}
        return ready, {name: problem_of(name, each) for name, each in others.items()}

    def elsewhere(self, name: str) -> bool:
        """Returns whether a model runs on an engine of another machine."""
        return name in self.engines.names and name not in self.list_models()

    def open_remote(self, request: TraceRequest, text: str) -> Opened:
        """Routes a text through the model of an engine. Waits for the network. Raises EngineError."""
        ask = Ask(text, request.more, request.temperature, request.seed)
        trace, cancel = self.engines.open(request.checkpoint, ask), Cancel()
        cancel.add(trace.cancel)
        return Opened(trace, trace.known.digest, cancel=cancel)

    def open(self, request: TraceRequest) -> Opened:
        """Routes a prompt through a checkpoint. Raises BadRequest for a long prompt or an unusable model."""
        text = request.prompt or self.scenarios[request.scenario].text
        if self.elsewhere(request.checkpoint):
            return self.open_remote(request, text)
        model = self.open_model(request.checkpoint)
        tokens = tokenize(text, model, request.more)
        check_updates(request, model.listing.shape, len(tokens))
        return Opened(LiveTrace(model, tokens, request), model.checkpoint.digest)

    def open_model(self, name: str) -> Model:
        """Returns a checkpoint, opened once. Raises BadRequest where it cannot be run."""
        try:
            return self.models.open(name)
        except ValueError as error:
            problem = Problem("model", repr(name), "a checkpoint that can be run", str(error))
            raise BadRequest(problem) from error
