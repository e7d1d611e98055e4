"""A prompt is limited in the box as in the answer, by tokens as the server counts them."""

from __future__ import annotations

import httpx
from playwright.sync_api import expect

from tests.e2e.conftest import Opener
from tests.e2e.page_reader import complete, state, wait_until

LONG = "seven words make a long prompt here " * 50


def test_reader_typing_is_told_the_tokens_that_the_server_counts(open_page: Opener, server_url: str) -> None:
    page = open_page("/?source=live", reduced_motion="reduce")
    complete(page)
    box, room = page.get_by_label("Your own text"), page.locator(".prompt-foot .room")
    box.fill("two words")
    counted = httpx.post(f"{server_url}/api/tokens?source=live", content="two words").json()
    expect(room).to_have_text(f"{counted['tokens']} of {counted['most']} tokens")
    box.fill(LONG)
    room.filter(has_text="shorten").wait_for()
    expect(page.get_by_role("button", name="Route", exact=True)).to_be_disabled()
    box.fill("two words")
    page.get_by_role("button", name="Route", exact=True).click()
    complete(page)
    assert state(page)["tokens"] == counted["tokens"]


def test_reader_typing_only_spaces_is_told_so(open_page: Opener) -> None:
    page = open_page("/?source=live", reduced_motion="reduce")
    complete(page)
    page.get_by_label("Your own text").fill("   ")
    page.get_by_text("Only spaces").wait_for()


def test_reader_of_a_refused_prompt_sees_no_figures_of_the_prompt_before(open_page: Opener) -> None:
    page = open_page("/?source=live&token=1&layer=1", reduced_motion="reduce")
    complete(page)
    page.route("**/api/tokens*", lambda route: route.fulfill(json={"tokens": 1, "most": 256}))
    figures = page.locator(".right > .counters .figure")
    expect(figures.filter(has_text="–")).to_have_count(0)
    box = page.get_by_label("Your own text")
    box.fill(LONG)
    box.press("Control+Enter")
    said = page.get_by_role("status").filter(has_text="the counters are empty")
    said.wait_for()
    expect(figures).to_have_text(["–"] * 4)
    expect(page.locator(".counter .counts")).to_have_text(["not routed"] * 4)
    box.fill("two words")
    box.press("Control+Enter")
    said.wait_for(state="hidden")
    wait_until(page, "moescope.state().view.prompt === 'two words'")
    for figure in (figures.nth(0), figures.nth(1)):
        expect(figure).not_to_have_text("–")
