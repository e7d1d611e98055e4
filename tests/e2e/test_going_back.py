"""Back undoes the last choice and closes what is open before it leaves; the address is written rarely."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PHONE, Opener
from tests.e2e.page_reader import complete, idle, open_level, open_panel, press, state, wait_until

COUNT_WRITES = """
  window.writes = 0;
  for (const name of ['pushState', 'replaceState']) {
    const real = history[name];
    history[name] = function (...given) { writes++; return real.apply(this, given); };
  }
"""


def go_back(page: Page) -> None:
    """Press Back, within the page, and wait until it has heard."""
    travel(page, "back")


def travel(page: Page, way: str) -> None:
    """Go a page back or forward in the history of this document."""
    page.evaluate(f"new Promise(done => {{ addEventListener('popstate', done); history.{way}(); }})")
    idle(page)


def opened(page: Page) -> tuple[str, str]:
    """Returns level and data view."""
    view = state(page)["view"]
    return view["level"], view["panel"]


def test_back_undoes_level_panel_tower_and_camera_one_by_one(open_page: Opener) -> None:
    page = open_page("/?token=3&layer=2", reduced_motion="reduce")
    complete(page)
    idle(page)
    start = page.url
    open_level(page, "Explore")
    press(page, "Camera", "FRONT")
    open_panel(page, "Load")
    open_panel(page, "Heat map")
    page.keyboard.press("w")
    idle(page)
    go_back(page)
    assert not state(page)["view"]["whole"] and opened(page) == ("explore", "heatmap")
    go_back(page)
    assert opened(page) == ("explore", "load")
    go_back(page)
    assert opened(page) == ("explore", "none") and state(page)["view"]["camera"] == "front"
    go_back(page)
    assert state(page)["view"]["camera"] == "orbit"
    go_back(page)
    assert opened(page) == ("story", "none")
    expect(page).to_have_url(start)
    travel(page, "forward")
    assert opened(page) == ("explore", "none")


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 720}, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", ["Share", "Menu"])
def test_back_closes_what_lies_over_the_page_and_stays(open_page: Opener, name: str, viewport) -> None:
    page = open_page("/?token=3&layer=2", reduced_motion="reduce", viewport=viewport)
    complete(page)
    before = page.evaluate("history.length")
    page.get_by_role("button", name=name, exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    go_back(page)
    dialog.wait_for(state="hidden")
    page.get_by_role("button", name=name, exact=True).click()
    dialog.wait_for()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    idle(page)
    assert not page.evaluate("history.state?.overlay"), "what is closed leaves no page behind"
    assert page.evaluate("history.length") <= before + 1


def test_back_on_a_link_with_an_open_panel_closes_it_before_it_leaves(open_page: Opener) -> None:
    page = open_page("/?panel=load&token=3&layer=2", reduced_motion="reduce")
    complete(page)
    idle(page)
    page.reload()
    complete(page)
    go_back(page)
    assert opened(page) == ("story", "none")
    assert state(page)["at"] == {"token": 2, "layer": 1}
    page.go_back(wait_until="commit")
    expect(page).to_have_url("about:blank")


def test_back_while_playing_does_not_turn_the_clock_back(open_page: Opener) -> None:
    page = open_page("/?speed=0.25")
    complete(page)
    open_panel(page, "Load")
    wait_until(page, "moescope.state().time > 1")
    before = state(page)["time"]
    page.go_back(wait_until="commit")
    wait_until(page, "moescope.state().view.panel === 'none'")
    told = state(page)
    assert told["playing"] and told["time"] >= before


def test_dragging_the_scrubber_writes_the_address_a_few_times_a_second_and_ends_right(
    open_page: Opener,
) -> None:
    page = open_page("/?token=1&layer=1", init=COUNT_WRITES, reduced_motion="reduce")
    complete(page)
    idle(page)
    rate: dict[str, float] = page.evaluate("""async () => {
      const range = document.querySelector('.range'), begun = performance.now();
      const before = writes;
      for (let i = 1; i <= 120; i++) {
        range.value = String(Number(range.min) + (Number(range.max) - Number(range.min)) * i / 150);
        range.dispatchEvent(new Event('input', { bubbles: true }));
        await new Promise(requestAnimationFrame);
      }
      return { writes: writes - before, secs: (performance.now() - begun) / 1000 };
    }""")
    assert 1 <= rate["writes"] <= 2 + 2.5 * rate["secs"]
    idle(page)
    at = state(page)["at"]
    wait_until(page, f"location.search.includes('token={at['token'] + 1}&layer={at['layer'] + 1}')")
