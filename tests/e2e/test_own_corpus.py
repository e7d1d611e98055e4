"""The live page of a model of one's own, and what a corpus that was recorded with it says."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from app.atlas.dataset.corpus import Corpus
from app.atlas.recording.writer import record
from app.commands.record_corpus import open_numpy
from app.settings import Settings
from tests.atlas.recorded import MODEL, write_texts
from tests.e2e.conftest import Opener
from tests.e2e.page_reader import complete, open_panel
from tests.live_server import serving
from tests.sources.live.tiny_checkpoints import write_checkpoint

SENTENCE = "the def of the zebra"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with one model that nobody measured, and a corpus of it."""
    models, folder = tmp_path_factory.mktemp("models"), tmp_path_factory.mktemp("atlases")
    write_checkpoint(models / MODEL, seed=3)
    corpus = Corpus.open(write_texts(tmp_path_factory.mktemp("texts") / "texts.jsonl"))
    record(folder / "mine", open_numpy(models, MODEL), corpus, corpus.about())
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ATLASES", str(folder))
        environment.setenv("ATLAS_CACHE", str(tmp_path_factory.mktemp("cache")))
        with serving(Settings(port=0, models=models)) as url:
            yield url


@pytest.fixture
def live(open_page: Opener, address: str) -> Page:
    """The model routes a sentence of the reader."""
    page = open_page(
        f"{address}/?source=live&model={MODEL}&prompt={SENTENCE.replace(' ', '+')}&token=1&layer=1"
    )
    complete(page)
    return page


def test_reader_of_another_model_learns_what_its_router_does_over_a_corpus(live: Page) -> None:
    open_panel(live, "Learned")
    panel = live.locator(".findings")
    expect(panel.get_by_label("Model", exact=True)).to_have_value("mine")
    expect(panel).to_contain_text(f"Recorded: {MODEL} over")
    layers = panel.get_by_role("table", name="Do domains go to different experts")
    expect(layers.locator("tbody tr")).to_have_count(3)
    expect(layers.locator("thead th")).to_have_text(["layer", "JS bits", "chance", "MaxVio", "entropy"])
    expect(panel).to_contain_text("The loads of the domains differ by")
    likes = panel.get_by_role("table", name="Preferred tokens of each expert")
    expect(likes.locator("tbody tr")).to_have_count(6)


def test_sentence_of_the_reader_is_held_against_the_corpus_token_by_token(live: Page) -> None:
    open_panel(live, "Learned")
    kinds = live.locator(".corpus-kinds .kind")
    tokens = live.evaluate("moescope.state().tokens")
    expect(kinds).to_have_count(tokens)
    expect(kinds.first).to_have_attribute("title", re.compile("“th” goes where .* of its kind go"))
    expect(live.locator(".corpus-kinds .unknown").first).to_have_attribute(
        "title", re.compile("too few to tell")
    )
    expect(live.locator(".corpus-kinds")).to_contain_text("Random experts give 33")


def test_load_of_another_model_is_counted_over_its_corpus(live: Page) -> None:
    open_panel(live, "Load")
    live.get_by_role("button", name="Corpus", exact=True).click()
    expect(live.locator(".counting")).to_contain_text("40 documents: atlas mine")
    expect(live.locator('.measure [data-measure="max_violation"]')).to_be_visible()
    live.get_by_role("button", name="Authored", exact=True).click()
    expect(live.get_by_role("button", name="Corpus", exact=True)).to_have_count(0)


def test_atlas_of_a_model_that_runs_here_leads_to_its_live_routing(live: Page, address: str) -> None:
    live.goto(f"{address}/atlas?atlas=mine&layer=2&expert=1")
    live.get_by_role("link", name="see it in the 3D scene").click()
    live.wait_for_url("**source=live**")  # and its only model
    expect(live.locator(".corpus-badge")).to_contain_text("of texts.jsonl")
    expect(live.locator(".inspector")).to_contain_text("× even")
    expect(live.locator("header")).to_contain_text(MODEL)
