"""Fixtures that several test files share."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import httpx
import hypothesis
import pytest

from app.settings import Settings
from tests.live_server import serving

# How long an example takes says how busy the machine is, and nothing of the code.
hypothesis.settings.register_profile("moescope", deadline=None)
hypothesis.settings.load_profile("moescope")

# What all functions and clients of httpx have by default: 5 s. Two busy cores may draw no picture in that.
patience: httpx.Timeout = inspect.signature(httpx.Client).parameters["timeout"].default
patience.connect = patience.read = patience.write = patience.pool = 120.0


# Tests of browsers, sockets, processes and clocks: what else the machine does can decide over a run of them.
TIMED = [
    Path(__file__).parent / folder
    for folder in ("commands", "e2e", "siege", "sources/engines", "stream", "web")
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs a timed test that failed once more, and names it (RERUN). One that fails twice fails the run."""
    for item in items:
        if any(folder in item.path.parents for folder in TIMED):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """Yields the address of a real server with the shipped scenarios and models."""
    with serving(Settings(port=0)) as address:
        yield address
