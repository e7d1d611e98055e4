"""The source `live`: a prompt, or the text of a scenario, through a checkpoint and a router."""

from __future__ import annotations

from ...problem import BadRequest, Problem
from ...request.cost import check_updates
from ...request.schema import TraceRequest
from ...routing import LIMITS
from ..source import Offer, Opened, Place, TraceSource
from .models import Listing, Model, Models
from .prompt_trace import Prompted, tokenize


class LiveSource(TraceSource):
    """Forward passes of the models in a folder."""

    name = "live"
    keys = ("scenario", "prompt", "model", "experts", "k", "router", *LIMITS, "continue", "temperature")

    def __init__(self, place: Place) -> None:
        self.scenarios = place.library.scenarios
        self.folder = place.models
        self.models = Models(place.models)
        self.listings: dict[str, Listing] = {}
        self.stamp: tuple[object, ...] = ()

    def list_models(self) -> dict[str, Listing]:
        """The models of the folder. Its files are looked at each time, and read when they changed."""
        stamp = tuple((path, path.stat().st_mtime_ns) for path in self.folder.glob("*/config.json"))
        if stamp != self.stamp:
            self.listings, self.stamp = self.models.list()[0], stamp
        return self.listings

    def offer(self) -> Offer:
        """The models that can be run."""
        listings = self.list_models()
        return Offer(
            models={name: listing.experts for name, listing in listings.items()},
            routers={name: listing.router for name, listing in listings.items()},
            infos=tuple(listing.to_json() for listing in listings.values()),
        )

    def open(self, request: TraceRequest) -> Opened:
        """A prompt through a checkpoint. Raises BadRequest for a long prompt or an unusable model."""
        model = self.open_model(request.checkpoint)
        text = request.prompt or self.scenarios[request.scenario].text
        tokens = tokenize(text, model, request.more)
        check_updates(request, model.listing.shape, len(tokens))
        return Opened(Prompted(model, tokens, request), model.checkpoint.digest)

    def open_model(self, name: str) -> Model:
        """A checkpoint, opened once. Raises BadRequest where it cannot be run."""
        try:
            return self.models.open(name)
        except ValueError as error:
            problem = Problem("model", repr(name), "a checkpoint that can be run", str(error))
            raise BadRequest(problem) from error
