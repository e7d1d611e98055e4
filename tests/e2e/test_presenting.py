"""A speaker presents a view: one key a beat, few controls, Escape ends; a link opens it."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Opener
from tests.e2e.page_reader import complete, state, wait_for_address, wait_until

STANDS = "!moescope.state().playing"


def caption(page: Page) -> str:
    """Returns the words of the beat."""
    return page.locator(".shot-caption").inner_text()


def test_speaker_steps_through_the_beats_with_one_key_and_leaves_by_escape(open_page: Opener) -> None:
    page = open_page("/?level=present", reduced_motion="reduce")
    complete(page)
    heard = [caption(page)]
    for key in ("ArrowRight", "Space", "PageDown", "Enter"):
        page.keyboard.press(key)
        wait_until(page, f"{STANDS} && document.querySelector('.shot-caption').textContent !== {heard[-1]!r}")
        heard.append(caption(page))
    assert len(set(heard)) == 5
    page.keyboard.press("ArrowLeft")
    wait_until(page, f"document.querySelector('.shot-caption').textContent === {heard[-2]!r}")
    expect(page.locator(":is(.level, .play, .tool, select, textarea):visible")).to_have_count(0)
    expect(page.get_by_role("button", name="Esc ends")).to_be_visible()
    wait_until(page, "parseFloat(getComputedStyle(document.documentElement).fontSize) >= 22")
    expect(page.locator(".badge").first).to_have_text(re.compile("^AUTHORED"), use_inner_text=True)
    wait_for_address(page, "level=present")
    page.keyboard.press("Escape")
    wait_until(page, "moescope.state().view.level === 'story'")
    page.locator(".controls").wait_for()


def test_beat_plays_to_its_end_and_waits_for_the_speaker(open_page: Opener) -> None:
    page = open_page("/?token=3&layer=2")
    complete(page)
    page.keyboard.press("Shift+P")
    wait_until(page, f"{STANDS} && moescope.state().view.level === 'present'")
    first = caption(page)
    page.keyboard.press("Space")
    wait_until(page, f"{STANDS} && document.querySelector('.shot-caption').textContent !== {first!r}")
    assert state(page)["view"]["level"] == "present"
