"""The source `live`: a prompt, or the text of a scenario, through a checkpoint and a router."""

from __future__ import annotations

from ...problem import BadRequest, Problem
from ...request.cost import check_updates
from ...request.schema import TraceRequest
from ...routing import LIMITS
from ..source import Offer, Opened, Place, TraceSource
from .models import Listing, Model, Models, Refused
from .prompt_trace import Prompted, tokenize


class LiveSource(TraceSource):
    """Forward passes of the models in a folder."""

    name = "live"
    keys = ("scenario", "prompt", "model", "experts", "k", "router", *LIMITS, "continue", "temperature")

    def __init__(self, place: Place) -> None:
        self.scenarios = place.library.scenarios
        self.models = Models(place.models)

    def list_models(self) -> dict[str, Listing]:
        """The models of the folder that can be run. Files are read again when they changed."""
        return self.models.runnable()

    def offer(self) -> Offer:
        """The models that can be run, and why the others cannot."""
        listings = self.list_models()
        others = [entry for entry in self.models.list().values() if isinstance(entry, Refused)]
        return Offer(
            models={name: listing.experts for name, listing in listings.items()},
            routers={name: listing.router for name, listing in listings.items()},
            infos=tuple(listing.to_json() for listing in listings.values()),
            refused=tuple(entry.to_json() for entry in others),
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
