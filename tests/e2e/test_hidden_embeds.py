"""A hidden embed is idle: no frames, no timers, no socket messages."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import Frame, Page

from tests.e2e.conftest import Opener
from tests.e2e.other_origin import host_page

COUNT_WORK = """(() => {
  const work = (window.work = { frames: 0, timers: 0, messages: 0, drawn: 0 });
  const { requestAnimationFrame: frame, setTimeout: timer, setInterval: interval } = window;
  window.uncounted = frame;
  const timed = (act) => (...given) => (work.timers++, act(...given));
  window.requestAnimationFrame = (act) => frame((now) => (work.frames++, act(now)));
  window.setTimeout = (act, ...more) => timer(timed(act), ...more);
  window.setInterval = (act, ...more) => interval(timed(act), ...more);
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", () => work.messages++);
    }
    send(text) {
      work.messages++;
      super.send(text);
    }
  };
  for (const name of ["drawElements", "drawArrays"]) {
    const draw = WebGL2RenderingContext.prototype[name];
    WebGL2RenderingContext.prototype[name] = function (...given) {
      work.drawn++;
      draw.apply(this, given);
    };
  }
})()"""

# The embed's clock is slow, so that it plays as long as it is let.
HOST = """<!doctype html><html lang="en" data-state="ready"><title>An article</title>
<link rel="icon" href="data:,">
<script type="module" src="{url}/static/embed.js"></script>
<div id="place"><moescope-embed id="e" scenario="code" speed="0.1"></moescope-embed></div>
<div style="height: 4000px"></div>"""

HIDDEN = """() => {
  Object.defineProperty(document, "hidden", { get: () => true, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
SEEN = "delete document.hidden, document.dispatchEvent(new Event('visibilitychange'))"

RESTS = "!moescope.state().playing && moescope.state().scene === 'waiting'"
PATIENCE_SECS = 90
WAYS = {
    "scrolled out": ("scrollTo(0, 3000)", "scrollTo(0, 0)"),
    "display none": ("place.style.display = 'none'", "place.style.display = ''"),
}


def frames_of_host(page: Page, count: int) -> None:
    """Let the host draw so many frames."""
    page.evaluate(
        "count => new Promise(done => { const go = () => count-- ? uncounted(go) : done(); go(); })",
        count,
    )


def until(page: Page, frame: Frame, condition: str) -> None:
    """Wait until an expression of the embed is true; asked from here, as its own timers are counted."""
    end = time.monotonic() + PATIENCE_SECS
    while not frame.evaluate(condition):
        assert time.monotonic() < end, condition
        frames_of_host(page, 2)


def rested(page: Page, frame: Frame) -> dict[str, Any]:
    """Returns what an embed does while its host draws 40 frames."""
    frames_of_host(page, 20)  # what was under way
    before: dict[str, int] = frame.evaluate("({ ...work })")
    frames_of_host(page, 40)
    after: dict[str, int] = frame.evaluate("({ ...work })")
    return {key: after[key] - before[key] for key in after if after[key] != before[key]}


def playing_embed(page: Page) -> Frame:
    """Returns the embed, once it plays."""
    frame = page.locator("#e iframe").element_handle().content_frame()
    assert frame is not None
    frame.wait_for_selector('html[data-state="ready"]', state="attached")
    until(page, frame, "moescope.state().playing && moescope.state().scene === 'shown' && work.drawn > 0")
    return frame


@pytest.mark.parametrize("way", WAYS)
def test_embed_that_is_hidden_does_nothing_and_goes_on_when_it_is_seen(
    open_page: Opener, server_url: str, way: str
) -> None:
    hide, show = WAYS[way]
    with host_page(HOST.format(url=server_url)) as address:
        page = open_page(address, init=COUNT_WORK)
        frame = playing_embed(page)
        page.evaluate(hide)
        until(page, frame, RESTS)  # it hears of it a little later
        assert rested(page, frame) == {}
        page.evaluate(show)
        until(page, frame, "moescope.state().playing && moescope.state().scene === 'shown'")
        until(page, frame, f"work.frames > {frame.evaluate('work.frames')}")


def test_embed_behind_another_tab_does_nothing(open_page: Opener, server_url: str) -> None:
    with host_page(HOST.format(url=server_url)) as address:
        page = open_page(address, init=COUNT_WORK)
        frame = playing_embed(page)
        frame.evaluate(HIDDEN)
        until(page, frame, RESTS)
        assert rested(page, frame) == {}
        frame.evaluate(SEEN)
        until(page, frame, "moescope.state().playing && moescope.state().scene === 'shown'")


def test_page_that_is_paused_or_finished_draws_nothing(open_page: Opener) -> None:
    page = open_page("/?scenario=code&mode=all&speed=10", init=COUNT_WORK)
    for end in ("moescope.pause()", "moescope.play()"):
        page.evaluate(end)
        page.evaluate("moescope.idle()")
        assert rested(page, page.main_frame).keys() <= {"timers"}  # what was just said, the address
