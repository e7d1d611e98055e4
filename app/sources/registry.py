"""Opens the routing source that a request names. A new source is one file and one line in SOURCES."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from .. import __version__
from ..byte_cache import Cache
from ..problem import BadRequest, Problem
from ..published.catalogue import shapes
from ..request.available import Available
from ..request.comparison import read_second
from ..request.read import Understood, parse, read
from ..request.schema import SECOND_PREFIX, TraceRequest
from ..trace import RoutingTrace
from .authored.scenario import Library
from .authored.source import AuthoredSource
from .engines.cluster import Cluster
from .live_source import LiveSource
from .pending_trace import Cancel, PendingTrace
from .recorded.source import RecordedSource
from .recorded.trace_file import TraceFileSource
from .source import Opened, SourceContext, TraceSource

SOURCES: tuple[type[TraceSource], ...] = (AuthoredSource, LiveSource, RecordedSource, TraceFileSource)
KEYS_READ = {source.name: source.keys for source in SOURCES}  # by source, not by the names that it offers

NO_KEYS: Mapping[str, object] = {}
CACHE_BYTES = 128 * 2**20  # limit on finished traces in the cache


class SourceRegistry:
    """The sources of this server, and a cache of finished traces."""

    def __init__(
        self,
        library: Library,
        models: Path,
        traces: Path | None = None,
        engines: Cluster | None = None,
        engine: str = "",
    ) -> None:
        self.library = library
        self.folder = models
        context = SourceContext(library, models, engines or Cluster(()), traces, engine)
        self.sources = {source.name: source for source in (make(context) for make in SOURCES)}
        self.cached: Cache[RoutingTrace] = Cache(CACHE_BYTES)

    @property
    def available(self) -> Available:
        """Returns the names that a request may use, joined over the sources."""
        offers = [source.offer() for source in self.sources.values()]
        return Available(
            scenarios=tuple(name for offer in offers for name in offer.scenarios),
            models={name: n for offer in offers for name, n in offer.models.items()},
            routers={name: router for offer in offers for name, router in offer.routers.items()},
            steps={name: steps for offer in offers for name, steps in offer.steps.items()},
            shapes=shapes(),
            sources={name: source.keys for name, source in self.sources.items()},
            refused={
                each["name"]: self.without_path(each["refused"]) for offer in offers for each in offer.refused
            },
            fixed={name: keys for offer in offers for name, keys in offer.fixed.items()},
            absent={name: problem for offer in offers for name, problem in offer.absent.items()},
            traces=next((offer.traces for offer in offers if offer.traces is not None), None),
        )

    def scenario_infos(self, language: str = "en") -> list[dict[str, Any]]:
        """Returns the scenarios in menu order: boot_types.js `ScenarioInfo`."""
        return [scenario.info(language) for scenario in self.library.scenarios.values()]

    def model_infos(self) -> list[dict[str, Any]]:
        """Returns the models, each with its recorded training steps: boot_types.js `ModelInfo`."""
        offers = [source.offer() for source in self.sources.values()]
        steps = {name: list(steps) for offer in offers for name, steps in offer.steps.items()}
        return [{**info, "steps": steps.get(info["name"], [])} for offer in offers for info in offer.infos]

    def refused_infos(self) -> list[dict[str, Any]]:
        """Returns name and reason of each model that cannot be run: types.js `RefusedModel`."""
        refused = [each for source in self.sources.values() for each in source.offer().refused]
        return [{**each, "refused": self.without_path(each["refused"])} for each in refused]

    @property
    def live(self) -> LiveSource:
        """Returns the source that runs models."""
        source = self.sources[LiveSource.name]
        assert isinstance(source, LiveSource)
        return source

    @property
    def trace_files(self) -> TraceFileSource:
        """Returns the source that reads the folder of traces."""
        source = self.sources[TraceFileSource.name]
        assert isinstance(source, TraceFileSource)
        return source

    def parse(self, values: Mapping[str, object]) -> TraceRequest:
        """Returns the request in `values`. Raises BadRequest with every problem."""
        return parse(values, self.available)

    def open(
        self, request: TraceRequest, cancel: Cancel | None = None, around: int | None = None
    ) -> PendingTrace:
        """Opens the trace of a request. Raises BadRequest if it turns out not to be runnable.

        `cancel` ends the wait for a remote engine, during the opening and later. `around` names a token:
        of a long trace, the window around it is opened. None opens every trace whole.
        """
        opened = self.sources[request.source].open(request)
        if around is not None and opened.window is not None:
            opened = opened.window(around)
        if cancel is not None and opened.cancel is not None:
            cancel.add(opened.cancel)
        return self.pending(request, opened)

    def pending(self, request: TraceRequest, opened: Opened) -> PendingTrace:
        """Returns a pending trace. Some headers are slow; that of a cached trace is reused."""
        identity = identify(request, opened.content)
        cached = self.cached.get(identity)
        header = opened.producer.header if cached is None else cached.header
        prompt = header.tokens[: header.origin.get("prompt_tokens")]  # without generated tokens
        steps = opened.producer.steps
        return PendingTrace(
            identity,
            replace(header, tokens=prompt),
            steps,
            self.cached,
            request.more,
            opened.at_once,
            opened.cancel,
            opened.whole,
        )

    def read(
        self,
        values: Mapping[str, object],
        changed: Collection[str] = (),
        second: Mapping[str, object] = NO_KEYS,
    ) -> Understood:
        """Returns the keys of the first stack as understood, and those of the second stack if given."""
        available = self.available
        first = read(values, available, () if second else changed)
        return read_second(first, second, available) or first

    def open_understood(
        self,
        values: Mapping[str, object],
        changed: Collection[str] = (),
        second: Mapping[str, object] = NO_KEYS,
    ) -> tuple[PendingTrace, Understood]:
        """Opens the trace of the usable keys. A key that the source refuses falls back like any other.

        Raises BadRequest if no key is left to drop.
        """
        kept = KeptKeys(values, second)
        while True:
            understood = self.read(kept.keys, changed, kept.own)
            try:
                return self.open(understood.request), kept.told(understood)
            except BadRequest as error:
                kept.leave_out(error)

    def elsewhere(self, request: TraceRequest) -> bool:
        """Returns whether a request waits for a remote engine."""
        return request.source == LiveSource.name and self.live.elsewhere(request.checkpoint)

    def without_path(self, message: str) -> str:
        """Returns the message without the path of the models' folder, which clients must not see."""
        for folder in {str(self.folder), str(self.folder.resolve())}:
            message = message.replace(f"{folder}/", "")
        return message

    def fingerprint(self, request: TraceRequest) -> str:
        """Returns a hash of the request and of the stamp of its content. Equal hashes mean equal traces."""
        return identify(request, self.sources[request.source].stamp(request))


