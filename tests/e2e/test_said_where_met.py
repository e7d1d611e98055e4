"""Level Story explains its terms in place: a term opens its definition."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Opener
from tests.e2e.page_reader import complete

SAID = {
    "en": {
        "expert": ["small feed-forward network", "only the number in common"],
        "combine_weight": ["one weighted sum"],
        "attention": ["between two rings", "tokens before it"],
        "total_p": ["memory pays"],
        "mode": ["really pass a layer together"],
        "badge": ["Hand-authored", "an illustration, not a measurement"],
    },
    "fr": {
        "expert": ["petit réseau de neurones", "n’ont en commun que le numéro"],
        "combine_weight": ["une seule somme pondérée"],
        "attention": ["entre deux anneaux", "jetons qui le précèdent"],
        "total_p": ["la mémoire paie"],
        "mode": ["en réalité une couche ensemble"],
        "badge": ["à la main"],
    },
}


@pytest.mark.parametrize("lang", SAID)
def test_newcomer_reads_at_story_what_is_not_obvious(open_page: Opener, lang: str) -> None:
    page = open_page(f"/?lang={lang}&token=3&layer=2", reduced_motion="reduce")
    complete(page)
    note = page.locator(".term-note")
    for term, sentences in SAID[lang].items():
        if term == "badge":
            page.locator(".badge-button:visible").focus()
            told = page.locator(".badge-note:visible")
        else:
            page.locator(f'.term[data-term="{term}"]:visible').first.focus()
            told = note.filter(visible=True)
        for sentence in sentences:
            expect(told).to_contain_text(sentence)
        page.keyboard.press("Escape")
        expect(note).to_be_hidden()


def test_newcomer_reads_the_best_fact_at_the_top_of_learned(open_page: Opener) -> None:
    page = open_page("/?panel=learned&source=live&token=1&layer=1", reduced_motion="reduce")
    expect(page.get_by_text("This text against the corpus")).to_be_visible()
    first = page.locator(".findings .finding:visible").first
    expect(first).to_contain_text("takes 2,771 of 2,771 newlines")
