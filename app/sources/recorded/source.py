"""The source `recorded`: the routing of a model at one training step."""

from __future__ import annotations

from ...problem import BadRequest, Problem
from ...request.schema import TraceRequest
from ..source import Offer, Opened, SourceContext, TraceSource, dates_of
from .snapshots import Snapshots


class RecordedSource(TraceSource):
    """Trace files recorded while the models of a folder were trained."""

    name = "recorded"
    keys = ("model", "experts", "step")

    def __init__(self, context: SourceContext) -> None:
        self.folder = context.models
        self.recordings = Snapshots(context.models)

    def offer(self) -> Offer:
        """Returns the recorded steps of each model."""
        return Offer(steps=self.recordings.steps())

    def open(self, request: TraceRequest) -> Opened:
        """Returns the routing at a step. Raises BadRequest if its file cannot be read."""
        assert request.step is not None, "read fills it in"
        try:
            recording = self.recordings.open(request.checkpoint, request.step)
        except (OSError, ValueError) as error:
            problem = Problem("step", str(request.step), "a recording that can be read", str(error))
            raise BadRequest(problem) from error
        return Opened(recording, recording.digest)

    def stamp(self, request: TraceRequest) -> str:
        """Returns the dates of the files of the model."""
        return dates_of(self.folder / request.checkpoint)
