"""Text of many scripts is shown as text: never byte escapes, whatever pieces the tokenizer makes of it."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Opener
from tests.e2e.page_reader import complete

TEXTS = {
    "Chinese": "专家混合",
    "Japanese": "ルーターは選ぶ",
    "Korean": "라우터",
    "Arabic": "الموجه يختار",
    "Hebrew": "הנתב בוחר",
    "Devanagari": "राउटर चुनता",
    "Thai": "เลือกสอง",
    "Cyrillic": "роутер выбирает",
    "emoji": "go 🙂👍 now",
}


@pytest.mark.parametrize("script", TEXTS)
def test_reader_of_any_script_sees_its_characters_and_the_bytes_on_inspection(
    open_page: Opener, script: str
) -> None:
    page = open_page(f"/?source=live&prompt={quote(TEXTS[script])}&panel=table")
    complete(page)
    tokens = page.locator(".strip [data-token]")
    shown = tokens.all_inner_texts()
    assert not any("\\x" in text for text in shown), shown
    whole = "".join(
        re.sub(r" \d/\d$", "", text) if not text.endswith(" 1/1") else text for text in firsts(shown)
    )
    assert set(TEXTS[script].replace(" ", "")) <= set(whole)
    titles = tokens.evaluate_all("all => all.map((token) => token.title)")
    pieces = [title for text, title in zip(shown, titles, strict=True) if re.search(r" \d/\d$", text)]
    assert all(re.search(r"\b[0-9A-F]{2}\b", title) for title in pieces)
    assert tokens.evaluate_all("all => all.every((token) => token.closest('[translate=no]'))")
    table = page.locator("table.routing")
    expect(table.locator("tbody tr[data-token]").first).to_be_visible()
    expect(table).not_to_contain_text("\\x")
    expect(page.locator("[data-counter=token]")).not_to_contain_text("\\x")


def firsts(shown: list[str]) -> list[str]:
    """Returns the texts without all pieces of a character but its first."""
    return [text for text in shown if not re.search(r" [2-9]/\d$", text)]


def test_word_with_a_space_and_without_look_different_and_say_their_ids(open_page: Opener) -> None:
    page = open_page(f"/?source=live&prompt={quote('the cat and the dog')}")
    complete(page)
    tokens = page.locator(".strip [data-token]", has_text="the")
    shown, titles = tokens.all_inner_texts(), tokens.evaluate_all("all => all.map((token) => token.title)")
    assert sorted(shown) == ["the", "␣the"]
    ids = [re.search(r"\d+", title) for title in titles]
    assert all(ids) and titles[0] != titles[1]
