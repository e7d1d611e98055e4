"""The page of an atlas over the shipped held-out text, and of trainings: every view of it is a link."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from app.settings import ROOT, Settings
from tests.e2e.conftest import Contexts
from tests.e2e.page_reader import wait_until
from tests.live_server import serving

PATH = "/atlas?atlas=heldout/trio-8"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a cache of its own, and a folder of two trainings that others ran."""
    folder, cache = tmp_path_factory.mktemp("atlases"), tmp_path_factory.mktemp("cache")
    write_counts(folder / "megatron-run")
    snapshots = ROOT / "models" / "trio-8-unbalanced" / "snapshots"
    (folder / "checkpoints").mkdir()
    for step in ("000001", "000109", "005400"):
        shutil.copy(snapshots / f"step-{step}.safetensors", folder / "checkpoints")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ATLASES", str(folder))
        environment.setenv("ATLAS_CACHE", str(cache))
        with serving(Settings(port=0)) as url:
            yield url


def write_counts(folder: Path) -> None:
    """Two ranks of Megatron-LM's `save_tpe`, each with two experts; the second one starves."""
    (folder / "tokens_per_expert").mkdir(parents=True)
    for rank in range(2):
        lines = [
            {
                "iter": step,
                "block": "decoder",
                "layer": layer,
                "tpe": [[0, 0] if rank and step > 200 else [8, 4]],
            }
            for step in (100, 200, 300, 400)
            for layer in (1, 2)
        ]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / "tokens_per_expert" / f"rank{rank}.jsonl").write_text(text)


def refused(message) -> bool:
    """Returns whether the browser refused something; an answer of 422 is not that."""
    return message.type == "error" and "Failed to load resource" not in message.text


@pytest.fixture
def page(new_context: Contexts, address: str) -> Iterator[Page]:
    """Yields a page that fails the test on an error of its own."""
    errors: list[str] = []
    page = new_context(base_url=address).new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if refused(message) else None)
    yield page
    assert errors == []


def test_reader_of_the_atlas_sees_its_corpus_in_the_scene_and_goes_back_to_an_expert(page: Page) -> None:
    page.goto(PATH + "&layer=2&expert=1")
    ready(page)
    page.get_by_role("link", name="see it in the 3D scene").click()
    badge = page.locator(".corpus-badge")
    expect(badge).to_contain_text("RECORDED over 73,728 tokens of held-out text")
    expect(page.locator(".inspector")).to_contain_text("× even")
    page.wait_for_url("**corpus=heldout%2Ftrio-8**")
    link = page.get_by_role("link", name="Its page in the atlas")
    expect(link).to_have_attribute("href", re.compile("atlas=heldout%2Ftrio-8&layer=2&expert=1"))
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
    # The red of the ground, 0 to 255.
    wait_until(page, "parseFloat(getComputedStyle(document.body).backgroundColor.slice(4)) > 200")
    page.emulate_media(media="screen")
    expect(root).to_have_attribute("data-theme", "dark")


def test_atlas_fits_a_phone_and_its_plots_scroll_by_themselves(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(PATH + "&layer=2&expert=1")
    ready(page)
    expect(page.get_by_role("link", name="for TensorRT-LLM")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    box = page.get_by_role("img", name="Coverage").bounding_box()
    assert box and box["width"] >= 540, "smaller text cannot be read"


def ready(page: Page) -> None:
    """Waits until the page shows what its address asks for."""
    wait_until(page, "document.getElementById('atlas').dataset.ready === location.search")


def test_researcher_opening_a_cell_gets_the_page_of_its_expert_and_a_link_to_it(page, address):
    page.goto(PATH)
    ready(page)
    cells = page.locator(".map-cell")
    expect(cells).to_have_count(6 * 8)
    page.locator('.map-cell[data-layer="3"][data-expert="5"]').click()
    ready(page)
    expect(page.get_by_role("heading", name="Expert 5 of layer 3")).to_be_visible()
    expect(page).to_have_url(re.compile("layer=3&expert=5"))
    asked = {"atlas": "heldout/trio-8", "layer": 2, "expert": 5}
    found = httpx.get(f"{address}/api/atlas/expert", params=asked).json()
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
    expect(plots).to_have_count(9)  # three of its training
    names = [plots.nth(i).get_attribute("aria-label") or "" for i in range(9)]
    assert sum("jetons" in name for name in names) == 5 and all(names)
    assert {"Charge au fil du corpus", "trio-8: saturation du routeur"} <= set(names)


def test_sentence_that_is_typed_is_held_against_the_corpus(page):
    page.goto(PATH)
    ready(page)
    page.get_by_label("Your sentence against the corpus").fill("the file is read")
    page.get_by_role("button", name="Compare").click()
    known = page.locator(".kind:not(.unknown)").first
    expect(known).to_have_attribute("title", re.compile("of its kind go"))


def test_placement_is_a_file_that_an_engine_reads(page, address):
    page.goto(PATH)
    ready(page)
    link = page.get_by_role("link", name="for SGLang").first.get_attribute("href")
    written = httpx.get(f"{address}/{link}").json()
    assert list(written) == ["physical_to_logical_map"]


def test_wrong_link_says_what_is_wrong(page):
    page.goto("/atlas?atlas=nope")
    expect(page.get_by_role("alert")).to_contain_text("atlas: expected one of")


def test_operator_sees_a_megatron_run_by_its_ranks_and_can_say_how_it_was_parallel(page: Page) -> None:
    page.goto("/atlas?training=megatron-run")
    ready(page)
    expect(page.get_by_role("combobox", name="Atlas")).to_have_value("training megatron-run")
    expect(page.get_by_role("img", name="megatron-run: MaxVio of each layer")).to_be_visible()
    expect(page.locator("#atlas")).to_contain_text("2 layers end collapsed")
    expect(page.locator(".ranks li")).to_have_text(["rank 0: experts 0 to 1", "rank 1: experts 2 to 3"])
    page.get_by_label("expert parallel").fill("1")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**ep=1**")
    ready(page)
    expect(page.locator(".ranks li")).to_have_text(["rank 0: experts 0 to 1"])
    expect(page.locator("#atlas")).not_to_contain_text("collapsed")
    page.get_by_label("expert parallel").fill("3")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("alert")).to_contain_text("product divides 2 ranks")
    page.go_back()
    ready(page)
    expect(page.locator(".ranks li")).to_have_count(1)


def test_researcher_sees_a_folder_of_checkpoints_saturate_and_collapse(page: Page) -> None:
    page.goto(PATH)
    ready(page)
    page.get_by_role("combobox", name="Atlas").select_option("training checkpoints")
    ready(page)
    expect(page).to_have_url(re.compile("training=checkpoints"))
    plots = page.locator("svg.plot")
    expect(plots).to_have_count(3)
    names = [plots.nth(i).get_attribute("aria-label") for i in range(3)]
    assert names == [
        f"checkpoints: {each}"
        for each in ("MaxVio of each layer", "experts without a token", "router saturation")
    ]
    expect(page.locator("#atlas")).to_contain_text("6 layers end collapsed")
    for plot in range(3):
        expect(plots.nth(plot).locator("path.plot-line, polyline, path")).not_to_have_count(0)
