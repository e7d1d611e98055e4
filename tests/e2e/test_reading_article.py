"""The sample article in Chromium: its text drives its views."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PHONE, Opener


def get(page: Page, view: str) -> dict:
    """Returns what one of the views shows."""
    told: dict = page.evaluate(f"document.getElementById('{view}').get()")
    return told


def follow(page: Page, view: str, words: str) -> dict:
    """Follow a link of the text, and what the view shows then."""
    link = page.locator(f"a[data-view={view}]", has_text=words)
    link.click()
    page.locator(f"a[data-view={view}][aria-current]", has_text=words).wait_for()
    return get(page, view)


@pytest.fixture
def article(open_page: Opener) -> Page:
    page = open_page("/article", ready=None)
    page.wait_for_function("customElements.get('moescope-embed') !== undefined")
    return page


def test_reader_following_links_sees_total_grow_and_active_stay(article: Page) -> None:
    before, others = get(article, "size")["counters"], (get(article, "router"), get(article, "load"))
    wide = follow(article, "size", "64 experts")["counters"]
    assert (wide["total_p"], wide["active_p"]) == (8 * before["total_p"], before["active_p"])
    assert follow(article, "size", "4 of the 64")["counters"]["active_p"] == 2 * before["active_p"]
    assert follow(article, "size", "Back to 8")["counters"]["total_p"] == before["total_p"]
    still = (get(article, "router"), get(article, "load"))
    assert [each["view"]["experts"] for each in still] == [8, 8]
    assert still[1] == others[1]


def test_reader_following_links_sees_the_router_step_and_top_k_change(article: Page) -> None:
    told = follow(article, "router", "at the second")
    assert (told["at"]["token"], told["at"]["layer"], told["playing"]) == (1, 2, False)
    assert follow(article, "router", "drop top-k to 1")["view"]["k"] == 1
    assert follow(article, "router", "let it run")["playing"] is True


def test_reader_sending_the_code_through_a_trained_model_sees_the_badge_turn(article: Page) -> None:
    assert (get(article, "load")["badge"], get(article, "load")["at"]["layer"]) == ("AUTHORED", 3)
    live = follow(article, "load", "that was trained")
    assert live["badge"] == "LIVE" and live["at"]["layer"] == 3
    assert live["counters"]["experts_hit"] > 2 * 3
    assert follow(article, "load", "And back")["badge"] == "AUTHORED"


def test_reader_on_a_phone_never_scrolls_sideways(open_page: Opener) -> None:
    page = open_page("/article", ready=None, viewport=PHONE, is_mobile=True, has_touch=True)
    get(page, "router")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_reader_of_the_references_on_a_phone_sees_whole_lines(open_page: Opener) -> None:
    page = open_page("/references", ready=None, viewport=PHONE, is_mobile=True, has_touch=True)
    lines = page.locator(".references li")
    lines.first.wait_for()
    right = "(all) => Math.max(...all.map((each) => each.getBoundingClientRect().right))"
    assert lines.evaluate_all(right) <= PHONE["width"]


def test_reader_without_javascript_sees_the_pictures_and_can_follow_the_links(open_page: Opener) -> None:
    page = open_page("/article", ready=None, java_script_enabled=False)
    picture = page.locator("#size img")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    box = picture.bounding_box()
    assert box and box["height"] > 100
    page.get_by_role("link", name="give each layer 64 experts").click()
    expect(page).to_have_url(re.compile("experts=64"))
