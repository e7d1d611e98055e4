"""What a reader loads stays near what the last release loaded. Of times make bench tells."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser

from tests.bench.page_weight import RELEASED, measure, places

ROOM = 1.15  # of bytes
MORE = 2  # requests


@pytest.fixture(scope="module")
def addresses():
    with places() as found:
        yield found


@pytest.mark.parametrize("name", ["page", "embed", "export"])
def test_reader_loads_about_as_much_as_in_the_last_release(
    chromium: Browser, addresses: dict[str, str], name: str
) -> None:
    released = json.loads(RELEASED.read_text(encoding="utf-8"))["figures"][name]
    found = measure(chromium, addresses[name])
    assert found["bytes"] <= ROOM * released["bytes"]
    assert found["requests"] <= released["requests"] + MORE
