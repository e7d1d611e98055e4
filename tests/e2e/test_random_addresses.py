"""Any address brings up a working page: good values, bad values, absurd ones, keys of a second stack."""

from __future__ import annotations

import random
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from app.request.schema import SECOND_PREFIX, TraceRequest
from app.request.view_keys import VIEW_KEYS
from app.routing import ROUTERS
from tests.e2e.conftest import FLAT, Opener
from tests.e2e.page_reader import state, wait_until

NAMED = (  # each of these ended in an error page once
    "/?source=live&experts=512",
    "/?source=recorded&model=trio-16",
    "/?router=expert_choice&source=live&continue=9",
)
NUMBERS = (
    "-1",
    "0",
    "1",
    "2",
    "3",
    "4",
    "7",
    "8",
    "16",
    "64",
    "100",
    "512",
    "1024",
    "99999",
    "0.5",
    "1e9",
    "x",
)
TEXTS = (
    "",
    "x",
    "hello",
    "trio-8",
    "trio-16",
    "__proto__",
    "constructor",
    "é" * 10,
    "6x8x2-d8-e8-rtopk_norm",
)
GOOD = {
    "source": ("authored", "live", "recorded"),
    "scenario": ("english", "code", "translate"),
    "prompt": ("The river runs.", " ", "\U0001f642"),
    "model": ("trio-8", "trio-64", "trio-8-unbalanced"),
    "shape": ("mixtral-8x7b", "6x8x2-d8-e8-rtopk_norm"),
    "router": tuple(ROUTERS),
    "continue": ("0", "3"),
    "updates": ("0", "5"),
    "tour": ("first", "collapse"),
}
# `trace` names a file of a folder that this server does not serve: tests/web/test_captures.py has it.
REQUEST = tuple(field.alias or name for name, field in TraceRequest.model_fields.items() if name != "trace")
VIEW = tuple(key.name for key in VIEW_KEYS if key.name != "lang")  # another language is another document


def value_of(chance: random.Random, name: str) -> str:
    """Returns a value of a key: one that it takes in some view, or anything."""
    choices = next((key.values for key in VIEW_KEYS if key.name == name), ())
    good = GOOD.get(name, choices)
    return chance.choice(good) if good and chance.random() < 0.7 else chance.choice(NUMBERS + TEXTS)


def address(seed: int) -> str:
    """Returns a random address of the page."""
    chance = random.Random(seed)
    names = [*chance.sample(REQUEST, 4), *chance.sample(VIEW, 3)]
    if seed % 3 == 0:
        names += [SECOND_PREFIX + name for name in chance.sample(REQUEST, 2)]
    return f"/?{urlencode([(name, value_of(chance, name.removeprefix(SECOND_PREFIX))) for name in names])}"


def assert_works(page: Page) -> None:
    """The page is ready, its counters have values, and nothing went wrong."""
    told = state(page)
    assert told["status"] == "ready", told["error"]
    expect(page.locator(".trouble")).to_be_hidden()
    # A second stack whose keys all fall back is no second stack: the answer takes it away.
    wait_until(page, "moescope.state().b?.status !== 'loading'")
    second = state(page)["b"]
    if second is not None:
        assert second["status"] == "ready", second
        wait_until(page, "document.querySelector('.side-b [data-counter=experts_hit]').dataset.value")
    for name in ("total_p", "active_p", "experts_hit"):
        values = page.locator(f'[data-counter="{name}"]').evaluate_all("all => all.map(e => e.dataset.value)")
        assert values, name
        assert all(value.isdigit() for value in values), (name, values)


@pytest.mark.parametrize("path", [*NAMED, *(address(seed) for seed in range(30))])
def test_reader_opening_any_address_gets_a_working_page(open_page: Opener, path: str) -> None:
    page = open_page(path, init=FLAT)
    assert_works(page)
    # A browser logs each answer 422; the page says in words what it was about.
    errors = open_page.errors  # type: ignore[attr-defined]
    errors[:] = [error for error in errors if "status of 422" not in error]


@pytest.mark.parametrize("path", NAMED)
def test_reader_of_a_request_that_does_not_go_together_is_told_which_key_fell_back(
    open_page: Opener, path: str
) -> None:
    page = open_page(path, init=FLAT)
    expect(page.locator(".notice-list li")).to_have_count(1)
    assert state(page)["notices"][0].startswith(("experts: ", "model: ", "continue: "))
