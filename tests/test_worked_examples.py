"""The worked examples of ARCHITECTURE.md, run as they stand there: a source and a metric."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.metrics.counts import counts
from app.metrics.metric import Metric
from app.metrics.registry import METRICS
from app.request.schema import TraceRequest
from app.settings import Settings
from app.shape import small_shape
from app.sources import registry
from app.sources.authored.scenario import load_scenarios
from app.sources.source import FinishedTrace, Offer, Opened, SourceContext, TraceSource
from app.stream.wire import pack_step, unpack_step
from app.trace import Counts, Doubles, RoutingTrace, Token, TraceHeader

PAGE = (Path(__file__).parents[1] / "ARCHITECTURE.md").read_text(encoding="utf-8")
SOURCE, METRIC = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
NAMES = {
    "np": np,
    "small_shape": small_shape,
    "Counts": Counts,
    "Doubles": Doubles,
} | {
    **{
        "np": np,
        "Offer": Offer,
        "Opened": Opened,
        "SourceContext": SourceContext,
        "TraceSource": TraceSource,
        "FinishedTrace": FinishedTrace,
    },
    **{
        "RoutingTrace": RoutingTrace,
        "Token": Token,
        "TraceHeader": TraceHeader,
        "TraceRequest": TraceRequest,
    },
    **{"small_shape": small_shape, "Counts": Counts, "Doubles": Doubles, "Metric": Metric},
}


@pytest.fixture
def sources(monkeypatch, tmp_path):
    """Returns a registry with the example's one line more."""
    names: dict[str, Any] = dict(NAMES)
    exec(SOURCE, names)
    monkeypatch.setattr(registry, "SOURCES", (*registry.SOURCES, names["RoundRobinSource"]))
    return registry.SourceRegistry(load_scenarios(Settings().scenarios), tmp_path)


def test_example_source_is_asked_for_by_its_name(sources):
    pending, understood = sources.open_understood({"source": "round_robin", "experts": "4", "k": "3"})
    assert (understood.problems, understood.given) == ((), {"source": "round_robin", "experts": 4})
    assert pending.trace().experts[:, 0, 0].tolist() == [0, 1, 2, 3, 0]


def test_example_source_crosses_the_wire(sources):
    pending, _ = sources.open_understood({"source": "round_robin"})
    for token, step in enumerate(pending.steps()):
        id, number, received = unpack_step(pack_step(step, 7, token, 8))
        assert (id, number) == (7, token)
        np.testing.assert_array_equal(received.experts, step.experts)


def test_example_metric_counts_idle_experts(sources):
    names: dict[str, Any] = dict(NAMES)
    exec(METRIC, names)
    pending, _ = sources.open_understood({"source": "round_robin", "experts": 10})
    trace = pending.trace()
    assert names["idle_share"](counts(trace)).tolist() == [0.5] * trace.header.shape.layers
    assert names["IDLE"].name not in METRICS and names["IDLE"].ids_suffice
