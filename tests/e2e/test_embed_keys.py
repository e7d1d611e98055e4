"""In somebody's page, keys that scroll are the page's, also after a click on the scene."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Opener
from tests.e2e.page_reader import complete, idle, state, wait_until

PREVENTED = """() => {
  window.prevented = [];
  addEventListener('keydown', (event) => prevented.push(event.defaultPrevented));
}"""


@pytest.mark.parametrize("key", ["PageDown", "ArrowDown", "Space"])
def test_key_that_scrolls_an_article_is_left_to_it_after_a_click_on_the_scene(
    open_page: Opener, key: str
) -> None:
    page = open_page("/embed?token=3&layer=2", reduced_motion="reduce")
    complete(page)
    idle(page)
    page.evaluate(PREVENTED)
    page.locator("canvas.scene").first.click(position={"x": 8, "y": 8})
    before = state(page)["at"]
    page.keyboard.press(key)
    wait_until(page, "prevented.length > 0")
    assert page.evaluate("prevented") == [False]
    assert state(page)["at"] == before and not state(page)["playing"]


def test_arrow_steps_once_the_reader_is_in_a_control(open_page: Opener) -> None:
    page = open_page("/embed?token=3&layer=2", reduced_motion="reduce")
    complete(page)
    page.get_by_role("button", name="Play", exact=True).focus()
    page.keyboard.press("ArrowUp")
    idle(page)
    assert state(page)["at"] == {"token": 2, "layer": 2}
