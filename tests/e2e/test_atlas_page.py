"""The page of an atlas over the shipped held-out text: every view of it is a link."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from playwright.sync_api import Page, expect

from app.atlas.shipped import Atlases
from app.settings import Settings
from app.web.application import create_app
from app.web.atlas_routes import atlas_routes

SECS = 60_000
PATH = "/atlas?atlas=heldout/trio-8"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with the routes of the atlas and a cache of its own."""
    settings = Settings(port=0)
    app = create_app(settings)
    cache = tmp_path_factory.mktemp("cache")
    app.include_router(atlas_routes(Atlases(settings.models, cache / "none", cache)))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def refused(message) -> bool:
    """Whether the browser refused something; an answer of 422 is not that."""
    return message.type == "error" and "Failed to load resource" not in message.text


@pytest.fixture
def page(chromium, address: str) -> Iterator[Page]:
    """A page that fails the test on an error of its own."""
    errors: list[str] = []
    context = chromium.new_context(base_url=address, viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if refused(message) else None)
    yield page
    context.close()
    assert errors == []


def test_reader_of_the_atlas_sees_its_corpus_in_the_scene_and_goes_back_to_an_expert(page: Page) -> None:
    page.goto(PATH + "&layer=2&expert=1")
    ready(page)
    page.get_by_role("link", name="see it in the 3D scene").click()
    badge = page.locator(".corpus-badge")
    expect(badge).to_contain_text("RECORDED over 73,728 tokens of held-out text", timeout=SECS)
    expect(page.locator(".inspector")).to_contain_text("× even")
    page.wait_for_url("**corpus=heldout%2Ftrio-8**")
    link = page.get_by_role("link", name="Its page in the atlas")
    assert "atlas=heldout%2Ftrio-8&layer=2&expert=1" in str(link.get_attribute("href"))
    page.get_by_role("button", name="Explore").click()
    page.get_by_role("group", name="Corpus").get_by_role("button", name="None").click()
    expect(badge).to_be_hidden()


def test_atlas_prints_dark_on_light_whatever_the_theme_of_the_screen(page: Page) -> None:
    page.goto(PATH)
    ready(page)
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    page.emulate_media(media="print")
    expect(root).to_have_attribute("data-theme", "light")
    ground = page.evaluate("parseFloat(getComputedStyle(document.body).backgroundColor.slice(4))")
    assert ground > 200, "red of the ground, 0 to 255"
    page.emulate_media(media="screen")
    expect(root).to_have_attribute("data-theme", "dark")


def ready(page: Page) -> None:
    """Waits until the page shows what its address asks for."""
    search = f"?{urlsplit(page.url).query}"
    expect(page.locator("#atlas")).to_have_attribute("data-ready", search, timeout=SECS)


def test_researcher_opening_a_cell_gets_the_page_of_its_expert_and_a_link_to_it(page, address):
    page.goto(PATH)
    ready(page)
    cells = page.locator(".map-cell")
    expect(cells).to_have_count(6 * 8)
    page.locator('.map-cell[data-layer="3"][data-expert="5"]').click()
    ready(page)
    expect(page.get_by_role("heading", name="Expert 5 of layer 3")).to_be_visible()
    assert "layer=3&expert=5" in page.url
    asked = {"atlas": "heldout/trio-8", "layer": 2, "expert": 5}
    found = httpx.get(f"{address}/api/atlas/expert", params=asked, timeout=60).json()
    first = found["top_tokens"]["frequent"][0]
    expect(page.locator("#expert table").first.locator("tbody tr").first).to_contain_text(
        f"{first['count']:,}"
    )
    expect(page.locator(".contexts mark")).to_have_count(12)
    page.go_back()
    ready(page)
    expect(page.locator("#expert")).to_have_count(0)


def test_keyboard_opens_an_expert_by_the_menus(page):
    page.goto(PATH)
    ready(page)
    page.get_by_label("layer", exact=True).first.select_option(label="2")
    page.get_by_label("expert", exact=True).first.select_option(label="7")
    ready(page)
    expect(page.get_by_role("heading", name="Expert 7 of layer 2")).to_be_visible()


def test_reader_of_french_gets_french_and_every_plot_has_a_name(page):
    page.goto(f"{PATH}&lang=fr&layer=1&expert=0&metric=focus")
    ready(page)
    expect(page.get_by_role("heading", name="Expert 0 de la couche 1")).to_be_visible()
    plots = page.locator("svg.plot")
    assert plots.count() == 9  # three of its training
    names = [plots.nth(i).get_attribute("aria-label") or "" for i in range(9)]
    assert sum("jetons" in name for name in names) == 5 and all(names)
    assert {"Charge au fil du corpus", "trio-8: saturation du routeur"} <= set(names)


def test_sentence_that_is_typed_is_held_against_the_corpus(page):
    page.goto(PATH)
    ready(page)
    page.get_by_label("Your sentence against the corpus").fill("the file is read")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".kind").first).to_be_visible(timeout=SECS)
    assert "of its kind go" in (page.locator(".kind:not(.unknown)").first.get_attribute("title") or "")


def test_placement_is_a_file_that_an_engine_reads(page, address):
    page.goto(PATH)
    ready(page)
    link = page.get_by_role("link", name="for SGLang").first.get_attribute("href")
    written = httpx.get(f"{address}/{link}", timeout=60).json()
    assert list(written) == ["physical_to_logical_map"]


def test_wrong_link_says_what_is_wrong(page):
    page.goto("/atlas?atlas=nope")
    expect(page.get_by_role("alert")).to_contain_text("atlas: expected one of", timeout=SECS)
