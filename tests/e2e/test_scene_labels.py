"""Labels of the scene never overlap each other, a control or a panel, at any screen size and time."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Opener
from tests.e2e.page_reader import complete, idle, state, wait_until

SIZES = [(1280, 720), (390, 844), (360, 640)]
WAYS = ["mode=sequence", "mode=all", "mode=all&camera=top"]

# The labels that the scene shows, and what of the page lies where, both in pixels of the window.
RECTANGLES = """() => {
  const stage = document.querySelector("canvas.scene").getBoundingClientRect();
  const labels = moescope.labels().map(({ word, rect }) => ({
    word, x: rect.x + stage.left, y: rect.y + stage.top, width: rect.width, height: rect.height,
  }));
  const kinds = "button, a[href], input, select, textarea, .decision, .counter";
  const solid = [...document.querySelectorAll(kinds)];
  const controls = solid.filter((each) => each.checkVisibility({ visibilityProperty: true })).map((each) => {
    const { x, y, width, height } = each.getBoundingClientRect();
    return { word: each.className || each.tagName, x, y, width, height };
  });
  return { labels, controls: controls.filter(({ width, height }) => width > 1 && height > 1) };
}"""


def meet(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Returns whether two rectangles share more than half a pixel."""
    wide = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
    high = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
    return bool(wide > 0.5 and high > 0.5)


def collisions(page: Page) -> tuple[list[str], int]:
    """Returns what a label lies on, and how many labels there are."""
    found = page.evaluate(RECTANGLES)
    labels = found["labels"]
    others = [(one, other) for i, one in enumerate(labels) for other in labels[i + 1 :]]
    others += [(label, control) for label in labels for control in found["controls"]]
    return [f"{one['word']} on {other['word']}" for one, other in others if meet(one, other)], len(labels)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("experts", [8, 64])
def test_labels_touch_nothing_in_mid_flight(open_page: Opener, size: tuple[int, int], experts: int) -> None:
    viewport = {"width": size[0], "height": size[1]}
    for way in WAYS:
        page = open_page(f"/?scenario=translate&experts={experts}&token=9&layer=3&{way}", viewport=viewport)
        complete(page)
        idle(page)
        page.evaluate("moescope.hold() ?? moescope.play()")
        for _ in range(4):
            page.evaluate("moescope.step(0.35)")
            found, labels = collisions(page)
            assert found == [], f"{way}"
            assert labels >= 3, "something is labelled"


@pytest.mark.parametrize("width", [1280, 390])
def test_attention_between_rings_is_named(open_page: Opener, width: int) -> None:
    viewport = {"width": width, "height": 780}
    page = open_page("/?scenario=translate&mode=single&token=2&layer=5", viewport=viewport)
    complete(page)
    idle(page)
    assert "ATTENTION" in [each["word"] for each in page.evaluate("moescope.labels()")]


@pytest.mark.parametrize(
    "size", [(390, 844), (360, 640), (1024, 600)], ids=lambda size: f"{size[0]}x{size[1]}"
)
@pytest.mark.parametrize("camera", ["orbit", "front"])
def test_attention_without_room_beside_is_named_below_the_stack(
    open_page: Opener, size: tuple[int, int], camera: str
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    page = open_page(f"/?scenario=translate&mode=all&token=1&layer=1&camera={camera}", viewport=viewport)
    complete(page)
    idle(page)
    rects = {each["word"]: each["rect"] for each in page.evaluate("moescope.labels()")}
    assert rects["ATTENTION"]["y"] >= rects["1"]["y"] + rects["1"]["height"]
    assert rects["ATTENTION"]["x"] > rects["1"]["x"] + 100, "right of the axis, where tokens enter"


def test_every_token_of_a_short_prompt_is_named_where_all_fly_at_once(open_page: Opener) -> None:
    page = open_page("/?scenario=english&mode=all&layer=3")
    complete(page)
    idle(page)
    shown = {each["word"] for each in page.evaluate("moescope.labels()")}
    assert shown >= {"The", "quiet", "river", "carries", "the", "old", "boat", "home", "before", "dark", "."}


def test_of_many_tokens_the_one_of_the_decision_is_named_and_in_sight_in_the_strip(open_page: Opener) -> None:
    text = "The river runs to the sea and the old boat comes home before dark. " * 3
    page = open_page(f"/?source=live&prompt={text}&mode=all&token=40&layer=3", reduced_motion="reduce")
    complete(page)
    idle(page)
    spoken = page.locator(".strip .token[data-spoken]")
    expect(spoken).to_have_attribute("data-token", str(state(page)["at"]["token"]))
    expect(spoken).to_be_in_viewport(ratio=1)
    word = spoken.locator(".token-text").inner_text()
    named = {each["word"] for each in page.evaluate("moescope.labels()")}
    assert word in named and len(named) < 12


def test_tall_stack_opens_around_the_current_layer_and_follows_it(open_page: Opener) -> None:
    page = open_page("/?shape=deepseek-v3&scenario=code&mode=single&token=1&layer=20")
    complete(page)
    idle(page)
    words = [each["word"] for each in page.evaluate("moescope.labels()")]
    assert {"LAYER 17", "LAYER 21", "1–16", "22–58"} <= set(words)
    page.evaluate("moescope.seek({ token: 0, layer: 40 })")
    wait_until(page, "moescope.labels().some(({ word }) => word === 'LAYER 41')")
    assert "fold" not in page.url


@pytest.mark.parametrize("size", [(390, 844), (360, 640)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_narrow_window_names_all_open_layers_of_a_tall_stack(
    open_page: Opener, size: tuple[int, int]
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    for shape in ("deepseek-v3", "kimi-k2"):
        page = open_page(f"/?shape={shape}&scenario=english&token=8&layer=30", viewport=viewport)
        complete(page)
        idle(page)
        words = {each["word"] for each in page.evaluate("moescope.labels()")}
        assert words >= {"29", "30", "31", "32", "33", "1–28", "D"}
        assert collisions(page)[0] == []


def test_labels_grow_with_the_letters_of_the_page(open_page: Opener) -> None:
    tall = {}
    for name, size, letters in (
        ("usual", (1280, 720), ""),
        ("large window", (2560, 1440), ""),
        ("large letters", (2560, 1440), "32px"),
    ):
        page = open_page("/?token=6&layer=3", viewport={"width": size[0], "height": size[1]})
        complete(page)
        page.evaluate("(size) => void (document.documentElement.style.fontSize = size)", letters)
        wait_until(page, "moescope.labels().length >= 6")
        idle(page)
        found, labels = collisions(page)
        assert found == [] and labels >= 6, name
        tall[name] = min(each["rect"]["height"] for each in page.evaluate("moescope.labels()"))
    assert tall["large window"] / tall["usual"] >= 1.3
    assert tall["large letters"] / tall["usual"] >= 1.8
