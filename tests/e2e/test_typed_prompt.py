"""A prompt is limited in the box as in the answer, by tokens as the server counts them."""

from __future__ import annotations

import re

import httpx

from tests.e2e.conftest import Opener
from tests.e2e.page_reader import complete, state

LONG = "seven words make a long prompt here " * 50


def test_reader_typing_is_told_the_tokens_that_the_server_counts(open_page: Opener, server_url: str) -> None:
    page = open_page("/?source=live", reduced_motion="reduce")
    complete(page)
    box, room = page.get_by_label("Your own text"), page.locator(".prompt-foot .room")
    box.fill("two words")
    room.filter(has_text=re.compile(r"of 256 tokens")).wait_for()
    counted = httpx.post(f"{server_url}/api/tokens?source=live", content="two words").json()
    assert room.inner_text() == f"{counted['tokens']} of {counted['most']} tokens"
    box.fill(LONG)
    room.filter(has_text="shorten").wait_for()
    assert page.get_by_role("button", name="Route", exact=True).is_disabled()
    box.fill("two words")
    page.get_by_role("button", name="Route", exact=True).click()
    complete(page)
    assert state(page)["tokens"] == counted["tokens"]


def test_reader_typing_only_spaces_is_told_so(open_page: Opener) -> None:
    page = open_page("/?source=live", reduced_motion="reduce")
    complete(page)
    page.get_by_label("Your own text").fill("   ")
    page.get_by_text("Only spaces").wait_for()
