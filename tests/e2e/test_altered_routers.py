"""A person changes a tower of the live model, and sees who takes its tokens and what the loss pays."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PHONE, Opener
from tests.e2e.page_reader import complete, seek, state, wait_for_address, wait_until

LIVE = "source=live&scenario=code"
TOLD = "[...document.querySelectorAll('.alter-effect')].some((each) => each.textContent.includes('Loss'))"


def effect(page: Page) -> str:
    """Returns what the page says of the change, once it has compared."""
    wait_until(page, TOLD)
    return page.locator(".alter-effect:visible").first.inner_text()


def expect_badges(page: Page, *words: str) -> None:
    """Wait for these badges over the view."""
    badge = page.locator(".masthead .badge").first
    expect(badge).to_have_text(re.compile(r"^\s*" + r"\s+".join(words) + r"\s*$"), use_inner_text=True)


def test_person_switching_a_tower_off_sees_who_takes_its_tokens_and_what_the_loss_pays(
    open_page: Opener, server_url: str
) -> None:
    page = open_page(f"/?{LIVE}&tower=3.2")
    complete(page)
    expect_badges(page, "LIVE")
    expect(page.locator(".strip .token[data-flips]")).to_have_count(0)
    page.get_by_role("group", name="Change this expert").get_by_role("button", name="Off").click()
    told = effect(page)
    expect_badges(page, "LIVE", "ALTERED")
    wait_for_address(page, "alter=3.2-off")
    answer = httpx.get(f"{server_url}/api/next-tokens?{LIVE}&alter=3.2-off").json()
    before, after, moved = answer["unaltered"]["mean_loss"], answer["mean_loss"], answer["unaltered"]["moved"]
    assert f"{before:.3f} → {after:.3f}" in told and f"{len(moved)} choices" in told
    takers = {e for _, layer, lost, taken in moved if layer == 2 and 2 in lost for e in taken}
    assert {int(e) for e in re.findall(r"expert (\d+) \(", told)} == takers
    flipped = page.locator(".strip .token[data-flips]")
    tokens = sorted({token for token, *_ in moved})
    expect(flipped).to_have_count(len(tokens))
    assert flipped.evaluate_all("all => all.map(t => Number(t.dataset.token))") == tokens
    page.get_by_role("group", name="Change this expert").get_by_role("button", name="As it is").click()
    wait_until(page, "!location.search.includes('alter')")
    expect(flipped).to_have_count(0)
    expect_badges(page, "LIVE")


def test_link_with_a_changed_tower_opens_the_same_view_and_the_flip_is_lit_as_playback_stands_on_it(
    open_page: Opener, server_url: str
) -> None:
    page = open_page(f"/?{LIVE}&alter=3.2-off")
    complete(page)
    moved = httpx.get(f"{server_url}/api/next-tokens?{LIVE}&alter=3.2-off").json()["unaltered"]["moved"]
    token, layer, _, (taker, *_) = next(move for move in moved if move[3])
    wait_until(page, "document.querySelectorAll('.strip .token[data-flips]').length > 0")
    seek(page, token, layer)
    assert state(page)["view"]["alter"] == "3.2-off"
    expect(page.locator(".inspector")).to_be_hidden()  # a flip that is lit is nothing that a person points at
    assert taker >= 0


def test_bad_change_in_a_link_falls_back_alone_with_a_notice(open_page: Opener) -> None:
    page = open_page(f"/?{LIVE}&k=3&alter=99.1-off")
    complete(page)
    expect(page.locator(".status")).to_contain_text("alter: expected layers from 1 to 6, got 99.1-off")
    expect_badges(page, "LIVE")
    assert state(page)["view"]["k"] == 3


def test_reader_of_a_live_model_sees_its_five_most_likely_next_tokens_follow_the_current_one(
    open_page: Opener, server_url: str
) -> None:
    page = open_page(f"/?{LIVE}")
    complete(page)
    answer = httpx.get(f"{server_url}/api/next-tokens?{LIVE}").json()
    for token in (3, 7):
        seek(page, token, 2)
        wait_until(page, "document.querySelectorAll('.strip-end li').length === 5")
        shown = page.locator(".strip-end li b").all_inner_texts()
        assert [each.strip() for each in shown] == [each["text"].strip() for each in answer["next"][token]]
    open_page(f"/?{LIVE}&lang=fr").get_by_title("Les jetons suivants les plus probables").wait_for()


def test_reader_on_a_phone_finds_next_tokens_before_and_after_in_the_panel(open_page: Opener) -> None:
    page = open_page(f"/?{LIVE}&alter=3.2-off&panel=next&token=5&lang=fr", viewport=PHONE)
    wait_until(page, "document.querySelectorAll('.candidates').length === 2")
    expect(page.locator(".candidates .label")).to_have_text(["modifié", "tel quel"], use_inner_text=True)
    expect(page.locator(".candidates li")).to_have_count(10)
    expect_badges(page, "EN", "DIRECT", "MODIFIÉ")


def test_authored_view_and_published_page_offer_no_change_of_a_tower(open_page: Opener) -> None:
    page = open_page("/?tower=3.2")
    complete(page)
    expect(page.locator(".inspector")).to_be_visible()
    expect(page.locator(".tower-changes")).to_be_hidden()


@pytest.mark.parametrize("back", ["it is undone", "the model as it is stands beside it"])
def test_person_takes_a_change_back_or_looks_at_both(open_page: Opener, back: str) -> None:
    page = open_page(f"/?{LIVE}&alter=3.2-off&panel=next")
    wait_until(page, TOLD)
    if back == "it is undone":
        page.get_by_role("button", name="Undo all changes").click()
        wait_until(page, "!location.search.includes('alter')")
    else:
        page.get_by_role("button", name="Show the model as it is beside it").click()
        wait_until(page, "location.search.includes('b.alter=')")
        expect(page.locator(".side-head .badge:not([hidden])")).to_have_count(2)
        expect(page.locator(".side-head .side-name")).to_have_text(["altered", "as it is"])
