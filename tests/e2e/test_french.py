"""The French page has no English left: whatever is open on it, seen or only heard."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import FLAT, Opener
from tests.e2e.page_reader import complete, wait_until
from tests.e2e.test_shapes import drop

# Its tokens are no English words; what is in another language on purpose says so by `lang`.
CODE = "/?lang=fr&scenario=code&token=4&layer=3"
TEXTS = (Path(__file__).parent / "english.js").read_text(encoding="utf-8")


def english(page: Page) -> list[str]:
    """Returns texts and accessible names of a French page that are English, each with where it stands."""
    found: list[str] = page.evaluate(TEXTS.partition("*/")[2].strip())
    return sorted(set(found))


def test_reader_of_the_french_page_finds_no_english_in_any_panel(open_page: Opener) -> None:
    page = open_page(f"{CODE}&tower=3.5&path=2&whole=1", reduced_motion="reduce", init=FLAT)
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    complete(page)
    assert english(page) == []
    buttons = page.locator(".tabs [aria-controls=drawer]")
    assert buttons.count() >= 4
    for index in range(buttons.count()):
        button = buttons.nth(index)
        name = button.text_content() or ""
        button.evaluate("button => button.click()")
        expect(page.locator(".drawer")).to_have_attribute("aria-label", name)
        page.locator(".drawer .flat > *").filter(visible=True).first.wait_for()
        assert english(page) == [], name


def test_reader_of_the_french_page_finds_no_english_in_what_opens_over_it(open_page: Opener) -> None:
    page = open_page(f"{CODE}&level=explore", reduced_motion="reduce", init=FLAT)
    complete(page)
    tools = page.locator(".tools button[aria-expanded]")
    over = page.locator(".popover, .capture-panel").filter(visible=True)
    assert tools.count() >= 3
    for index in range(tools.count()):
        tools.nth(index).click()
        over.first.wait_for()
        assert english(page) == [], tools.nth(index).inner_text()
        page.keyboard.press("Escape")
        expect(over).to_have_count(0)


@pytest.mark.parametrize(
    "path",
    [
        "/embed?lang=fr&scenario=code&mode=single",
        "/?lang=fr&scenario=code&mode=all&camera=top",
        "/?lang=fr&scenario=code&source=live&k=1",
        "/?lang=fr&scenario=code&source=live&router=switch",
        "/?lang=fr&source=recorded",
        "/?lang=fr&scenario=code&b.source=live",
        "/?lang=fr&scenario=code&experts=9999&mode=x&tower=99.99&camera=y",
    ],
)
def test_reader_of_a_french_view_finds_no_english_in_it(open_page: Opener, path: str) -> None:
    page = open_page(path, init=FLAT)
    complete(page)
    assert english(page) == []


def test_reader_of_a_models_facts_and_of_what_is_refused_finds_no_english_in_them(open_page: Opener) -> None:
    page = open_page("/?lang=fr&scenario=code&shape=llama-4-scout&panel=models", init=FLAT)
    page.locator(".sheet-sources").last.wait_for()
    assert english(page) == []
    expect(page.locator(".sheet")).to_contain_text("fiche du modèle Llama 4")
    drop(page, {"architectures": ["LlamaForCausalLM"], "model_type": "llama"})
    page.locator(".model-trouble").wait_for()
    assert english(page) == []
    open_page.errors.clear()  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["/article?lang=fr", "/references?lang=fr"])
def test_reader_of_french_pages_of_text_finds_no_english_in_them(open_page: Opener, path: str) -> None:
    page = open_page(path, ready=None)
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    assert english(page) == []


def test_reader_of_a_view_that_cannot_be_routed_is_told_in_french(open_page: Opener) -> None:
    long = "%20".join(["mot"] * 400)
    page = open_page(f"/?lang=fr&scenario=code&source=live&prompt={long}", init=FLAT)
    told = page.locator('.notice-list [data-field="prompt"]')
    told.wait_for()
    assert english(page) == []
    expect(told).to_contain_text("jetons")
    open_page.errors.clear()  # type: ignore[attr-defined]


def test_reader_choosing_the_other_language_sees_the_same_view_in_it(open_page: Opener) -> None:
    page = open_page("/?scenario=code&k=3&token=4&layer=3", init=FLAT)
    before = page.evaluate("moescope.state()")["view"]
    page.get_by_role("link", name="Français").click()
    page.wait_for_selector('html[lang="fr"][data-state="ready"]', state="attached")
    page.locator('.strip [data-token="3"][aria-current="true"]').wait_for()
    after = page.evaluate("moescope.state()")["view"]
    assert {**after, "lang": "en"} == before
    page.get_by_role("link", name="English").click()
    page.wait_for_selector('html[lang="en"][data-state="ready"]', state="attached")
    wait_until(page, "!location.search.includes('lang')")


def test_the_search_for_english_finds_it_on_the_english_page(open_page: Opener) -> None:
    page = open_page("/?scenario=code", init=FLAT)
    found = english(page)
    assert any("the router" in each for each in found) and any(each.endswith(": Load") for each in found)
