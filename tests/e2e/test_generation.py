"""The live model writes on after the prompt: it can be stopped, and the link says how much it wrote."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.e2e.conftest import Opener
from tests.e2e.page_reader import complete, idle, state, wait_until


def words_of(page: Page) -> list[tuple[str, bool]]:
    """The tokens of the strip, and whether each is said to be the model's own."""
    names: list[str] = page.locator(".strip [data-token]").evaluate_all(
        "tokens => tokens.map(token => token.getAttribute('aria-label'))"
    )
    return [(name.split(", token ")[0], name.endswith("written by the model")) for name in names]


def test_reader_stopping_a_model_that_writes_has_a_link_to_just_what_it_wrote(open_page: Opener) -> None:
    page = open_page("/?source=live&scenario=code")
    complete(page)
    given = state(page)["tokens"]
    page.get_by_role("button", name="Continue", exact=True).click()
    wait_until(page, f"moescope.state().received >= {given + 3}")
    page.get_by_role("button", name="Stop", exact=True).click()
    told = state(page)
    written = told["tokens"] - given
    assert told["complete"] and written >= 3 and told["view"]["continue"] == written
    page.evaluate("moescope.pause()")
    idle(page)
    assert f"continue={written}" in page.url and "temperature" not in page.url
    shown = words_of(page)
    assert [own for _, own in shown] == [False] * given + [True] * written
    other = open_page(page.url)
    complete(other)
    assert words_of(other) == shown
    assert state(other)["at"] == state(page)["at"]
