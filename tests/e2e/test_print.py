"""A printed page has all rows of the table, the scene as ink on white, and nothing on top of anything."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Opener
from tests.e2e.page_reader import complete, seek, wait_until

# Of A4 without its margins, CSS pixels.
PORTRAIT = {"width": 688, "height": 1017}
LANDSCAPE = {"width": 1017, "height": 688}
LETTER_LANDSCAPE = {"width": 950, "height": 710}
LETTER_PORTRAIT = {"width": 710, "height": 950}

# Rectangles of what is printed, by name.
PRINTED = """() => {
  const parts = [".masthead", ".embed-head", ".paper-picture", ".right > .counters", ".side-a", ".side-b",
    ".strip", ".drawer", ".paper-foot"];
  return Object.fromEntries(parts.flatMap((name) => {
    const element = document.querySelector(name);
    if (!element?.checkVisibility()) return [];
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return [[name, [left, top, right, bottom].map(Math.round)]];
  }));
}"""
PIXELS = """() => {
  const canvas = document.querySelector(".paper-picture");
  const { data, width, height } = canvas
    .getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let white = 0, dark = 0;
  for (let i = 0; i < data.length; i += 4) {
    white += Math.min(data[i], data[i + 1], data[i + 2]) > 245;
    dark += data[i + 1] < 60;
  }
  return { white: white / (width * height), dark: dark / (width * height) };
}"""
WHITE = "getComputedStyle(document.body).backgroundColor === 'rgb(255, 255, 255)'"
TO_PRESS = """[...document.querySelectorAll("button, select, input, textarea")].filter(
  (each) => each.checkVisibility() && !each.closest(".strip, .badge, .term"),
).map((each) => each.outerHTML)"""


def on_paper(page: Page) -> None:
    """What the browser does before it prints."""
    page.emulate_media(media="print")
    wait_until(page, "matchMedia('print').matches")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    wait_until(page, WHITE)


@pytest.mark.parametrize("paper", [PORTRAIT, LANDSCAPE])
@pytest.mark.parametrize("path", ["/?panel=table", "/?panel=table&b.experts=32", "/embed?token=3"])
def test_printed_parts_stand_below_each_other_from_head_to_address(
    open_page: Opener, path: str, paper: dict[str, int]
) -> None:
    page = open_page(path, viewport=paper)
    complete(page)
    on_paper(page)
    found: dict[str, list[int]] = page.evaluate(PRINTED)
    assert {".paper-picture", ".strip", ".paper-foot"} <= set(found)
    assert (".side-a" in found) == (".side-b" in found) == ("b.experts" in path)
    boxes = sorted(found.values(), key=lambda box: box[1])
    for above, below in pairwise(boxes):
        assert below[1] >= above[3] - 1, found
    assert all(box[0] >= 0 and box[2] <= paper["width"] for box in boxes)
    assert boxes[-1] == found[".paper-foot"]


def one_page(open_page: Opener, query: str, paper: dict[str, int]) -> tuple[Page, dict[str, list[int]]]:
    """Returns a view with a panel on paper, of which one page is enough, and its boxes."""
    page = open_page(f"/?scenario=translate&{query}", viewport=paper)
    complete(page)
    page.locator(".drawer .flat > *").first.wait_for(state="attached")
    on_paper(page)
    found: dict[str, list[int]] = page.evaluate(PRINTED)
    assert found[".paper-foot"][3] <= paper["height"], "it is one page"
    return page, found


@pytest.mark.parametrize("paper", [LANDSCAPE, LETTER_LANDSCAPE], ids=["A4", "Letter"])
@pytest.mark.parametrize("panel", ["heatmap", "load"])
@pytest.mark.parametrize("more", ["", "&b.experts=32"])
def test_landscape_page_has_picture_and_view_beside_each_other(
    open_page: Opener, panel: str, paper: dict[str, int], more: str
) -> None:
    _, found = one_page(open_page, f"panel={panel}{more}", paper)
    assert found[".drawer"][0] >= found[".paper-picture"][2]
    assert found[".drawer"][3] <= found[".paper-foot"][1]


@pytest.mark.parametrize("paper", [PORTRAIT, LETTER_PORTRAIT], ids=["A4", "Letter"])
@pytest.mark.parametrize("panel", ["heatmap", "load"])
def test_portrait_page_has_no_gap_and_names_the_groups(
    open_page: Opener, panel: str, paper: dict[str, int]
) -> None:
    page, _ = one_page(open_page, f"panel={panel}", paper)
    for group in ("english", "french", "punctuation"):
        expect(page.locator(".legend").get_by_text(group)).to_be_visible()
    expect(page.locator(".wordmark")).to_be_visible()
    expect(page.get_by_text("Point at a cell")).to_be_hidden()


def test_printed_table_has_all_its_rows_and_nothing_to_press(open_page: Opener) -> None:
    page = open_page("/?scenario=translate&panel=table", viewport=PORTRAIT)
    complete(page)
    page.locator("table.routing tbody tr[data-token]").first.wait_for()
    on_paper(page)
    rows = page.locator("table.routing tbody tr[data-token]")
    expect(rows).to_have_count(18 * 6)
    expect(rows.first).to_be_visible()
    expect(rows.last).to_be_visible()
    found = page.evaluate(PRINTED)
    assert found[".drawer"][3] <= found[".paper-foot"][1]
    last = page.evaluate(
        "[...document.querySelectorAll('tr[data-token]')].at(-1).getBoundingClientRect().bottom"
    )
    assert last <= found[".drawer"][3] + 1
    assert page.evaluate(TO_PRESS) == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_printed_scene_is_ink_on_white(open_page: Opener, theme: str) -> None:
    page = open_page(f"/?theme={theme}", viewport=PORTRAIT)
    complete(page)
    wait_until(page, "moescope.state().scene === 'shown'")
    seek(page, 4, 3)
    on_paper(page)
    share = page.evaluate(PIXELS)
    assert share["white"] > 0.5
    assert share["dark"] > 0.002


def test_printed_page_says_where_it_is_found_and_when_it_was_printed(
    open_page: Opener, server_url: str
) -> None:
    page = open_page("/?scenario=code&lang=fr&token=2&layer=3", viewport=PORTRAIT)
    complete(page)
    on_paper(page)
    foot = page.locator(".paper-foot").inner_text()
    assert foot.startswith(f"{server_url}/?")
    assert "scenario=code" in foot and "token=2" in foot and "imprimé le" in foot
    expect(page.locator(".masthead .badge").first).to_have_text("SCÉNARISÉ", use_inner_text=True)
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    wait_until(page, "document.documentElement.dataset.theme === 'dark'")
    expect(page.locator(".paper-foot")).to_be_hidden()


FAINTEST = """() => {
  const parts = (colour) => {
    const numbers = colour.match(/[\\d.]+/g).map(Number);
    return colour.startsWith("color(") ? numbers : numbers.map((each) => each / 255);
  };
  const light = (colour) => {
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = parts(colour).map(linear);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const told = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { data, parentElement: element } = walker.currentNode;
    if (data.trim() && element.checkVisibility() && !element.closest("script, style"))
      told.push([1.05 / (light(getComputedStyle(element).color) + 0.05), data.trim().slice(0, 40)]);
  }
  return told.sort(([a], [b]) => a - b)[0];
}"""


@pytest.mark.parametrize("look", ["", "?theme=light", "?theme=contrast&lang=fr", "?palette=cobalt"])
def test_printed_article_is_black_on_white(open_page: Opener, look: str) -> None:
    page = open_page(f"/article{look}", ready=None)
    page.emulate_media(media="print")
    wait_until(page, WHITE)
    faintest, text = page.evaluate(FAINTEST)
    assert faintest >= 7, text
    lines = page.locator("pre").first
    assert lines.evaluate("each => each.scrollWidth <= each.clientWidth"), "a line of code is cut"
