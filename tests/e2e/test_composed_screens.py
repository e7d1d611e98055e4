"""Every screen is composed: the scene keeps half of the height, and no control lies on another."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PHONE, Opener
from tests.e2e.page_reader import complete, idle, state, under, wait_until

PHONES = {"360x640": (360, 640), "390x844": (390, 844), "844x390": (844, 390)}
WIDE = {"1024x600": (1024, 600), "1280x720": (1280, 720), "2560x1440": (2560, 1440)}
SCREENS = PHONES | WIDE
ZOOMED = {"200 %": (640, 360), "400 %": (320, 256)}
STANDING = "token=6&layer=3"
OPENING = ["Escape", "v", "l", "h", "t", "s"]  # Story, Explore, load, heat map, table, Share over it

# Height of the scene that no panel covers, as a share of the window.
SHARE = """() => {
  const stage = document.querySelector('#stage').getBoundingClientRect();
  let [top, bottom] = [stage.top, stage.bottom];
  for (const each of document.querySelectorAll('[data-inset]')) {
    const side = getComputedStyle(each).getPropertyValue('--inset').trim();
    const box = each.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    if (side === 'top') top = Math.max(top, box.bottom);
    if (side === 'bottom') bottom = Math.min(bottom, box.top);
  }
  return (bottom - top) / innerHeight;
}"""

# What can be pressed, as far as it is in sight: cut by the boxes that scroll or hide what is outside them.
# Two that are not inside each other share no point, and none runs out of the window.
CONTROLS = """() => {
  const seen = (element) => {
    let { left, top, right, bottom } = element.getBoundingClientRect();
    for (let up = element.parentElement; up && up !== document.body; up = up.parentElement) {
      if (getComputedStyle(up).overflow === 'visible') continue;
      const box = up.getBoundingClientRect();
      [left, top] = [Math.max(left, box.left), Math.max(top, box.top)];
      [right, bottom] = [Math.min(right, box.right), Math.min(bottom, box.bottom)];
    }
    return { left, top, right, bottom };
  };
  const all = [...document.querySelectorAll('button, select, input, textarea, a, summary')]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.matches('.term, .sr-only'))
    .map((element) => ({ element, ...seen(element) }))
    .filter(({ left, top, right, bottom }) => right - left > 2 && bottom - top > 2);
  const name = ({ element }) => `${element.className} ${element.ariaLabel ?? element.textContent}`;
  const found = [];
  for (const each of all) {
    if (each.left < -1 || each.right > innerWidth + 1 || each.top < -1)
      found.push(`${name(each)} runs out of the window`);
    for (const other of all) {
      const [a, b] = [each.element, other.element];
      if (a.contains(b) || b.contains(a)) continue;
      const across = Math.min(each.right, other.right) - Math.max(each.left, other.left);
      const down = Math.min(each.bottom, other.bottom) - Math.max(each.top, other.top);
      if (across > 1 && down > 1 && all.indexOf(each) < all.indexOf(other))
        found.push(`${name(each)} lies on ${name(other)}`);
    }
  }
  return found;
}"""

# Text smaller than this is for nobody.
SMALL_TEXT = """() => [...document.querySelectorAll('.app *')].filter((each) =>
  each.checkVisibility({ visibilityProperty: true }) && !each.closest('svg') &&
  [...each.childNodes].some(({ nodeType, data }) => nodeType === 3 && data.trim()) &&
  parseFloat(getComputedStyle(each).fontSize) < 12
).map((each) => each.className + ' ' + each.textContent)"""


def look(open_page: Opener, size: tuple[int, int], query: str = "", **options: Any) -> Page:
    """Returns the page at a size, on a phone with fingers."""
    phone = size in PHONES.values()
    viewport = {"width": size[0], "height": size[1]}
    more = {"has_touch": True, "is_mobile": True} if phone else {}
    page = open_page(f"/?{STANDING}{query}", viewport=viewport, reduced_motion="reduce", **(more | options))
    complete(page)
    idle(page)
    return page


def open_by(page: Page, key: str) -> None:
    """Open what a key opens, and wait until it is there."""
    page.keyboard.press(key)
    idle(page)
    if key in "lht":
        page.locator(".drawer .flat > *").filter(visible=True).first.wait_for()
        idle(page)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SCREENS.values(), ids=SCREENS)
def test_scene_keeps_half_of_the_window_and_controls_stand_apart(
    open_page: Opener, size: tuple[int, int], theme: str
) -> None:
    page = look(open_page, size, f"&theme={theme}")
    for key in OPENING:
        open_by(page, key)
        assert page.evaluate(SHARE) >= 0.5, key
        assert page.evaluate(SMALL_TEXT) == [], key
        if key != "s" or size in PHONES.values():  # if there is room, a menu hangs over the page
            assert page.evaluate(CONTROLS) == [], key


@pytest.mark.parametrize("size", ZOOMED.values(), ids=ZOOMED)
def test_zoomed_page_has_every_control_in_reach(open_page: Opener, size: tuple[int, int]) -> None:
    page = look(open_page, size)
    for key in OPENING[:4]:
        open_by(page, key)
        overlaps = [
            each for each in page.evaluate(CONTROLS) if "level" not in each
        ]  # what scrolls below the levels
        assert overlaps == [], key
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), key
    view = page.get_by_label("Data view", exact=True)
    view.select_option("table")
    page.locator("table.routing").wait_for()
    box = view.bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= size[0]


@pytest.mark.parametrize("size", [(320, 256), (320, 180)], ids=str)
def test_page_at_400_percent_shows_the_whole_stack_above_the_levels(
    open_page: Opener, size: tuple[int, int]
) -> None:
    page = look(open_page, size)
    stage, levels = page.locator("#stage").bounding_box(), page.locator(".views").bounding_box()
    assert stage and levels
    assert stage["y"] + stage["height"] <= levels["y"] + 1
    words = {each["word"] for each in page.evaluate("moescope.labels()")}
    assert {"1", "5"} <= words or {"2", "6"} <= words


@pytest.mark.parametrize("size", [PHONES["390x844"], WIDE["1280x720"]], ids=["phone", "desktop"])
def test_levels_open_what_belongs_to_them_and_the_address_says_which(
    open_page: Opener, size: tuple[int, int]
) -> None:
    page = look(open_page, size)
    expect(page.get_by_label("Router", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Explore", exact=True).click()
    page.get_by_label("Router", exact=True).wait_for()
    wait_until(page, "location.search.includes('level=explore')")
    page.get_by_role("button", name="Data", exact=True).click()
    page.locator(".drawer .flat.load").wait_for()
    assert state(page)["view"]["panel"] == "load"
    page.keyboard.press("Escape")
    page.locator(".drawer").wait_for(state="hidden")
    assert state(page)["view"]["level"] == "explore"
    page.get_by_role("button", name="Story", exact=True).click()
    wait_until(page, "!/level=|panel=/.test(location.search)")


@pytest.mark.parametrize("place", ["/", "/embed"])
@pytest.mark.parametrize("size", [PHONES["360x640"], PHONES["844x390"], WIDE["1280x720"]], ids=str)
def test_press_between_groups_and_heat_is_in_sight(
    open_page: Opener, size: tuple[int, int], place: str
) -> None:
    phone = {"has_touch": True, "is_mobile": True} if size in PHONES.values() else {}
    viewport = {"width": size[0], "height": size[1]}
    page = open_page(f"{place}?scenario=translate&{STANDING}", viewport=viewport, **phone)
    complete(page)
    toggle = page.get_by_role("button", name="Show heat", exact=True)
    expect(toggle).to_be_in_viewport(ratio=1)
    toggle.click()
    wait_until(page, "location.search.includes('colour=heat')" if place == "/" else "true")
    expect(page.get_by_role("button", name="Show groups", exact=True)).to_be_in_viewport(ratio=1)
    assert page.evaluate(CONTROLS) == []


def test_phone_says_what_capacity_looks_like_beside_the_scene(open_page: Opener) -> None:
    page = look(open_page, PHONES["390x844"], "&router=switch&k=1")
    expect(page.locator(".tokens .capacity-legend")).to_be_in_viewport(ratio=1)
    assert page.evaluate(SHARE) >= 0.5


def test_short_phone_keeps_the_levels_in_sight_where_a_router_has_a_capacity(open_page: Opener) -> None:
    page = look(open_page, PHONES["360x640"], "&scenario=translate&router=switch&k=1")
    expect(page.get_by_role("navigation", name="Views")).to_be_in_viewport(ratio=1)
    assert page.evaluate(SHARE) >= 0.5


def test_phone_teaches_the_weighted_sum_and_attention_in_explore(open_page: Opener) -> None:
    page = look(open_page, PHONES["390x844"])
    open_by(page, "v")
    for name in ("weighted sum", "attention"):
        term = page.locator(".taught").get_by_role("button", name=name)
        term.scroll_into_view_if_needed()
        term.click()
        expect(page.locator(".term-note")).to_be_in_viewport()
        page.keyboard.press("Escape")
        expect(page.locator(".term-note")).to_be_hidden()


@pytest.mark.parametrize("size", SCREENS.values(), ids=SCREENS)
@pytest.mark.parametrize("query", ["&scenario=code&mode=all", "&scenario=translate&lang=fr"])
def test_ending_lies_on_nothing_and_leaves_half_to_the_scene(
    open_page: Opener, size: tuple[int, int], query: str
) -> None:
    page = look(open_page, size, query)
    page.evaluate("moescope.hold() ?? moescope.play()")
    page.evaluate("moescope.step(60)")
    ending = page.locator(".ending")
    expect(ending).to_be_visible()
    expect(ending.get_by_role("button")).to_be_in_viewport(ratio=1)
    expect(page.locator(".level").first).to_be_in_viewport(ratio=1)
    page.evaluate("moescope.step(2)")  # the camera arrives
    assert page.evaluate(CONTROLS) == []
    assert page.evaluate(SHARE) >= 0.49
    box = ending.bounding_box()
    assert box
    expect(page.locator(".strip")).to_be_in_viewport(ratio=1)
    for kind in (".legend", ".decision", ".strip"):
        other = page.locator(kind).bounding_box() if page.locator(kind).is_visible() else None
        if other:
            across = min(box["x"] + box["width"], other["x"] + other["width"]) - max(box["x"], other["x"])
            down = min(box["y"] + box["height"], other["y"] + other["height"]) - max(box["y"], other["y"])
            assert across <= 1 or down <= 1, kind


# What the ending of an embed must not lie on: what can be pressed or read beside it.
UNDER_ENDING = ":is(.embed-head, .deck) :not(:has(*))"


@pytest.mark.parametrize("size", [(640, 420), (360, 300), (300, 200), (250, 180)], ids=str)
def test_ending_of_an_embed_lies_on_nothing_and_leads_on(open_page: Opener, size: tuple[int, int]) -> None:
    viewport = {"width": size[0], "height": size[1]}
    page = open_page(f"/embed?scenario=paris&mode=all&{STANDING}", viewport=viewport, reduced_motion="reduce")
    complete(page)
    idle(page)
    page.evaluate("moescope.hold() ?? moescope.play()")
    page.evaluate("moescope.step(60)")
    caption = page.locator(".ending-caption")
    expect(caption).to_be_in_viewport(ratio=1)
    page.evaluate("moescope.step(2)")
    assert under(page, ".ending-caption", UNDER_ENDING) == []
    expect(page.locator(".open-full")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name=re.compile("Replay|start")).first).to_be_in_viewport(ratio=1)


# Whether the figures of two stacks stand over their own stack, apart from everything that can be pressed.
HEADS = """() => {
  const box = (element) => element.getBoundingClientRect();
  const pressed = [...document.querySelectorAll('.level, .tool, .drawer, .deck')].filter((each) =>
    each.checkVisibility({ visibilityProperty: true }));
  return [['.side-a', '#stage'], ['.side-b', '#stage-b']].flatMap(([head, stage]) => {
    const own = box(document.querySelector(stage));
    return [...document.querySelectorAll(`${head} .counter, ${head} .side-title`)].filter((each) =>
      each.checkVisibility()).flatMap((each) => {
      const { left, top, right, bottom } = box(each);
      const away = left < own.left - 1 || right > own.right + 1 || bottom > own.bottom;
      const lies = pressed.some((other) => {
        const on = box(other);
        return left < on.right - 1 && on.left < right - 1 && top < on.bottom - 1 && on.top < bottom - 1;
      });
      return away || lies ? [`${head} ${each.className} ${away ? 'off its stack' : 'on a control'}`] : [];
    });
  });
}"""


@pytest.mark.parametrize("size", (SCREENS | {"200 %": (640, 360)}).values(), ids=str)
@pytest.mark.parametrize("query", ["", "&panel=load", "&lang=fr"])
def test_two_stacks_have_their_figures_above_them(
    open_page: Opener, size: tuple[int, int], query: str
) -> None:
    page = look(open_page, size, f"&scenario=code&mode=all&b.experts=32{query}")
    page.locator(".side-b .counter").first.wait_for(state="attached")
    idle(page)
    assert page.evaluate(HEADS) == []


@pytest.mark.parametrize("size", [(360, 640), (390, 844)], ids=str)
def test_figures_of_the_whole_model_push_no_control_out_of_a_phone(
    open_page: Opener, size: tuple[int, int]
) -> None:
    page = look(open_page, size, "&scenario=translate&whole=1")
    page.locator(".whole").wait_for()
    levels = page.get_by_role("navigation", name="Views").bounding_box()
    assert levels and levels["y"] + levels["height"] <= size[1]


def test_row_of_scores_is_whole_on_a_phone_with_64_experts(open_page: Opener) -> None:
    page = open_page("/?experts=64&mode=single&token=4&layer=3", viewport=PHONE)
    complete(page)
    idle(page)
    row, cells = page.evaluate(
        """[".decision", ".ladder tbody th"].map((each) => {
          const { top, bottom } = document.querySelector(each).getBoundingClientRect();
          return [top, bottom];
        })"""
    )
    assert row[0] <= cells[0] and cells[1] <= row[1]


def test_small_phone_shows_the_whole_title_of_the_first_prompt(open_page: Opener) -> None:
    page = open_page("/?token=1&layer=1", viewport={"width": 360, "height": 640}, reduced_motion="reduce")
    title = page.locator(".masthead .title")
    expect(title).to_have_text("A plain sentence")
    assert title.evaluate("each => each.scrollWidth <= each.clientWidth")


@pytest.mark.parametrize("size", SCREENS.values(), ids=SCREENS)
def test_table_opens_at_the_current_row(open_page: Opener, size: tuple[int, int]) -> None:
    page = look(open_page, size, "&panel=table")
    row = page.locator(".routing tr[aria-current]")
    expect(row).to_be_in_viewport(ratio=0.5)
    inside = """(row) => {
      const [box, frame] = [row, row.closest(".scroller")].map((each) => each.getBoundingClientRect());
      return box.top >= frame.top && box.top + box.height / 2 <= frame.bottom;
    }"""
    assert row.evaluate(inside)


# Number of rows of the heat map whose number does not stand beside them.
BESIDE_ANOTHER = """(() => {
  const map = document.querySelector(".heat").getBoundingClientRect();
  const named = [...document.querySelectorAll(".heat-axis > span")];
  const row = map.height / named.length;
  return named.filter((each, at) => {
    const { top, bottom } = each.getBoundingClientRect();
    return Math.abs((top + bottom) / 2 - map.top - (at + 0.5) * row) > row / 2;
  }).length;
})()"""


@pytest.mark.parametrize("size", SCREENS.values(), ids=SCREENS)
def test_rows_of_the_heat_map_stand_beside_their_numbers(open_page: Opener, size: tuple[int, int]) -> None:
    page = look(open_page, size, "&panel=heatmap")
    expect(page.locator(".heat-axis > span")).to_have_count(6)
    wait_until(page, f"{BESIDE_ANOTHER} === 0")
