"""What the models learned: figures from the server, and sentences that follow from them."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import expect

from tests.e2e.conftest import Opener
from tests.e2e.page_reader import complete, open_panel

LAYERS = 6


def measurement(experts: int, loss: float) -> dict[str, Any]:
    """Returns a model as measured.json has it, that learned nothing."""
    return {
        "experts": experts,
        "top_k": 2,
        "total_p": experts,
        "active_p": 2,
        "finished": True,
        "loss": {"english": loss, "mean": loss},
        "by_k": {"1": {"loss": {"mean": loss + 1}, "cost": 1.0, "cost_se": 0.01}},
        "learned": {
            "js_bits": [0.01] * LAYERS,
            "js_bits_untrained": [0.01] * LAYERS,
            "js_bits_chance": [0.0] * LAYERS,
            "js_bits_most": 1.0,
            "max_violation": [0.5] * LAYERS,
            "entropy": [0.9] * LAYERS,
            "likes": [[[["def", 7, 9]]] * experts] * LAYERS,
        },
    }


NO_GAIN = {
    "models": {"trio-8": measurement(8, 3.0), "trio-16": measurement(16, 3.0)},
    "compared": [{"models": ["trio-8", "trio-16"], "change": 0.001, "se": 0.01}],
}


def test_reader_of_models_that_gained_nothing_is_told_so(open_page: Opener) -> None:
    page = open_page("/", ready=None)
    body = json.dumps(NO_GAIN)
    page.route("**/api/measured", lambda route: route.fulfill(body=body, content_type="application/json"))
    page.goto(page.url + "?source=live&panel=learned&token=1&layer=1")
    page.wait_for_selector('html[data-state="ready"]', state="attached")
    findings = page.locator(".findings")
    expect(findings.locator(".figures").first).to_be_visible()
    for told in ("More experts did not help", "Experts did not specialise by language", "def 7/9"):
        expect(findings).to_contain_text(told)
    expect(page.locator(".chart")).to_contain_text("3.000")


def test_reader_opening_the_panel_sees_the_figures_of_the_server_or_that_there_are_none(
    open_page: Opener,
) -> None:
    page = open_page("/?source=live&token=1&layer=1")
    complete(page)
    open_panel(page, "Learned")
    findings = page.locator(".findings")
    models = page.evaluate("fetch('/api/measured').then(answer => answer.json())")["models"]
    if models:
        expect(findings.locator(".figures").first).to_be_visible()
        expect(findings).not_to_contain_text("These models have no measurements")
        assert all(each["learned"]["js_bits_most"] > 0 for each in models.values())
    else:
        expect(findings).to_contain_text("These models have no measurements")
