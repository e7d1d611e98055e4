"""axe-core finds nothing on any page, whatever is open on it and in whichever colours."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.__main__ import main
from tests.e2e.axe import SOURCE, problems
from tests.e2e.conftest import FLAT, PHONE, Opener
from tests.e2e.page_reader import complete, open_level, open_panel, wait_until

STANDING = "token=4&layer=3"
# Without motion nothing is half transparent while it is looked at.
AXE = {"init": SOURCE, "reduced_motion": "reduce"}
THEMES = ["dark", "light", "contrast"]
PALETTES = ["ember", "cobalt", "mono"]


def panels(page: Page) -> list[str]:
    """Returns the names on the buttons that open a panel."""
    names: list[str] = page.locator('.tabs [aria-controls="drawer"]').all_text_contents()
    assert len(names) >= 4
    return names


def look_through(page: Page, themes: list[str], palettes: list[str]) -> list[str]:
    """Returns what is wrong with contrast in each of these."""
    found = []
    for theme in themes:
        for palette in palettes:
            page.evaluate(
                "look => Object.assign(document.documentElement.dataset, look)",
                {"theme": theme, "palette": palette},
            )
            found += [f"{theme} {palette}: {each}" for each in problems(page, "color-contrast")]
    return found


def test_axe_finds_nothing_on_the_page_with_any_panel_open(open_page: Opener) -> None:
    page = open_page(f"/?{STANDING}&tower=3.2&path=2&whole=1", **AXE)
    complete(page)
    assert problems(page) == []
    for name in panels(page):
        open_panel(page, name)
        assert problems(page) == [], name
        assert look_through(page, ["light", "contrast"], PALETTES[:1]) == [], name
    assert look_through(page, THEMES, PALETTES) == []


@pytest.mark.parametrize("mode", ["single", "sequence", "all"])
def test_axe_finds_nothing_with_anything_open_over_the_page(open_page: Opener, mode: str) -> None:
    page = open_page(f"/?source=live&scenario=code&mode={mode}&{STANDING}&experts=nine&level=explore", **AXE)
    complete(page)
    assert problems(page) == []
    for name in page.locator(".tools .tool").all_inner_texts():
        page.get_by_role("button", name=name, exact=True).click()
        over = page.locator(".popover:visible, .capture-panel:visible")
        over.wait_for()
        assert problems(page) == [], name
        assert look_through(page, ["light", "contrast"], PALETTES[:1]) == [], name
        page.keyboard.press("Escape")
        expect(over).to_have_count(0)


def test_axe_finds_nothing_on_two_stacks(open_page: Opener) -> None:
    page = open_page(f"/?scenario=code&b.source=live&{STANDING}", **AXE)
    wait_until(page, "moescope.state().b?.complete && moescope.state().complete")
    assert problems(page) == []
    assert look_through(page, THEMES, PALETTES[:1]) == []


def test_axe_finds_nothing_on_a_phone(open_page: Opener) -> None:
    page = open_page(f"/?{STANDING}&tower=3.2", **AXE, viewport=PHONE, has_touch=True, is_mobile=True)
    complete(page)
    assert problems(page) == []
    page.keyboard.press("Escape")
    open_level(page, "Explore")
    assert problems(page) == []
    for name in panels(page):
        open_panel(page, name)
        assert problems(page) == [], name


@pytest.mark.parametrize("mode", ["sequence", "all"])
def test_axe_finds_nothing_in_an_embed(open_page: Opener, mode: str) -> None:
    page = open_page(f"/embed?mode={mode}&{STANDING}&path=2&k=x", **AXE)
    complete(page)
    assert problems(page) == []
    assert look_through(page, THEMES, PALETTES) == []


def test_axe_finds_nothing_in_the_article(open_page: Opener) -> None:
    page = open_page("/article", ready=None, **AXE)
    frames = page.locator("moescope-embed iframe")
    expect(frames).to_have_count(3)
    for frame in frames.all():
        frame.scroll_into_view_if_needed()  # they load when they come near
        frame.content_frame.locator(".counter").first.wait_for(state="attached")
    assert problems(page) == []
    assert look_through(page, THEMES, PALETTES[:1]) == []


def test_axe_finds_nothing_on_an_exported_page(open_page: Opener, tmp_path: Path) -> None:
    file = tmp_path / "moe.html"
    assert main(["export", "--scenario", "code", "--theme", "light", "-o", str(file)]) == 0
    page = open_page(f"{file.as_uri()}?{STANDING}&panel=table", **AXE, offline=True)
    complete(page)
    page.locator("table.routing tbody tr[data-token]").first.wait_for()
    assert problems(page) == []
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(246, 239, 235)"


def test_axe_finds_nothing_without_webgl(open_page: Opener) -> None:
    page = open_page(f"/?{STANDING}&panel=heatmap", **AXE | {"init": SOURCE + FLAT})
    complete(page)
    page.get_by_text("The 3D scene needs WebGL 2").wait_for()
    assert problems(page) == []
