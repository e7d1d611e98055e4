"""Tours, questions and the glossary, as a person at a keyboard meets them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import SOURCE, problems
from tests.e2e.conftest import PHONE, Opener
from tests.e2e.page_reader import state, wait_until

PHONES = pytest.mark.parametrize(
    "size", [(360, 640), (390, 844), (844, 390)], ids=lambda size: f"{size[0]}x{size[1]}"
)
CALM = {"reduced_motion": "reduce"}
TOUR = "total-active"
STEPS = 6


def caption(page: Page) -> str:
    return page.locator(".lesson:visible .lesson-caption").inner_text()


def stands_at(page: Page, step: int) -> None:
    """The card says which step it is, and so does the address."""
    place = page.locator(".lesson:visible .lesson-place")
    expect(place).to_have_text(f"{step} of {STEPS}")
    wait_until(page, f"new URLSearchParams(location.search).get('tour') === '{TOUR}'")
    wait_until(page, f"(new URLSearchParams(location.search).get('at') ?? '1') === '{step}'")


def walk_to_the_end(page: Page) -> list[str]:
    """Returns every caption, stepping with the key N; the last press leaves."""
    captions = []
    for step in range(1, STEPS + 1):
        stands_at(page, step)
        captions.append(caption(page))
        page.keyboard.press("n")
    expect(page.locator(".lesson:visible")).to_have_count(0)
    return captions


def test_newcomer_with_a_keyboard_opens_a_tour_and_walks_to_its_end(open_page: Opener) -> None:
    page = open_page("/?scenario=code&token=1&layer=1", **CALM)
    page.keyboard.press("g")
    tour = page.get_by_role("dialog", name="Tours and questions").get_by_role("link", name="Total against")
    tour.focus()
    page.keyboard.press("Enter")
    stands_at(page, 1)
    expect(page.locator(".lesson:visible")).to_be_focused()
    assert len(set(walk_to_the_end(page))) == STEPS
    told = state(page)["view"]
    assert (told["tour"], told["mode"], told["experts"]) == ("", "all", 8)  # the last view stays


def test_reader_of_a_tour_goes_back_leaves_with_escape_and_returns_with_the_browser(
    open_page: Opener,
) -> None:
    page = open_page(f"/?tour={TOUR}&at=2", **CALM)
    stands_at(page, 2)
    wait_until(page, "moescope.state().view.experts === 64")
    page.keyboard.press("p")
    stands_at(page, 1)
    wait_until(page, "moescope.state().view.experts === 8 && moescope.state().status === 'ready'")
    page.go_back()
    stands_at(page, 2)
    page.keyboard.press("Escape")
    expect(page.locator(".lesson:visible")).to_have_count(0)
    wait_until(page, "moescope.state().view.experts === 64")


def test_reader_of_an_article_walks_a_tour_in_its_frame_by_keyboard(open_page: Opener) -> None:
    page = open_page(f"/embed?tour={TOUR}", viewport={"width": 640, "height": 400}, **CALM)
    stands_at(page, 1)
    follow = page.locator(".lesson:visible").get_by_role("link", name="Next")
    follow.focus()
    page.keyboard.press("Enter")
    stands_at(page, 2)
    expect(follow).to_be_focused()
    page.keyboard.press("p")
    assert len(walk_to_the_end(page)) == STEPS


def test_card_on_a_phone_leaves_the_scene_and_the_counters_free(open_page: Opener) -> None:
    page = open_page("/?tour=collapse&at=2", viewport=PHONE, has_touch=True, **CALM)
    top = "document.querySelector('.lesson:not([hidden])').getBoundingClientRect().top"
    bottom = "document.querySelector('.counters').getBoundingClientRect().bottom"
    expect(page.locator(".lesson:visible")).to_have_count(1)
    wait_until(page, f"{top} - {bottom} > 0.15 * innerHeight")
    wait_until(page, "document.documentElement.scrollWidth <= innerWidth")


def test_learner_answering_by_keyboard_is_shown_the_answer_and_keeps_the_score(open_page: Opener) -> None:
    page = open_page("/?quiz=1", **CALM)
    card = page.locator(".lesson:visible")
    card.get_by_role("button", name="eight times").focus()
    page.keyboard.press("Enter")
    told = card.locator(".verdict")
    expect(told).to_contain_text("Wrong. The answer is: It stays as it is.")
    wait_until(page, "moescope.state().view.experts === 64 && moescope.state().view.quiz === 0")
    page.keyboard.press("n")
    expect(card.locator(".lesson-place")).to_have_text("2 of 9")
    card.get_by_role("button", name="ACTIVE_P").press("Enter")
    expect(card.locator(".verdict")).to_contain_text("Right.")
    expect(card.locator(".score")).to_have_text("1 of 2 right")
    page.reload()
    expect(card.locator(".score")).to_have_text("1 of 2 right")


def test_reader_reaching_a_term_is_told_what_it_means_and_escape_closes_only_that(open_page: Opener) -> None:
    page = open_page(f"/?tour={TOUR}", **CALM)
    note = page.locator(".term-note")
    term = page.locator(".lesson:visible .term").first
    term.press("Shift")  # the focus came by keyboard
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(note).to_contain_text("feed-forward network")
    expect(term).to_have_accessible_description(re.compile("feed-forward"))
    page.keyboard.press("Escape")
    expect(note).to_be_hidden()
    stands_at(page, 1)


def test_axe_finds_nothing_in_a_tour_with_its_list_open_nor_in_an_answer(
    open_page: Opener,
) -> None:
    page = open_page(f"/?tour={TOUR}", init=SOURCE, **CALM)
    assert problems(page) == []
    page.keyboard.press("g")
    expect(page.get_by_role("dialog", name="Tours and questions")).to_be_visible()
    assert problems(page) == []
    frame = open_page("/embed?quiz=1", viewport={"width": 640, "height": 400}, init=SOURCE, **CALM)
    frame.locator(".choice").first.click()
    expect(frame.locator(".lesson:visible .verdict")).to_be_visible()
    assert problems(frame) == []


# Steps with long captions: of the shot, above the deck, and beside a panel.
LONG = ["tour=decision&at=3", "tour=first&at=8", "tour=collapse&at=2"]
WHOLE = """(() => {
  const card = document.querySelector(".lesson"), text = card.querySelector(".lesson-caption");
  const [all, { top, bottom }] = [card, text].map((each) => each.getBoundingClientRect());
  const foot = card.querySelector(".lesson-foot").getBoundingClientRect();
  const under = foot.top < bottom && foot.bottom > top;
  return all.height > 0 && top >= all.top - 1 && bottom <= all.bottom + 1 && !under;
})()"""


@PHONES
def test_caption_of_a_step_is_whole_and_next_is_in_sight_on_phones(
    open_page: Opener, size: tuple[int, int]
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    for step in LONG:
        page = open_page(f"/?lang=fr&{step}", viewport=viewport, reduced_motion="reduce")
        wait_until(page, WHOLE)
        expect(page.locator(".lesson:visible .primary")).to_be_in_viewport(ratio=1)
        page.close()


@PHONES
def test_tour_of_the_decision_shows_its_numbers_on_phones(open_page: Opener, size: tuple[int, int]) -> None:
    viewport = {"width": size[0], "height": size[1]}
    page = open_page("/?tour=decision&at=3", viewport=viewport, **CALM)
    rows = page.locator(".ladder tr[data-expert]")
    expect(rows).to_have_count(8)
    for row in (rows.first, rows.last):
        expect(row).to_be_in_viewport(ratio=1)
    expect(rows.first.locator(".ladder-weight")).to_have_text("× 0.68")
    wait_until(page, apart(".decision", ".lesson"))


def apart(*selectors: str) -> str:
    """Returns a condition: the elements of two selectors share no pixel."""
    boxes = ", ".join(f"document.querySelector('{each}').getBoundingClientRect()" for each in selectors)
    overlap = "a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1"
    return f"(([a, b]) => a.height > 0 && b.height > 0 && !({overlap}))([{boxes}])"


NUMBERED = """(() => {
  const box = (selector) => document.querySelector(selector).getBoundingClientRect();
  const [frame, body, bars] = [".bars-frame", ".drawer-body", ".bars"].map(box);
  return bars.height > 24 && frame.top >= body.top - 1 && frame.bottom <= body.bottom + 1;
})()"""


@pytest.mark.parametrize(
    "size", [(390, 844), (844, 390), (1024, 600)], ids=lambda size: f"{size[0]}x{size[1]}"
)
def test_load_in_a_tour_is_seen_down_to_the_ids(open_page: Opener, size: tuple[int, int]) -> None:
    viewport = {"width": size[0], "height": size[1]}
    page = open_page("/?tour=collapse&at=3", viewport=viewport, **CALM)
    wait_until(page, NUMBERED)


@PHONES
def test_two_stacks_of_a_tour_have_whole_names_on_phones(open_page: Opener, size: tuple[int, int]) -> None:
    page = open_page("/?tour=collapse&at=8", viewport={"width": size[0], "height": size[1]}, **CALM)
    names = page.locator(".side-name")
    expect(names.last).to_have_text("trio-8-unbalanced")
    for name in names.all():
        assert name.evaluate("each => each.scrollWidth <= each.clientWidth")


def test_training_lies_on_no_control_in_a_low_window(open_page: Opener) -> None:
    page = open_page("/?tour=collapse&at=8", viewport={"width": 1024, "height": 600}, **CALM)
    wait_until(page, apart(".left", ".training"))
