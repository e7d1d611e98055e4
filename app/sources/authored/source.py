"""The source `authored`: a scenario routed by a router, on the small shape or a published one."""

from __future__ import annotations

from hashlib import sha256

from ...published.catalogue import find_shape
from ...request.cost import check_updates
from ...request.schema import TraceRequest
from ...routing import LIMITS
from ...shape import small_shape
from ..source import Offer, Opened, SourceContext, TraceSource
from .authored_trace import AuthoredTrace
from .scenario import Scenario


class AuthoredSource(TraceSource):
    """Routing of the hand-authored scenarios."""

    name = "authored"
    keys = ("scenario", "shape", "experts", "k", "router", *LIMITS, "skew")

    def __init__(self, context: SourceContext) -> None:
        self.scenarios = context.library.scenarios
        self.digests = {name: digest_of(scenario) for name, scenario in self.scenarios.items()}

    def offer(self) -> Offer:
        """Returns the scenarios."""
        return Offer(scenarios=tuple(self.scenarios))

    def open(self, request: TraceRequest) -> Opened:
        """Routes a scenario. Raises BadRequest for too many bias updates."""
        scenario = self.scenarios[request.scenario]
        shaped = find_shape(request.shape)
        small = small_shape(request.experts, request.k)
        shape = small if shaped is None else shaped.shape.with_routing(request.experts, request.k)
        check_updates(request, shape, len(scenario.tokens))
        trace = AuthoredTrace(scenario, shape, request.routed_by(request.experts), request.skew, shaped)
        return Opened(trace, self.stamp(request), at_once=True)

    def stamp(self, request: TraceRequest) -> str:
        """Returns the digest of the scenario, and the published shape."""
        shaped = find_shape(request.shape)
        return self.digests[request.scenario] + ("" if shaped is None else shaped.text)


def digest_of(scenario: Scenario) -> str:
    """Returns a hash of everything that decides a scenario's routing, and of its English texts."""
    return sha256(scenario.model_dump_json(exclude={"fr"}).encode()).hexdigest()
