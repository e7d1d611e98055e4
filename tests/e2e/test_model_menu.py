"""A person chooses the model that routes live, and reads why another cannot be run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from app.settings import ROOT, Settings
from tests.e2e.conftest import Opener
from tests.e2e.page_reader import complete, state, wait_for_address
from tests.live_server import serving

MODELS = ROOT / "models"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yields two models that can be run, and one of a family that nobody knows."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("trio-8", "trio-16", "strange"):
        shutil.copytree(MODELS / name.replace("strange", "trio-8"), folder / name)
    (folder / "strange" / "config.json").write_text(json.dumps({"model_type": "strange"}))
    with serving(Settings(port=0, models=folder)) as url:
        yield url


def test_person_chooses_another_model_in_the_menu(open_page: Opener, url: str) -> None:
    page = open_page(f"{url}/?source=live")
    complete(page)
    page.locator("#live-model").select_option("trio-16")
    complete(page)
    assert state(page)["view"]["experts"] == 16
    wait_for_address(page, "model=trio-16")


def test_person_choosing_a_model_that_cannot_be_run_reads_why_and_keeps_the_other(
    open_page: Opener, url: str
) -> None:
    page = open_page(f"{url}/?source=live")
    complete(page)
    page.locator("#live-model").select_option("strange")
    told = "strange cannot be run: config.json: model_type: expected one of"
    expect(page.locator(".model-refused")).to_contain_text(told)
    expect(page.locator("#live-model")).to_have_value("trio-8")


def test_link_to_a_model_that_cannot_be_run_shows_another_and_the_reason(open_page: Opener, url: str) -> None:
    page = open_page(f"{url}/?source=live&model=strange")
    complete(page)
    assert state(page)["view"]["model"] == "trio-8"
    expect(page.locator(".status")).to_contain_text("model_type: expected one of")
