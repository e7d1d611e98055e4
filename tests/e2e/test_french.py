"""The French page has no English left: whatever is open on it, seen or only heard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import Opener
from tests.e2e.reading import complete

# Its tokens are no English words; what is in another language on purpose says so by `lang`.
CODE = "/?lang=fr&scenario=code&token=4&layer=3"
# The words are the same without the scene, and come sooner.
FLAT = """
const real = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith("webgl") ? null : real.call(this, kind, ...rest);
};
"""
TEXTS = """async () => {
  const [{ en }, { fr }] = await Promise.all(["en", "fr"].map((each) => import(`/static/js/words/${each}.js`)));
  const english = new Map();
  const gather = (one, other, path) => {
    if (typeof one === "string") { if (one !== other && /[a-z]{3}/i.test(one)) english.set(one, path); }
    else if (typeof one === "object" && one) for (const key of Object.keys(one)) gather(one[key], other?.[key], `${path}.${key}`);
  };
  gather(en, fr, "words");
  const foreign = ':not([lang]):not(html) [lang]:not([lang="fr"]), [lang]:not(html):not([lang="fr"])';
  const ours = (element) => !element.closest(`script, style, noscript, textarea, code, pre, .token, .liked, .as-written, ${foreign}`);
  const texts = [[document.title, "title"]];
  for (const meta of document.querySelectorAll("meta[name=description], meta[property^='og:t'], meta[property='og:description']")) texts.push([meta.content, "meta"]);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (ours(walker.currentNode.parentElement)) texts.push([walker.currentNode.data, walker.currentNode.parentElement.className]);
  for (const name of ["aria-label", "title", "placeholder", "alt", "aria-valuetext", "aria-description"]) {
    for (const element of document.querySelectorAll(`body [${name}]`)) if (ours(element)) texts.push([element.getAttribute(name), name]);
  }
  const words = /(?<!\\p{L})(the|of|and|with|from|each|this|that|these|its|are|is|was|by|to|for|not|which|it|be|how|you|your|layers?|tokens?|weights|routers|load)(?!\\p{L})/iu;
  const alike = new Set(Object.values(fr).filter((word) => typeof word === "string"));
  return texts.map(([text, where]) => [text.trim(), where])
    .filter(([text]) => (english.has(text) && !alike.has(text)) || words.test(text.replace(/[\\w-]+=[\\w-]+|\\/?[\\w./-]*\\/[\\w./-]*|«[^»]*»/g, "")))
    .map(([text, where]) => `${where}: ${text}`);
}"""


def english(page: Page) -> list[str]:
    """Texts and accessible names of a French page that are English, each with where it stands."""
    found: list[str] = page.evaluate(TEXTS)
    return sorted(set(found))


def test_reader_of_the_french_page_finds_no_english_in_any_panel(open_page: Opener) -> None:
    page = open_page(f"{CODE}&tower=3.5&path=2&whole=1", reduced_motion="reduce", init=FLAT)
    assert page.locator("html").get_attribute("lang") == "fr"
    complete(page)
    assert english(page) == []
    buttons = page.locator(".tabs [aria-controls=drawer]")
    assert buttons.count() >= 4
    for index in range(buttons.count()):
        button = buttons.nth(index)
        name = button.inner_text()
        button.evaluate("button => button.click()")
        page.locator(".drawer .flat > *").filter(visible=True).first.wait_for()
        assert english(page) == [], name


def test_reader_of_the_french_page_finds_no_english_in_what_opens_over_it(open_page: Opener) -> None:
    page = open_page(CODE, reduced_motion="reduce", init=FLAT)
    tools = page.locator(".tools button[aria-expanded]")
    assert tools.count() >= 3
    for index in range(tools.count()):
        tools.nth(index).click()
        page.locator(".popover").filter(visible=True).first.wait_for()
        assert english(page) == [], tools.nth(index).inner_text()
        page.keyboard.press("Escape")


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


def test_reader_of_the_french_article_finds_no_english_in_it(open_page: Opener) -> None:
    page = open_page("/article?lang=fr", ready=None)
    assert page.locator("html").get_attribute("lang") == "fr"
    assert english(page) == []


def test_reader_of_a_view_that_cannot_be_routed_is_told_in_french(open_page: Opener) -> None:
    long = "%20".join(["mot"] * 400)
    page = open_page(f"/?lang=fr&source=live&prompt={long}", ready="error", init=FLAT)
    page.locator(".trouble-message").wait_for()
    assert english(page) == []
    assert "raccourcissez le texte" in page.locator(".trouble-message").inner_text()


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
    assert "lang" not in page.url


def test_the_search_for_english_finds_it_on_the_english_page(open_page: Opener) -> None:
    page = open_page("/?scenario=code", init=FLAT)
    found = english(page)
    assert any("the router" in each for each in found) and any(each.endswith(": Load") for each in found)
