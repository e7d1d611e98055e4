"""The table "do, see" of the product: what a person must be able to see happen."""

from __future__ import annotations

from itertools import pairwise

from playwright.sync_api import expect

from tests.e2e.conftest import Opener
from tests.e2e.page_reader import (
    choose_scenario,
    complete,
    count,
    groups_of_tokens,
    idle,
    lit_pixels,
    press,
    seek,
    seek_end,
    state,
    table_of_layer,
)

LAYERS = range(1, 7)


def test_reader_choosing_code_sees_the_same_two_towers_a_layer_for_every_token(
    open_page: Opener,
) -> None:
    page = open_page("/")
    choose_scenario(page, "Code")
    for layer in LAYERS:
        chosen = {frozenset(experts) for _, experts in table_of_layer(page, layer)}
        assert len(chosen) == 1 and len(next(iter(chosen))) == 2
    seek_end(page)
    assert count(page, "experts_hit") == 2 * 6


def test_reader_choosing_translate_sees_english_french_and_punctuation_apart(open_page: Opener) -> None:
    page = open_page("/")
    choose_scenario(page, "Translate")
    groups = groups_of_tokens(page)
    assert set(groups) == {"english", "french", "punctuation"}
    for layer in LAYERS:
        used: dict[str, set[int]] = {group: set() for group in groups}
        for group, (_, experts) in zip(groups, table_of_layer(page, layer), strict=True):
            used[group] |= set(experts)
        assert not used["english"] & used["french"]
        assert not used["punctuation"] & (used["english"] | used["french"])


def test_reader_pressing_64_sees_total_p_eightfold_and_active_p_unmoved(open_page: Opener) -> None:
    page = open_page("/")
    total, active = count(page, "total_p"), count(page, "active_p")
    press(page, "Experts", "64")
    assert count(page, "total_p") == 8 * total
    assert count(page, "active_p") == active
    assert state(page)["counters"]["experts_all"] == 6 * 64


def test_reader_pressing_top_k_1_sees_one_expert_a_layer_and_slow_coverage(open_page: Opener) -> None:
    page = open_page("/?mode=single")
    seek_end(page)
    with_two = count(page, "experts_hit")
    press(page, "Top-k", "1")
    for layer in LAYERS:
        assert all(len(experts) == 1 for _, experts in table_of_layer(page, layer))
    seen = []
    for token in range(state(page)["tokens"]):
        seek(page, token, 5)
        seen.append(count(page, "experts_hit"))
    assert seen[0] == 6
    assert all(0 <= later - earlier <= 6 for earlier, later in pairwise(seen))
    assert seen[-1] < with_two


def test_reader_pressing_top_k_4_sees_coverage_explode_and_active_p_double(open_page: Opener) -> None:
    page = open_page("/?scenario=code")
    seek_end(page)
    hits, active, total = count(page, "experts_hit"), count(page, "active_p"), count(page, "total_p")
    press(page, "Top-k", "4")
    seek_end(page)
    assert count(page, "active_p") == 2 * active
    assert count(page, "total_p") == total
    assert count(page, "experts_hit") > 1.25 * hits


def test_reader_pressing_top_in_all_at_once_sees_one_layer_lit_by_every_token(open_page: Opener) -> None:
    page = open_page("/?scenario=translate&mode=single&token=1&layer=1")
    idle(page)
    press(page, "Mode", "ALL AT ONCE")
    press(page, "Camera", "TOP")
    seek(page, 0, 2)
    before = lit_pixels(page)
    expected = {expert for _, experts in table_of_layer(page, 3) for expert in experts}
    assert len(expected) > 3  # every token's experts, not one token's two
    assert before > 500
    page.get_by_role("button", name="One layer up").click()
    idle(page)
    assert state(page)["at"]["layer"] == 3 or state(page)["view"]["floor"] == 3


def test_reader_choosing_paris_twice_sees_the_same_word_routed_differently(open_page: Opener) -> None:
    page = open_page("/")
    choose_scenario(page, "Paris, twice")
    differing = 0
    for layer in LAYERS:
        paris = [set(experts) for token, experts in table_of_layer(page, layer) if "Paris" in token]
        assert len(paris) == 2
        differing += paris[0] != paris[1]
    assert differing >= 3


def test_reader_switching_code_to_live_sees_noise_and_the_badge_say_why(open_page: Opener) -> None:
    page = open_page("/?scenario=code")
    complete(page)
    badge = page.locator(".badge").first
    expect(badge).to_have_text("AUTHORED", use_inner_text=True)
    active = count(page, "active_p")
    press(page, "Source", "Live")
    expect(badge).to_have_text("LIVE", use_inner_text=True)
    expect(page.locator("header")).to_contain_text("trained", ignore_case=True)
    assert count(page, "active_p") == active
    spread = [len({frozenset(experts) for _, experts in table_of_layer(page, layer)}) for layer in LAYERS]
    assert max(spread) > 1  # authored code: one pair per layer for all tokens
