"""Fingers and keys: an embed never traps the scroll, targets are large, nothing traps the focus."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PHONE, Opener
from tests.e2e.other_origin import host_page
from tests.e2e.page_reader import complete, idle, open_level, wait_until

SMALL = {"width": 360, "height": 740}
LYING = {"width": 740, "height": 360}

HOST = """<!doctype html><html lang="en" data-state="ready"><title>An article</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>body {{ margin: 0 }} iframe {{ display: block; width: 100%; height: 100vh; border: 0 }}</style>
<iframe src="{url}/embed?scenario=code&token=2&layer=2" title="Moescope"></iframe>
<div style="height: 3000px"></div>"""

# What can be pressed and is smaller than a finger. A label takes the press for its box, and a word of a text
# may be small (WCAG 2.5.8): the words of the strip are as wide as they are, and links stand in sentences.
SMALLER = """least => [...document.querySelectorAll('button, select, input, summary, a')].filter((each) => {
  const box = (each.closest('label') ?? each).getBoundingClientRect();
  if (!each.checkVisibility({ visibilityProperty: true }) || !box.width) return false;
  if (each.matches('.badge-button, .token, a:not(.open-full), .range, .term')) return false;
  return box.width < least || box.height < least;
}).map((each) => each.outerHTML.slice(0, 120) + ' ' + JSON.stringify(each.getBoundingClientRect()))"""


def swipe_up(page: Page) -> None:
    """One finger from the lower half of the screen to its top."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *heights: int) -> None:
        points = [{"x": 180, "y": y} for y in heights]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 500)
    for y in range(490, 150, -20):
        touch("touchMove", y)
    touch("touchEnd")


def test_finger_on_an_embed_scrolls_the_page(open_page: Opener, server_url: str) -> None:
    with host_page(HOST.format(url=server_url)) as address:
        page = open_page(address, viewport=SMALL, has_touch=True, is_mobile=True)
        frame = page.frame_locator("iframe")
        frame.locator(".counter").first.wait_for()
        page.frames[1].wait_for_selector('html[data-state="ready"]', state="attached")
        wait_until(page.frames[1], "moescope.state().scene === 'shown'")
        swipe_up(page)
        page.wait_for_function("scrollY > 100")
        canvas = frame.locator("canvas.scene").first
        assert canvas.evaluate("canvas => getComputedStyle(canvas).touchAction") == "pan-y"


@pytest.mark.parametrize("size", [SMALL, LYING], ids=["upright", "lying"])
def test_everything_that_a_finger_presses_is_large_and_on_the_screen(
    open_page: Opener, size: dict[str, int]
) -> None:
    page = open_page("/?token=3&layer=2", viewport=size, has_touch=True, is_mobile=True)
    complete(page)
    assert page.evaluate(SMALLER, 44) == []
    open_level(page, "Explore")
    assert page.evaluate(SMALLER, 44) == []
    page.keyboard.press("Escape")
    idle(page)
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    tools = page.locator(".tools .tool").filter(visible=True).first.bounding_box()
    hits = page.locator('.counter[data-counter="experts_hit"]').bounding_box()
    assert tools and hits
    beside = hits["x"] + hits["width"] <= tools["x"] or tools["x"] + tools["width"] <= hits["x"]
    assert beside or hits["y"] >= tools["y"] + tools["height"] - 12


def focused(page: Page) -> str:
    """Returns what has the focus, in a word."""
    name: str = page.evaluate(
        "(({ activeElement: e }) => e === document.body ? 'body' :"
        " [e.className, e.getAttribute('aria-label') ?? e.textContent].join(' ').trim())(document)"
    )
    return name


def test_tab_key_goes_through_the_whole_page_and_out_of_it(open_page: Opener) -> None:
    page = open_page("/?token=3&layer=2&panel=heatmap")
    complete(page)
    stops = []
    for _ in range(120):
        page.keyboard.press("Tab")
        stops.append(focused(page))
        if stops[-1] == "body":
            break
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring != "none", stops[-1]
    assert stops[-1] == "body", "the focus leaves the page at its end"
    passed = " ".join(stops)
    for each in (
        "wordmark",
        "Authored",
        "64",
        "ORBIT",
        "Heat map",
        "Compare",
        "Menu",
        "heat ",
        "play",
        "range",
    ):
        assert each in passed, each
    assert sum("token" in stop and "strip" not in stop for stop in stops) <= 4, "the strip is one stop"


@pytest.mark.parametrize(("key", "name"), [("b", "Two stacks"), ("s", "Share"), ("?", "Menu")])
def test_overlay_opened_by_key_takes_the_focus_and_gives_it_back(
    open_page: Opener, key: str, name: str
) -> None:
    page = open_page("/?token=3&layer=2", viewport=PHONE)
    complete(page)
    play = page.get_by_role("button", name="Play", exact=True)
    play.focus()
    page.keyboard.press(key)
    dialog = page.get_by_role("dialog", name=name)
    dialog.wait_for()
    expect(page.locator(".popover:is(:focus, :has(:focus))")).to_have_count(1)
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    expect(play).to_be_focused()


def test_keys_change_panel_and_theme(open_page: Opener) -> None:
    page = open_page("/?token=3&layer=2")
    complete(page)
    page.keyboard.press("f")
    wait_until(page, "moescope.state().view.panel === 'learned'")
    page.keyboard.press("d")
    wait_until(page, "moescope.state().view.theme === 'light'")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
