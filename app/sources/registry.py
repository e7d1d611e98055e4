"""A request becomes a source of routing steps, whatever produces them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from .. import __version__
from ..byte_cache import Cache
from ..problem import BadRequest, Problem
from ..published.catalogue import shapes
from ..request.cost import check_updates
from ..request.read import Known, parse
from ..request.schema import TraceRequest
from ..shape import small_shape
from ..trace import RoutingTrace, Step, TraceHeader
from .authored.authored_trace import Authored
from .authored.scenario import Library, Scenario
from .engines.cluster import Ask, Cluster, ModelFacts, problem_of
from .live.models import Listing, Model, Models
from .live.prompt_trace import Prompted, tokenize
from .pending_trace import Cancel, Source
from .recorded.snapshots import Recordings

KEPT_BYTES = 128 * 2**20  # of finished traces


class Made(Protocol):
    """What makes a trace: a header first, then the steps."""

    @property
    def header(self) -> TraceHeader: ...

    def steps(self) -> Iterator[Step]: ...


class Sources:
    """Everything that can produce routing here: the scenarios of `library`, and the models of a folder."""

    def __init__(self, library: Library, folder: Path, cluster: Cluster | None = None) -> None:
        self.library = library
        self.cluster = cluster or Cluster(())
        self.digests = {name: digest_of(scenario) for name, scenario in library.scenarios.items()}
        self.folder = folder
        self.models = Models(folder)
        self.recordings = Recordings(folder)
        self.listings: dict[str, Listing] = {}
        self.stamp: tuple[object, ...] = ()
        self.kept: Cache[RoutingTrace] = Cache(KEPT_BYTES)

    @property
    def known(self) -> Known:
        """The names that a request may use."""
        listings, (ready, absent) = self.list_models(), self.list_engines()
        engines = {name: facts.shape.experts for name, facts in ready.items()}
        return Known(
            scenarios=tuple(self.library.scenarios),
            models=engines | {name: listing.experts for name, listing in listings.items()},
            routers={name: listing.router for name, listing in listings.items()},
            steps=self.recordings.steps(),
            shapes=shapes(),
            engines={name: facts.request_keys for name, facts in ready.items()},
            absent=absent,
        )

    def list_engines(self) -> tuple[dict[str, ModelFacts], dict[str, Problem]]:
        """The engines that answer, and what is wrong with the others. A model of the folder hides one."""
        ready: dict[str, ModelFacts] = {}
        absent: dict[str, Problem] = {}
        for name, found in self.cluster.known().items():
            if name in self.list_models():
                continue
            if isinstance(found, ModelFacts):
                ready[name] = found
            else:
                absent[name] = problem_of(name, found)
        return ready, absent

    def list_models(self) -> dict[str, Listing]:
        """The models of the folder. Its files are looked at each time, and read when they changed."""
        stamp = tuple((path, path.stat().st_mtime_ns) for path in self.folder.glob("*/config.json"))
        if stamp != self.stamp:
            self.listings, self.stamp = self.models.list()[0], stamp
        return self.listings

    def scenario_infos(self, language: str = "en") -> list[dict[str, Any]]:
        """types.js `ScenarioInfo`, in the order of the menu."""
        return [scenario.info(language) for scenario in self.library.scenarios.values()]

    def model_infos(self) -> list[dict[str, Any]]:
        """types.js `ModelInfo`, and more."""
        steps = self.recordings.steps()
        infos = [listing.to_json() for listing in self.list_models().values()]
        infos += [facts.to_json() for facts in self.list_engines()[0].values()]
        return [{**info, "steps": list(steps.get(info["name"], ()))} for info in infos]

    def parse(self, values: Mapping[str, object]) -> TraceRequest:
        """The request that `values` spell. Raises BadRequest with every problem."""
        return parse(values, self.known)

    def open(self, request: TraceRequest, cancel: Cancel | None = None) -> Source:
        """The source of a request that `parse` gave. Raises BadRequest for what cannot be run after all.

        `cancel` ends the waiting for another machine, while it opens and later.
        """
        if self.elsewhere(request):
            return self.remote(request, cancel or Cancel())
        opened = {"authored": self.authored, "live": self.live, "recorded": self.recorded}
        return opened[request.source](request)

    def authored(self, request: TraceRequest) -> Source:
        """A scenario through a router, on the shape of the shipped models or of another one."""
        scenario = self.library.scenarios[request.scenario]
        shaped = self.known.shaped(request.shape)
        small = small_shape(request.experts, request.k)
        shape = small if shaped is None else shaped.shape.with_routing(request.experts, request.k)
        router = request.routed_by(request.experts)
        check_updates(request, shape, len(scenario.tokens))
        made = Authored(scenario, shape, router, request.skew, shaped)
        digest = self.digests[scenario.name] + ("" if shaped is None else shaped.text)
        return self.source(request, digest, made)

    def live(self, request: TraceRequest) -> Source:
        """A prompt, or the text of a scenario, through a checkpoint and a router."""
        model = self.open_model(request.checkpoint)
        text = self.text_of(request)
        tokens = tokenize(text, model, request.more)
        check_updates(request, model.listing.shape, len(tokens))
        return self.source(request, model.checkpoint.digest, Prompted(model, tokens, request))

    def elsewhere(self, request: TraceRequest) -> bool:
        """Whether a request waits for an engine on another machine."""
        name = request.checkpoint
        return request.source == "live" and name in self.cluster.names and name not in self.list_models()

    def text_of(self, request: TraceRequest) -> str:
        """The text that a live request runs."""
        return request.prompt or self.library.scenarios[request.scenario].text

    def remote(self, request: TraceRequest, cancel: Cancel) -> Source:
        """A text through the model of an engine. Waits for the network. Raises EngineError."""
        ask = Ask(self.text_of(request), request.more, request.temperature, request.seed)
        made = self.cluster.open(request.checkpoint, ask)
        cancel.add(made.cancel)
        return replace(self.source(request, made.known.digest, made), cancel=cancel)

    def recorded(self, request: TraceRequest) -> Source:
        """Routing that was recorded at a moment of a model's training."""
        assert request.step is not None, "parse fills it in"
        try:
            recording = self.recordings.open(request.checkpoint, request.step)
        except (OSError, ValueError) as error:
            problem = Problem("step", str(request.step), "a recording that can be read", str(error))
            raise BadRequest(problem) from error
        return self.source(request, recording.digest, recording)

    def source(self, request: TraceRequest, content: str, made: Made) -> Source:
        """What is made for a request to what has this content. Some headers take time: a kept one is used."""
        identity = identify(request, content)
        kept = self.kept.get(identity)
        header = made.header if kept is None else kept.header
        prompt = header.tokens[: header.origin.get("prompt_tokens")]  # without those that a model wrote
        at_once = request.source == "authored"
        return Source(identity, replace(header, tokens=prompt), made.steps, self.kept, request.more, at_once)

    def open_model(self, name: str) -> Model:
        """A checkpoint, opened by the first who asks. Raises BadRequest where it cannot be run."""
        try:
            return self.models.open(name)
        except ValueError as error:
            problem = Problem("model", repr(name), "a checkpoint that can be run", str(error))
            raise BadRequest(problem) from error


def digest_of(scenario: Scenario) -> str:
    """A hash of what decides the routing of a scenario, and of its English words, which are in the trace."""
    return sha256(scenario.model_dump_json(exclude={"fr"}).encode()).hexdigest()


def identify(request: TraceRequest, content: str) -> str:
    """A name for the trace of a request to what has this content: scenario or checkpoint."""
    parts = "\0".join((request.canonical(), content, __version__))
    return sha256(parts.encode()).hexdigest()[:32]
