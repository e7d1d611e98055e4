"""What several test files need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.settings import Settings
from tests.serving import serving


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The address of a real server with the shipped scenarios and models."""
    with serving(Settings(port=0)) as address:
        yield address
