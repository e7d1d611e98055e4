"""Published models, a config.json of one's own, and devices: chosen in the page, seen in figures and link."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page, expect

from app.settings import ROOT
from tests.e2e.conftest import PHONE, Opener
from tests.e2e.page_reader import wait_for_address, wait_until
from tests.published_models import find_published

MIXTRAL = json.loads((ROOT / "app" / "published" / "models" / "mixtral-8x7b.json").read_text())["config"]
OWN = {**MIXTRAL, "num_hidden_layers": 5, "num_local_experts": 12}

DROP = """([text, name]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, {type: "application/json"}));
  for (const kind of ["dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
  }
}"""


def drop(page: Page, config: object) -> None:
    """Let go of a file over the page."""
    page.evaluate(DROP, [json.dumps(config), "config.json"])


def wait_for_total(page: Page, total: int) -> None:
    counter = page.locator('.counters [data-counter="total_p"]')
    expect(counter).to_have_attribute("data-value", str(total))


def test_reader_who_chooses_deepseek_v3_sees_58_rings_of_256_and_its_figures(open_page: Opener) -> None:
    page = open_page("/?panel=models&token=1&layer=1")
    page.locator(".search").fill("deepseek-v3 2024")
    expect(page.locator(".model-card")).to_have_count(1)
    page.locator(".search").press("ArrowDown")
    page.keyboard.press("Enter")
    wait_for_total(page, find_published("deepseek-v3").shape.total_p)
    wait_for_address(page, "shape=deepseek-v3")
    model = page.evaluate("window.moescope.state().view") or {}
    assert (model["experts"], model["k"]) == (256, 8)
    sheet = page.locator(".model-sheet")
    expect(sheet).to_contain_text("58 rings of 256 experts, 8 chosen, 1 shared. 3 layers without experts")
    expect(sheet.locator(".sheet-figures tbody tr").nth(0)).to_contain_text("671B")
    expect(sheet.locator(".sheet-figures tbody tr").nth(1)).to_contain_text("without the input embedding")
    expect(sheet.locator('[data-near="true"]')).to_have_count(
        1
    )  # the active count is 1.1 % off, and says why
    expect(sheet).to_contain_text("36.6 is printed as 37")
    sheet.get_by_label("Memory of one device").select_option("141")
    expect(sheet.locator('[data-devices="8"]')).to_have_text("5 devices")


def test_reader_leaves_a_shape_by_its_cross_and_by_going_back(open_page: Opener) -> None:
    page = open_page("/?shape=mixtral-8x7b&token=1&layer=1")
    wait_for_total(page, find_published("mixtral-8x7b").shape.total_p)
    page.get_by_role("button", name="Back to the small shape").click()
    wait_for_total(page, 1_179_648)
    wait_until(page, "!location.search.includes('shape')")
    page.go_back(wait_until="commit")
    wait_for_total(page, find_published("mixtral-8x7b").shape.total_p)


def test_engineer_who_drops_a_config_sees_its_rings_and_has_them_in_the_link(open_page: Opener) -> None:
    page = open_page("/?token=1&layer=1")
    drop(page, OWN)
    total = 5 * 12 * 3 * 4096 * 14336
    wait_for_total(page, total)
    expect(page.locator(".model-sheet")).to_contain_text("5 rings of 12 experts")
    wait_for_address(page, "shape=5x12x2-d4096-e14336-")
    page.reload(wait_until="commit")
    wait_for_total(page, total)
    told = "A shape in the link"
    expect(page.locator(".model-sheet")).to_contain_text(told)


def test_engineer_who_drops_a_dense_model_is_told_its_architecture_by_name(open_page: Opener) -> None:
    page = open_page("/?token=1&layer=1")
    open_page.errors.clear()  # type: ignore[attr-defined]
    drop(page, {"architectures": ["LlamaForCausalLM"], "model_type": "llama"})
    trouble = page.locator(".model-trouble")
    expect(trouble).to_contain_text("got LlamaForCausalLM")
    expect(trouble).to_contain_text("this config names no experts")
    wait_for_total(page, 1_179_648)
    refusals = [text for text in open_page.errors if "422" in text]  # type: ignore[attr-defined]
    for text in refusals:
        open_page.errors.remove(text)  # type: ignore[attr-defined]


def test_reader_on_a_phone_reads_the_models_without_scrolling_sideways(open_page: Opener) -> None:
    page = open_page("/?panel=models&token=1&layer=1", viewport=PHONE, has_touch=True)
    page.locator(".model-card").first.wait_for()
    assert page.locator(".model-list").evaluate("(list) => list.scrollWidth <= list.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    box = page.locator(".model-card").first.bounding_box()
    assert box is not None
    assert box["height"] >= 44


def test_reader_of_devices_sees_what_a_limit_buys_and_costs(open_page: Opener) -> None:
    page = open_page("/?shape=deepseek-v2&scenario=code&panel=devices&token=1&layer=1")
    page.get_by_role("group", name="Devices").get_by_role("button", name="8", exact=True).click()
    expect(page.locator(".device-bars li")).to_have_count(8)
    rows = page.locator(".device-rows tbody tr")
    expect(rows).to_have_count(5)
    assert [rows.nth(i).get_attribute("data-limit") for i in range(5)] == [None, None, "4", "2", "1"]
    expect(rows.nth(4).locator("td").nth(0)).to_have_text(re.compile("^1.00"))
    wait_for_address(page, "devices=8")


def test_reader_of_a_published_shape_sees_its_router_with_its_settings(open_page: Opener) -> None:
    page = open_page("/?shape=deepseek-v3")
    expect(page.locator("#router")).to_have_value("sigmoid_bias")
    expect(page.locator(".teaches")).to_contain_text("Sigmoid scores plus a bias")
    for setting, value in {"groups": "8", "topk_groups": "4", "scale": "2.5"}.items():
        expect(page.locator(f"#router-{setting}")).to_have_value(value)


def test_reader_on_a_phone_sees_the_whole_badge_beside_a_long_title(open_page: Opener) -> None:
    page = open_page("/?shape=mixtral-8x7b&lang=fr", viewport=PHONE)
    badge = page.locator(".masthead .badge").first
    expect(badge).to_be_visible()
    box = badge.bounding_box()
    assert box and box["x"] + box["width"] <= PHONE["width"]
