"""Routing as it was recorded while a model was trained: a slider over the moments of training."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.e2e.conftest import Opener
from tests.e2e.page_reader import complete, idle, press, state

SNAPSHOTS = Path(__file__).parents[2] / "models" / "trio-8-unbalanced" / "snapshots"


def ratio(page: Page) -> float:
    """What the page says of the busiest expert."""
    return float(page.locator(".training-busiest").inner_text().split("×")[0].rsplit(" ", 1)[1])


def test_reader_moving_the_slider_sees_a_router_without_balancing_collapse(open_page: Opener) -> None:
    page = open_page("/?source=recorded&model=trio-8-unbalanced&step=1&token=1&layer=1")
    complete(page)
    assert page.locator(".badge").first.inner_text() == "RECORDED"
    assert "trio-8-unbalanced" in page.locator("header").inner_text()
    idle(page)
    first = ratio(page)
    page.get_by_role("slider", name="Training step").press("End")
    complete(page)
    idle(page)
    last = max(int(path.stem.removeprefix("step-")) for path in SNAPSHOTS.glob("step-*.safetensors"))
    assert state(page)["view"]["step"] == last
    assert "step=" not in page.url, "the last one is what a link means that names none"
    assert ratio(page) > first
    assert ratio(page) > 2
    press(page, "Model", "trio-8")
    assert state(page)["counters"]["experts_all"] == 48
    idle(page)
    assert ratio(page) < 3
