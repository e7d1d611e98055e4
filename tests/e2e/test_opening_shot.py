"""The directed shot and the decision in numbers, as a visitor sees them."""

from __future__ import annotations

from tests.e2e.conftest import Opener
from tests.e2e.page_reader import complete, state, wait_until


def test_a_first_visitor_sees_the_shot_and_any_key_leads_to_its_end(open_page: Opener) -> None:
    page = open_page("/", first_visit=True)
    page.locator(".shot-caption").wait_for()
    assert page.locator(".shot-caption").inner_text() == "One word meets eight experts."
    page.keyboard.press("x")
    wait_until(page, "document.querySelector('.shot').hidden")
    assert state(page)["view"]["shot"] is None


def test_a_link_to_a_moment_of_the_shot_stands_there_with_its_caption(open_page: Opener) -> None:
    page = open_page("/?shot=4&lang=fr")
    complete(page)
    assert page.locator(".shot-caption").inner_text() == "Les deux meilleurs passent."
    assert not state(page)["playing"]
    assert page.locator(".decision [data-state=chosen]").count() == 2


def test_the_ladder_shows_the_decision_of_the_moment(open_page: Opener) -> None:
    page = open_page("/?token=3&layer=3")
    complete(page)
    assert page.locator(".decision-title").inner_text() == "Layer 3 scores “river”"
    assert page.locator(".ladder [data-expert]").count() == 8
    assert page.locator(".ladder [data-cut]").get_attribute("data-expert") == "7"


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
        assert not page.locator(".shot-caption").is_visible()
        if words != "draws back":
            card.get_by_role("link", name="Next").click()
