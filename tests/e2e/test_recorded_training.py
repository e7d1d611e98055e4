"""Routing as it was recorded while a model was trained: a slider over the moments of training."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Opener
from tests.e2e.page_reader import complete, idle, press, state, wait_until

SNAPSHOTS = Path(__file__).parents[2] / "models" / "trio-8-unbalanced" / "snapshots"


def ratio(page: Page) -> float:
    """Returns what the page says of the busiest expert."""
    return float(page.locator(".training-busiest").inner_text().split("×")[0].rsplit(" ", 1)[1])


def test_reader_moving_the_slider_sees_a_router_without_balancing_collapse(open_page: Opener) -> None:
    page = open_page("/?source=recorded&model=trio-8-unbalanced&step=1&token=1&layer=1")
    complete(page)
    expect(page.locator(".badge").first).to_have_text("RECORDED", use_inner_text=True)
    expect(page.locator("header")).to_contain_text("trio-8-unbalanced")
    idle(page)
    first = ratio(page)
    page.get_by_role("slider", name="Training step").press("End")
    complete(page)
    idle(page)
    last = max(int(path.stem.removeprefix("step-")) for path in SNAPSHOTS.glob("step-*.safetensors"))
    assert state(page)["view"]["step"] == last
    wait_until(
        page, "!location.search.includes('step=')"
    )  # the last one is what a link means that names none
    assert ratio(page) > first
    assert ratio(page) > 2
    press(page, "Model", "trio-8")
    assert state(page)["counters"]["experts_all"] == 48
    idle(page)
    assert ratio(page) < 3
