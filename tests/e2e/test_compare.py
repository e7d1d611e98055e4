"""Two stacks side by side, with one clock; the pair is in the link, and in the embed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Opener
from tests.e2e.page_reader import idle, open_level, state, wait_for_address, wait_until

BOTH = "moescope.state().b?.complete && moescope.state().complete"


def heads(page: Page) -> list[tuple[str, str, str]]:
    """Returns name, badge and EXPERTS_HIT of each side."""
    return [
        (
            head.locator(".side-name").inner_text(),
            head.locator(".badge").inner_text(),
            head.locator('[data-counter="experts_hit"]').get_attribute("data-value") or "",
        )
        for head in page.locator(".side-head").all()
    ]


def test_reader_comparing_authored_and_live_has_a_link_to_the_same_pair(open_page: Opener) -> None:
    page = open_page("/?scenario=code&token=4&layer=3")
    expect(page.locator(".side-head")).to_have_count(0)
    open_level(page, "Explore")
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("button", name="Authored | Live").click()
    wait_until(page, BOTH)
    idle(page)
    shown = heads(page)
    assert [side[:2] for side in shown] == [("Authored", "AUTHORED"), ("Live", "LIVE")]
    wait_for_address(page, "b.source=live")
    expect(page.locator("canvas.scene:visible")).to_have_count(2)
    told = state(page)
    assert told["time"] / told["duration"] == pytest.approx(told["b"]["time"] / told["b"]["duration"])
    for path in (page.url, page.url.replace("/?", "/embed?")):
        other = open_page(path)
        wait_until(other, BOTH)
        idle(other)
        assert heads(other) == shown
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("button", name="Back to one stack").click()
    wait_until(page, "!location.search.includes('b.')")
    expect(page.locator("canvas.scene:visible")).to_have_count(1)