class KeptKeys:
    """The keys of a request that no source has refused, of the first and the second stack."""

    def __init__(self, keys: Mapping[str, object], own: Mapping[str, object]) -> None:
        self.keys, self.own = dict(keys), dict(own)
        self.refused: dict[str, Problem] = {}

    def leave_out(self, error: BadRequest) -> None:
        """Drops the keys that a source refused. Raises the error again if it has none of them."""
        removed = [problem for each in error.problems if (problem := self._remove(each)) is not None]
        if not removed:
            raise error
        self.refused |= {problem.field: problem for problem in removed}

    def told(self, understood: Understood) -> Understood:
        """Returns the request as understood, with the problems of dropped keys."""
        return replace(understood, problems=(*understood.problems, *self.refused.values()))

    def _remove(self, problem: Problem) -> Problem | None:
        """Drops the key of a problem, first from the second stack. Returns None if neither has it."""
        if problem.field in self.own:
            del self.own[problem.field]
            return replace(problem, field=SECOND_PREFIX + problem.field)
        if problem.field in self.keys:
            del self.keys[problem.field]
            return problem
        return None


def identify(request: TraceRequest, content: str) -> str:
    """Returns the identity of the trace of a request for this content: scenario or checkpoint."""
    parts = "\0".join((request.canonical(), content, __version__))
    return sha256(parts.encode()).hexdigest()[:32]
