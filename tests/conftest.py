"""What several test files need."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import pytest

from app.settings import Settings
from tests.live_server import serving

# How long an example takes says how busy the machine is, and nothing of the code.
hypothesis.settings.register_profile("moescope", deadline=None)
hypothesis.settings.load_profile("moescope")


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The address of a real server with the shipped scenarios and models."""
    with serving(Settings(port=0)) as address:
        yield address
