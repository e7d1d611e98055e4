"""The source `live`: a prompt, or the text of a scenario, through a model and a router."""

from __future__ import annotations

from collections.abc import Callable

from ..problem import BadRequest, Problem
from ..request.cost import check_updates
from ..request.schema import TraceRequest
from ..routing import LIMITS, ROUTERS, BadSetting
from ..routing.alterations import check_all
from ..trace import Token
from .engines.cluster import Ask, ModelFacts, problem_of
from .engines.engine_models import EngineListing, EngineModels, EnginePrompt, as_problem
from .engines.local_models import LocalModels
from .live.models import Listing, Model, Models
from .live.next_tokens import Prediction
from .live.prompt_trace import LiveTrace, tokenize
from .pending_trace import Cancel
from .source import Offer, Opened, SourceContext, TraceSource, dates_of


class LiveSource(TraceSource):
    """Forward passes of the models in a folder, on this machine, and of models on remote engines."""

    name = "live"
    keys = (
        *("scenario", "prompt", "model", "experts", "k", "router", *LIMITS),
        *("continue", "temperature", "alter"),
    )

    def __init__(self, context: SourceContext) -> None:
        self.scenarios = context.library.scenarios
        self.folder = context.models
        self.models = Models(context.models)
        self.others = EngineModels(context.engine)
        self.local = LocalModels(self.models, self.others)
        self.engines = context.engines

    def list_models(self) -> dict[str, Listing]:
        """Returns the models of the folder that numpy runs; changed files are read again."""
        return self.local.found().listings

    def offer(self) -> Offer:
        """Returns the models that can be run, and the reasons of the others."""
        found, (ready, absent) = self.local.found(), self.list_engines()
        return Offer(
            models={
                **{name: listing.experts for name, listing in found.listings.items()},
                **{name: listing.experts for name, listing in found.others.items()},
                **{name: facts.shape.experts for name, facts in ready.items()},
            },
            routers={name: listing.router for name, listing in found.listings.items()},
            infos=(
                *(listing.to_json() for listing in found.listings.values()),
                *(listing.to_json() for listing in found.others.values()),
                *({**facts.to_json(), "alters": False} for facts in ready.values()),
            ),
            fixed={
                **{name: listing.request_keys for name, listing in found.others.items()},
                **{name: facts.request_keys for name, facts in ready.items()},
            },
            absent=absent,
            refused=tuple(entry.to_json() for entry in found.refused),
        )

    def list_engines(self) -> tuple[dict[str, ModelFacts], dict[str, Problem]]:
        """Returns the engines that answer, and the problem of each other engine.

        A model in the folder hides an engine of the same name.
        """
        found = {name: each for name, each in self.engines.known().items() if self.elsewhere(name)}
        ready = {name: each for name, each in found.items() if isinstance(each, ModelFacts)}
        others = {name: each for name, each in found.items() if not isinstance(each, ModelFacts)}
        return ready, {name: problem_of(name, each) for name, each in others.items()}

    def elsewhere(self, name: str) -> bool:
        """Returns whether a model runs on a remote engine."""
        return name in self.engines.names and name not in self.local.found().names

    def open_remote(self, request: TraceRequest, text: str) -> Opened:
        """Opens the trace of a text on a remote engine. Waits for the network. Raises EngineError."""
        ask = Ask(text, request.more, request.temperature, request.seed)
        trace, cancel = self.engines.open(request.checkpoint, ask), Cancel()
        cancel.add(trace.cancel)
        return Opened(trace, trace.known.digest, cancel=cancel)

    def open(self, request: TraceRequest) -> Opened:
        """Opens the trace of a prompt. Raises BadRequest for a long prompt or an unusable model."""
        text = self.text_of(request)
        if self.elsewhere(request.checkpoint):
            return self.open_remote(request, text)
        if listing := self.local.found().others.get(request.checkpoint):
            prompt = self.on_engine(listing, request)
            return Opened(prompt, prompt.trace.model.digest, at_once=not request.more)
        model = self.open_model(request.checkpoint)
        tokens = tokenize(text, model, request.more)
        check_updates(request, model.listing.shape, len(tokens))
        check_alterations(request, model.listing)
        return Opened(LiveTrace(model, tokens, request), model.checkpoint.digest)

    def stamp(self, request: TraceRequest) -> str:
        """Returns the dates of the model's files and the text; of a model elsewhere what its engine told."""
        text = self.text_of(request)
        if not self.elsewhere(request.checkpoint):
            return f"{text}\0{dates_of(self.folder / request.checkpoint)}"
        facts = self.facts_of(request.checkpoint)
        return f"{text}\0{facts.digest if facts else ''}"

    def facts_of(self, name: str) -> ModelFacts | None:
        """Returns the facts of an engine's model; None before its first answer, or if it does not answer."""
        return self.list_engines()[0].get(name)

    def on_engine(self, listing: EngineListing, request: TraceRequest) -> EnginePrompt:
        """Opens a prompt on another engine of this machine; loads the model first. Raises BadRequest."""
        try:
            text, alterations = self.text_of(request), request.alterations
            trace = self.others.trace(listing.path, text, request.more, alterations)
            trace.model.check_alterations(alterations)
        except (ValueError, OSError) as error:
            raise as_problem(listing.name, ValueError(str(error))) from error
        return EnginePrompt(trace)

    def predict(
        self, request: TraceRequest, tokens: tuple[Token, ...]
    ) -> tuple[Prediction, Prediction | None]:
        """Returns next tokens and experts for the tokens of a trace; with alterations, also without them.

        Raises BadRequest if the model runs remotely or gives no next tokens.
        """
        if self.elsewhere(request.checkpoint):
            advice = "choose a model that runs on this machine"
            raise BadRequest(Problem("model", repr(request.checkpoint), "one whose logits are here", advice))
        predict = self.predictor(request, tokens)
        return (predict(True), predict(False)) if request.alter else (predict(False), None)

    def predictor(self, request: TraceRequest, tokens: tuple[Token, ...]) -> Callable[[bool], Prediction]:
        """Returns a function that gives next tokens and experts, altered or not. Raises BadRequest."""
        if listing := self.local.found().others.get(request.checkpoint):
            trace = self.on_engine(listing, request).trace

            def ask(changed: bool) -> Prediction:
                try:
                    return trace.model.predict(tokens, request.alterations if changed else ())
                except ValueError as error:
                    raise as_problem(listing.name, error) from error

            return ask
        model = self.open_model(request.checkpoint)
        prompt = LiveTrace(model, tokenize(self.text_of(request), model), request)
        return lambda changed: prompt.predict(tokens, prompt.router if changed else prompt.unaltered)

    def text_of(self, request: TraceRequest) -> str:
        """Returns the text of a request: its own, or that of its scenario."""
        return request.prompt or self.scenarios[request.scenario].text

    def text_by_id(self, request: TraceRequest) -> Callable[[int], str]:
        """Returns a function that gives the text of one of the model's tokens from its id."""
        if listing := self.local.found().others.get(request.checkpoint):
            token = self.others.open(listing.path).token
            return lambda id: token(id).text
        return self.open_model(request.checkpoint).checkpoint.tokenizer.text

    def open_model(self, name: str) -> Model:
        """Returns a checkpoint, opened once. Raises BadRequest if it cannot be run."""
        try:
            return self.models.open(name)
        except ValueError as error:
            problem = Problem("model", repr(name), "a checkpoint that can be run", str(error))
            raise BadRequest(problem) from error


def check_alterations(request: TraceRequest, listing: Listing) -> None:
    """Raises BadRequest if an altered layer or expert is not in the model."""
    try:
        check_all(request.alterations, ROUTERS[request.router], listing.shape.layers, listing.shape.experts)
    except BadSetting as error:
        raise BadRequest(Problem("alter", error.found, error.expected, error.advice)) from error
