"""Links, embeds and addresses: what is shared is what is seen."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PHONE, Opener
from tests.e2e.other_origin import host_page
from tests.e2e.page_reader import (
    complete,
    count,
    counters,
    idle,
    open_level,
    open_share,
    press,
    seek,
    state,
    wait_unseen,
    wait_until,
)

VIEW = "/?scenario=paris&experts=16&k=3&mode=single&camera=front"


def copied(page: Page, button: str) -> str:
    """What a button of the share panel puts into the clipboard."""
    page.get_by_role("button", name=button).click()
    expect(page.locator(".said")).to_have_text("Copied")
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def test_author_copying_a_link_finds_the_same_picture_in_a_fresh_browser(
    open_page: Opener,
) -> None:
    page = open_page(VIEW, permissions=["clipboard-read", "clipboard-write"])
    seek(page, 4, 3)
    open_share(page)
    link = copied(page, "Copy link")
    before = counters(page)
    again = open_page(link)
    idle(again)
    assert counters(again) == before
    expect(again.locator(".strip [aria-current=true]")).to_have_attribute("data-token", "4")
    assert state(again)["view"] == state(page)["view"]


def test_author_copying_embed_code_gets_a_titled_lazy_frame_of_the_view(
    open_page: Opener, server_url: str
) -> None:
    page = open_page("/?scenario=code", permissions=["clipboard-read", "clipboard-write"])
    complete(page)
    open_share(page)
    page.get_by_role("group", name="Share as").get_by_role("button", name="Embed code").click()
    code = copied(page, "Copy embed code")
    assert f'src="{server_url}/embed?' in code and "scenario=code" in code
    assert 'loading="lazy"' in code and 'title="' in code


def test_reader_opening_a_link_with_bad_values_sees_each_named_and_the_rest_kept(open_page: Opener) -> None:
    page = open_page("/?scenario=code&experts=banana&k=3&mode=sideways")
    complete(page)
    body = page.locator("body")
    expect(body).to_contain_text(
        "experts: expected a whole number from 2 to 1024, got 'banana'", use_inner_text=True
    )
    expect(body).to_contain_text("sideways", use_inner_text=True)
    told = state(page)["view"]
    assert (told["scenario"], told["experts"], told["k"], told["mode"]) == ("code", 8, 3, "sequence")


def test_reader_opening_a_link_with_markup_in_it_sees_text_and_no_markup(open_page: Opener) -> None:
    page = open_page("/?source=live&prompt=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E%20hello&experts=%3Cb%3E")
    complete(page)
    assert page.locator("img[src=x]").count() == 0
    texts = page.locator(".strip [data-token]").all_inner_texts()
    assert "".join(texts).replace(" ", "").endswith("onerror=alert(1)>hello")


def test_reader_pressing_back_returns_to_the_view_before(open_page: Opener) -> None:
    page = open_page("/")
    complete(page)
    press(page, "Experts", "32")
    assert count(page, "total_p") == 6 * 32 * 24576
    page.go_back()
    wait_until(page, "moescope.state().view.experts === 8")
    complete(page)
    assert count(page, "total_p") == 6 * 8 * 24576


ARTICLE = """<!doctype html><html lang="en" data-state="ready"><title>An article</title>
<link rel="icon" href="data:,"><h1>An article</h1><p id="gap" style="height: 3000px"></p>
<iframe src="{url}/embed?scenario=code&k=1" title="Moescope" width="640" height="400"></iframe>"""


def test_reader_scrolling_to_an_embed_sees_the_poster_then_the_scene_playing_then_pausing(
    open_page: Opener, server_url: str
) -> None:
    with host_page(ARTICLE.format(url=server_url)) as address:
        page = open_page(address, init=COUNT_CONTEXTS)
        frame = page.frames[-1] if len(page.frames) > 1 else page.wait_for_event("frameattached")
        frame.wait_for_selector("#poster")
        assert frame.evaluate("contexts") == 0
        page.evaluate("document.querySelector('iframe').scrollIntoView()")
        frame.wait_for_selector("canvas", state="visible")
        started = "moescope.state().playing && moescope.state().counters.experts_hit > 0"
        wait_until(frame, started)
        page.evaluate("scrollTo(0, 0)")
        wait_unseen(frame, "!moescope.state().playing")
        link = frame.get_by_role("link", name="Open in Moescope").get_attribute("href") or ""
        assert "/embed" not in link and "scenario=code" in link and "k=1" in link


def test_card_beside_a_link_to_the_moment_shows_that_moment_while_the_view_plays(open_page: Opener) -> None:
    page = open_page("/?scenario=code&speed=0.25")
    complete(page)
    wait_until(page, "moescope.state().playing && moescope.state().at.token >= 1")
    open_share(page)
    wait_until(page, "document.querySelector('.card-picture').src.includes('token=')")
    expect(page.locator("figure.card[aria-busy]")).to_have_count(0)
    link = page.locator(".copy-text").input_value()
    picture = page.locator(".card-picture").get_attribute("src") or ""
    keys = [dict(parse_qsl(urlsplit(each).query)) for each in (link, picture)]
    assert state(page)["playing"]
    assert keys[0]["token"] and keys[1]["token"] == keys[0]["token"] and keys[1]["layer"] == keys[0]["layer"]
    page.get_by_role("button", name="From the start").click()
    wait_until(page, "!document.querySelector('.card-picture').src.includes('token=')")


# A target may be larger than what is drawn of it: badges have an unseen margin.
TOO_SMALL = """buttons => buttons.filter(button => !button.closest('.strip')).filter(button => {
  const around = parseFloat(getComputedStyle(button, '::after').top) || 0;
  return button.getBoundingClientRect().height - 2 * Math.min(0, around) < 43.5;
}).map(button => button.textContent || button.ariaLabel)"""
COUNT_CONTEXTS = """
window.contexts = 0;
const real = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  if (kind.startsWith('webgl')) contexts++;
  return real.call(this, kind, ...rest);
};
"""


@pytest.mark.parametrize("path", ["/", "/?experts=64&mode=all", "/?source=live"])
def test_reader_on_a_phone_reaches_every_control_and_never_scrolls_sidew(
    open_page: Opener, path: str
) -> None:
    page = open_page(path, viewport=PHONE, has_touch=True, is_mobile=True)
    complete(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    open_level(page, "Explore")
    press(page, "Top-k", "1")
    assert state(page)["view"]["k"] == 1
    small = page.locator("button:visible").evaluate_all(TOO_SMALL)
    assert small == []


def test_viewer_whose_connection_drops_sees_it_and_gets_the_rest_by_itself(open_page: Opener) -> None:
    drop = """
      const Real = WebSocket; let dropped = 0; window.sockets = 0; window.states = new Set();
      window.WebSocket = class extends Real {
        constructor(...args) {
          super(...args); sockets++;
          let steps = 0;
          if (dropped && ![...states].some(told => told.includes('lost'))) super.close();
          this.addEventListener('message', event => {
            if (typeof event.data !== 'string' && ++steps === 3 && !dropped++) super.close();
          });
        }
      };
      const note = () => states.add(document.querySelector('.connection')?.textContent ?? '');
      new MutationObserver(note).observe(document, {subtree: true, childList: true, characterData: true});
    """
    page = open_page("/?scenario=translate", init=drop)  # no new connection before the page has said so
    complete(page)
    assert page.evaluate("sockets") >= 2
    assert state(page)["received"] == state(page)["tokens"]
    assert any("lost" in told for told in page.evaluate("[...states]"))


def test_reader_going_back_twice_undoes_the_last_two_choices_and_forward_does_them_again(
    open_page: Opener,
) -> None:
    page = open_page("/")
    complete(page)
    press(page, "Top-k", "4")
    press(page, "Experts", "64")
    shown = []
    for way in ("back", "back", "forward", "forward"):
        page.evaluate(f"new Promise(done => {{ addEventListener('popstate', done); history.{way}(); }})")
        complete(page)
        view = state(page)["view"]
        shown.append((view["experts"], view["k"]))
    assert shown == [(8, 4), (8, 2), (8, 4), (64, 4)]
    assert page.evaluate("history.length") == 4, "a blank page, the first, and one a choice"
