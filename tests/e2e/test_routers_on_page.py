"""Routers are chosen in the page, and it shows what their papers say; loads even out before one's eyes."""

import re
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect

from app.trace import RoutingTrace
from tests.e2e.conftest import FLAT, PHONE
from tests.e2e.page_reader import complete, idle, open_level, table_of_layer, wait_for_address, wait_until


@pytest.fixture
def look(open_page):
    def look(path: str, **options) -> Page:
        page = open_page(path, init=FLAT, **options)
        complete(page)
        return page

    return look


def choose_router(page: Page, name: str) -> None:
    router = page.get_by_label("Router", exact=True)
    if not router.is_visible():
        open_level(page, "Explore")
    router.select_option(name)
    complete(page)


def whole_prompt(page: Page) -> None:
    page.get_by_role("button", name="Whole prompt", exact=True).click()


def measure(page: Page, name: str):
    return page.locator(".measure").filter(has=page.locator(f'[data-measure="{name}"]'))


def value(page: Page, name: str) -> float:
    return float(measure(page, name).get_attribute("data-value") or "nan")


def test_reader_choosing_base_or_expert_choice_sees_no_violation_where_tokens_divide_by_experts(look):
    page = look("/?experts=11&panel=load")  # 11 tokens, 2 experts each: 2 to each of 11 experts
    whole_prompt(page)
    expect(measure(page, "max_violation")).to_have_attribute("data-value", re.compile(r"[1-9]"))
    for router in ("base", "expert_choice"):
        choose_router(page, router)
        expect(measure(page, "max_violation")).to_have_attribute("data-value", "0.0000")
        wait_for_address(page, f"router={router}")
        choose_router(page, "topk_norm")
        expect(measure(page, "max_violation")).not_to_have_attribute("data-value", "0.0000")
        wait_until(page, "!location.search.includes('router=')")


def test_reader_choosing_switch_with_little_capacity_sees_what_is_dropped(look):
    page = look("/?panel=load")
    whole_prompt(page)
    expect(page.locator(".bars li[data-dropped]")).to_have_count(0)
    choose_router(page, "switch")
    page.locator("#router-capacity").fill("0.5")
    complete(page)
    expect(page.locator(".bars li[data-dropped]").first).to_be_attached()
    expect(measure(page, "dropped_share")).to_have_attribute("data-value", re.compile(r"^0\.[2-9]|^1"))
    top_k = page.get_by_role("group", name="Top-k", exact=True)
    expect(top_k.get_by_role("button", name="2")).to_be_disabled()
    wait_for_address(page, "router=switch", "capacity=0.5")
    assert "k=" not in page.url
    page.get_by_role("button", name="Table").click()
    expect(page.locator("table.routing tbody")).to_contain_text("dropped")


