"""The directed shot and the decision in numbers, as a visitor sees them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Opener
from tests.e2e.page_reader import complete, idle, state, wait_until

# The shot goes on while a test looks at it.
KEEP_CAPTIONS = """window.captions = [];
const note = () => {
  const caption = document.querySelector(".shot-caption")?.textContent;
  if (caption && captions.at(-1) !== caption) captions.push(caption);
};
new MutationObserver(note).observe(document, { subtree: true, childList: true, characterData: true });"""


def test_a_first_visitor_sees_the_shot_and_any_key_leads_to_its_end(open_page: Opener) -> None:
    page = open_page("/", first_visit=True, init=KEEP_CAPTIONS)
    page.locator(".shot-caption").wait_for()
    assert page.evaluate("captions[0]") == "One word meets eight experts."
    page.keyboard.press("x")
    wait_until(page, "document.querySelector('.shot').hidden")
    assert state(page)["view"]["shot"] is None


def test_a_link_to_a_moment_of_the_shot_stands_there_with_its_caption(open_page: Opener) -> None:
    page = open_page("/?shot=4&lang=fr")
    complete(page)
    expect(page.locator(".shot-caption")).to_have_text("Les deux meilleurs passent.")
    assert not state(page)["playing"]
    expect(page.locator(".decision [data-state=chosen]")).to_have_count(2)


def test_the_ladder_shows_the_decision_of_the_moment(open_page: Opener) -> None:
    page = open_page("/?token=3&layer=3")
    complete(page)
    expect(page.locator(".decision-title")).to_have_text("Layer 3 scores “river”", use_inner_text=True)
    expect(page.locator(".ladder [data-expert]")).to_have_count(8)
    expect(page.locator(".ladder [data-cut]")).to_have_attribute("data-expert", "7")


@pytest.mark.parametrize("query", ["experts=64", "experts=64&k=4", "shape=kimi-k2"])
def test_curve_of_the_other_scores_leaves_no_empty_row(open_page: Opener, query: str) -> None:
    page = open_page(f"/?{query}&token=4&layer=4")
    complete(page)
    page.locator(".ladder-tail").wait_for()
    room, drawn = (
        page.locator(each).evaluate("each => each.getBoundingClientRect().height")
        for each in (".ladder-tail svg", ".ladder-tail polyline")
    )
    assert drawn >= 0.9 * room


@pytest.mark.parametrize("size", [(360, 640), (390, 844), (844, 390), (1280, 720)], ids=str)
@pytest.mark.parametrize("path", ["/", "/embed"])
def test_shot_shows_all_scores_and_ids_between_ring_and_caption(
    open_page: Opener, path: str, size: tuple[int, int]
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    for secs in (2, 4.6):
        page = open_page(f"{path}?scenario=english&shot={secs}", viewport=viewport)
        complete(page)
        idle(page)
        rows = page.locator(".ladder [data-expert]")
        expect(rows).to_have_count(8)
        words, skip = (page.locator(each).bounding_box() for each in (".shot-words", ".shot-skip"))
        assert words and skip
        for each in rows.all():
            expect(each).to_be_in_viewport(ratio=1)
            box = each.bounding_box()
            assert box
            assert box["y"] + box["height"] <= words["y"] or box["x"] >= words["x"] + words["width"]
            assert box["y"] + box["height"] <= skip["y"]
        named = {each["word"] for each in page.evaluate("moescope.labels()")}
        assert named >= {str(expert) for expert in range(1, 8)}


def test_tour_of_the_decision_stands_at_the_beats_of_the_shot_with_its_own_captions(
    open_page: Opener,
) -> None:
    page = open_page("/?tour=decision")
    complete(page)
    card = page.locator(".lessons")
    for words in ("fan out", "The cut", "weighted sum", "draws back"):
        card.get_by_text(words).wait_for()
        wait_until(page, "document.querySelector('.app').hasAttribute('data-shot')")
        assert not state(page)["playing"]
        expect(page.locator(".shot-caption")).to_be_hidden()
        if words != "draws back":
            card.get_by_role("link", name="Next").click()


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_small_embed_says_each_beat_in_one_line_below_the_ring(open_page: Opener, lang: str) -> None:
    for secs in (0.5, 2, 4, 6, 8):
        page = open_page(
            f"/embed?scenario=english&shot={secs}&lang={lang}", viewport={"width": 360, "height": 300}
        )
        expect(page.locator(".shot-caption")).not_to_be_empty()
        words, deck, skip, title = (
            page.locator(each).bounding_box() for each in (".shot-words", ".deck", ".shot-skip", ".title-row")
        )
        assert words and deck and skip and title
        assert words["y"] >= deck["y"] - 4, "the scene ends where the words begin"
        assert skip["y"] + skip["height"] <= words["y"]
        assert title["x"] + title["width"] <= skip["x"]
