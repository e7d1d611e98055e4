"""Exported pages in Chromium: from a file with the network off, and from a static host in an article."""

from __future__ import annotations

import functools
import http.server
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.__main__ import main
from tests.e2e.conftest import Opener
from tests.e2e.other_origin import served
from tests.e2e.page_reader import complete, counters, idle, seek, state

VIEW = ["--scenario", "translate", "--experts", "64", "--k", "3", "--mode", "single", "--camera", "front"]
QUERY = "scenario=translate&experts=64&k=3&mode=single&camera=front"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a view in one file."""
    file = tmp_path_factory.mktemp("exported") / "moe page.html"
    assert main(["export", *VIEW, "-o", str(file)]) == 0
    return file


def test_reader_of_a_file_without_a_network_sees_the_counters_of_the_served_page(
    open_page: Opener, exported: Path
) -> None:
    served, page = open_page(f"/?{QUERY}"), open_page(exported.as_uri(), offline=True)
    complete(page)
    for token, layer in ((0, 0), (3, 5), (9, 2), (17, 5)):
        seek(served, token, layer)
        seek(page, token, layer)
        assert counters(page) == counters(served)
        assert state(page)["at"] == {"token": token, "layer": layer}
    assert state(page)["view"] == state(served)["view"]
    expect(page.locator(".badge").first).to_have_text("AUTHORED", use_inner_text=True)


def test_reader_of_a_file_plays_it_to_the_end(open_page: Opener, exported: Path) -> None:
    page = open_page(f"{exported.as_uri()}?mode=all&speed=10&experts=8", offline=True)
    idle(page)
    told = state(page)
    assert (told["view"]["mode"], told["view"]["experts"]) == ("all", 64)  # what it is, no address can change
    assert told["time"] == told["duration"] and told["counters"]["experts_hit"] > 6 * 3
    assert told["scene"] == "shown"


def test_reader_of_a_file_is_offered_nothing_that_needs_a_server(open_page: Opener, exported: Path) -> None:
    page = open_page(exported.as_uri(), offline=True)
    complete(page)
    expect(page.get_by_role("group", name="Mode", exact=True)).to_be_visible()
    for name in ("Experts", "Top-k", "Source"):
        expect(page.get_by_role("group", name=name, exact=True)).to_be_hidden()
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("button", name="Table (CSV)")).to_be_visible()
    for name in ("Copy link", "Copy embed code", "Trace (safetensors)"):
        expect(page.get_by_role("button", name=name)).to_be_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("1")  # top-k 1, on a page that could ask for it
    assert state(page)["view"]["k"] == 3


def test_reader_of_a_file_with_a_corpus_sees_it_without_a_network(
    open_page: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "corpus.html"
    view = ["--source", "live", "--scenario", "code", "--corpus", "heldout"]
    assert main(["export", *view, "-o", str(file)]) == 0
    page = open_page(f"{file.as_uri()}?tower=2.1&token=1&layer=1", offline=True)
    complete(page)
    badge, load = page.locator(".corpus-badge"), page.locator(".inspector")
    expect(badge).to_contain_text("RECORDED over 73,728 tokens of held-out text")
    expect(load).to_contain_text("× even")
    page.get_by_role("button", name="Explore").click()
    corpus = page.get_by_role("group", name="Corpus")
    corpus.get_by_role("button", name="None").click()
    expect(badge).to_be_hidden()
    expect(load).not_to_contain_text("× even")
    corpus.get_by_role("button", name="Held-out text").click()
    expect(badge).to_be_visible()


@contextmanager
def static_host(folder: Path) -> Iterator[str]:
    """Yields a folder as any static host serves it."""

    class Files(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

    handler = functools.partial(Files, directory=str(folder))
    with served(handler, "127.0.0.1") as address:
        yield address


ARTICLE = """<!doctype html><html lang="en" data-state="ready"><title>An article</title>
<link rel="icon" href="data:,">
<script type="module" src="embed.js"></script>
<moescope-embed id="a" src="code-8x1.html" token="1"></moescope-embed>
<moescope-embed id="b" src="paris-8x1.html" token="1"></moescope-embed>"""


def test_article_on_a_static_host_drives_exported_views(open_page: Opener, tmp_path: Path) -> None:
    assert (
        main(["export", "--embed", "--k", "1", "--dir", str(tmp_path), "scenario=code", "scenario=paris"])
        == 0
    )
    (tmp_path / "article.html").write_text(ARTICLE)
    with static_host(tmp_path) as address:
        page = open_page(f"{address}/article.html")
        told = page.evaluate("a.seek({ token: 4, layer: 2 })")
        assert (told["at"]["token"], told["at"]["layer"], told["view"]["scenario"]) == (4, 2, "code")
        told = page.evaluate("a.set({ camera: 'top', k: 2 })")
        assert (told["view"]["camera"], told["view"]["k"]) == ("top", 1)
        assert told["problems"][0].startswith("k: expected no change")
        other = page.evaluate("b.get()")
        assert (other["view"]["scenario"], other["at"]["token"]) == ("paris", 1)


def test_reader_of_a_file_of_an_altered_model_is_told_so_and_sees_the_expert_that_is_off(
    open_page: Opener, tmp_path: Path
) -> None:
    file = tmp_path / "altered.html"
    altered = ["--source", "live", "--scenario", "code", "--alter", "2.5-off"]
    assert main(["export", *altered, "-o", str(file)]) == 0
    page = open_page(f"{file.as_uri()}?tower=2.5", offline=True)
    complete(page)
    badge = page.locator(".masthead .badge").first
    expect(badge).to_contain_text("LIVE")
    expect(badge).to_contain_text("ALTERED")
    expect(page.get_by_text("No token of this prompt goes here.")).to_be_visible()