@pytest.mark.parametrize("router", ["group_limited", "sigmoid_bias"])
def test_reader_limiting_tokens_to_one_group_sees_both_experts_of_a_token_in_one(look, router):
    page = look("/?panel=table")
    free = [experts for _, experts in table_of_layer(page, 1)]
    assert any(a // 2 != b // 2 for a, b in free)
    choose_router(page, router)
    page.get_by_label("Groups", exact=True).select_option("4")
    page.get_by_label("Groups per token", exact=True).select_option("1")
    complete(page)
    idle(page)
    limited = [experts for _, experts in table_of_layer(page, 1)]
    assert all(a // 2 == b // 2 for a, b in limited), limited


def test_reader_of_a_live_view_with_another_router_is_told_what_the_change_costs(look):
    page = look("/?source=live")
    lead = page.locator(".teaches")
    expect(lead).not_to_be_empty()
    expect(lead).not_to_contain_text("trained with another router")
    choose_router(page, "expert_choice")
    expect(lead).to_contain_text(
        re.compile(r"trained with another router: Top-k.* costs \+\d\.\d{3} ± \d\.\d{3} nats")
    )
    expect(lead).to_contain_text("not the loss of a model that generates text")


def test_reader_running_the_bias_update_sees_a_collapsed_load_even_out_and_the_run_end(look):
    page = look("/?scenario=code&skew=4&router=sigmoid_bias&panel=load", reduced_motion="reduce")
    whole_prompt(page)
    lab = page.locator(".lab")
    expect(lab.locator(".lab-status")).to_contain_text("0 updates: MaxVio")
    before = violation_of(lab.locator(".lab-status").inner_text())
    lab.get_by_role("button", name="Run").press("Enter")  # by keyboard, like all else
    expect(lab.locator(".lab-status")).to_contain_text(re.compile("(Most|As) even"))
    assert violation_of(lab.locator(".lab-status").inner_text()) < before / 2
    expect(page).to_have_url(re.compile(r"updates=\d+"))
    for sign in ("up", "down"):
        expect(page.locator(f".bias[data-sign='{sign}']")).not_to_have_count(0)
    lab.get_by_role("link", name="Expert Choice").press("Enter")
    complete(page)
    wait_for_address(page, "router=expert_choice", "skew=4")
    assert "updates" not in page.url


def violation_of(sentence: str) -> float:
    found = re.search(r"MaxVio (\d+\.\d+)", sentence)
    return float(found[1]) if found else 0.0


def test_reader_choosing_st_moe_is_told_its_router_z_loss_and_nobody_else_is(look):
    page = look("/?scenario=code&panel=load&layer=1")
    expect(measure(page, "switch_loss")).to_be_visible()
    expect(measure(page, "z_loss")).to_be_hidden()
    choose_router(page, "st_moe")
    expect(measure(page, "z_loss")).to_have_attribute("data-value", re.compile(r"[1-9]"))
    asked = "fetch('/api/load?scenario=code&router=st_moe').then(answer => answer.json())"
    found = page.evaluate(asked)["measures"]["z_loss"]
    layer = int(page.locator("#load-layer").input_value())
    assert value(page, "z_loss") == pytest.approx(found[layer], abs=1e-3)
    page.locator('[data-measure="z_loss"]').focus()
    expect(page.locator(".measure-readout")).to_contain_text("Zoph et al. 2022")


def test_reader_coming_to_a_measure_by_keyboard_reads_its_formula(look):
    page = look("/?panel=load")
    page.locator('[data-measure="max_violation"]').focus()
    expect(page.locator(".measure-readout")).to_contain_text("MaxVio = (max(c) − mean(c)) / mean(c)")


def test_teacher_counting_over_all_prompts_and_over_a_text_sees_how_many_tokens_that_were(look):
    page = look("/?source=live&panel=load")
    page.get_by_role("button", name="All prompts", exact=True).click()
    status = page.locator(".counting [role=status]")
    expect(status).to_contain_text(re.compile(r"Counted over \d+ tokens of \d+ texts"))
    page.get_by_role("button", name="A text", exact=True).click()
    page.get_by_label("A text to count over").fill("The river runs to the sea. " * 60)
    page.get_by_role("button", name="Count", exact=True).click()
    expect(status).to_contain_text(re.compile(r"tokens of [2-9] texts"))


def test_teacher_with_an_authored_view_is_told_why_a_text_of_their_own_needs_the_live_model(look):
    page = look("/?panel=load")
    page.get_by_role("button", name="A text", exact=True).click()
    expect(page.get_by_text("a pasted text needs the live model")).to_be_visible()
    page.get_by_role("button", name="Switch to Live").click()
    expect(page.get_by_label("A text to count over")).to_be_visible()


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 720}, PHONE], ids=["desktop", "phone"])
def test_reader_of_switch_is_told_what_its_colours_mean(look, viewport):
    page = look("/?router=switch&capacity=1&mode=all&layer=2&level=explore", viewport=viewport)
    legend = page.get_by_role("list", name="Capacity in the scene").filter(visible=True)
    expect(legend).to_have_count(1)
    expect(legend.get_by_role("listitem")).to_have_text(
        ["level: tokens taken", "rim: full", "bounces off: dropped"]
    )
    page = look("/?mode=all&layer=2&level=explore", viewport=viewport)
    expect(page.get_by_role("list", name="Capacity in the scene")).to_have_count(0)


def test_reader_of_zero_experts_sees_which_choices_compute_nothing_and_no_parameters_for_them(look):
    page = look("/?router=zero_experts&k=4&experts=16&scenario=code&token=5&layer=2&level=explore")
    expect(page.locator('.ladder [data-state="nothing"]')).to_contain_text("2 zero experts")
    expect(page.locator(".cut-tag")).to_have_text("top 4")
    expect(page.locator(".margin")).to_have_text("2 of 4 choices compute nothing.")
    assert pairs_of_fifth(page) < 6 * 4
    expect(page.locator('[data-counter="active_p"]')).to_have_attribute(
        "data-value", str(pairs_of_fifth(page) * 24_576)
    )


def pairs_of_fifth(page: Page) -> int:
    """The (layer, expert) pairs that the fifth token used, from the trace's file."""
    address = page.evaluate("document.baseURI")
    query = "router=zero_experts&k=4&experts=16&scenario=code"
    answer = page.request.get(urljoin(address, f"/api/trace?{query}"))
    experts = RoutingTrace.from_bytes(answer.body()).experts
    return int((experts[4] >= 0).sum())
