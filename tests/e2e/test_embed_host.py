"""An article of another origin embeds views through the custom element and drives them."""

from __future__ import annotations

from typing import Any

import httpx
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Opener
from tests.e2e.other_origin import host_page
from tests.e2e.page_reader import wait_unseen, wait_until

# Live WebGL contexts of a frame: made, less those given back.
COUNT_CONTEXTS = """
window.live = 0;
const real = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  const context = real.call(this, kind, ...rest);
  if (!context || !kind.startsWith('webgl') || context.counted) return context;
  context.counted = true;
  live++;
  const lose = context.getExtension('WEBGL_lose_context');
  const given = lose.loseContext.bind(lose);
  lose.loseContext = () => { live--; given(); };
  const extension = context.getExtension.bind(context);
  context.getExtension = (name) => name === 'WEBGL_lose_context' ? lose : extension(name);
  return context;
};
"""

HEAD = """<!doctype html><html lang="en" data-state="ready"><title>An article</title>
<link rel="icon" href="data:,">
<script type="module" src="{url}/static/embed.js"></script><h1>An article</h1>
<script>
  const log = {{}};
  function watch(id) {{
    log[id] = [];
    for (const type of ['ready', 'state', 'token', 'layer', 'end', 'height'])
      document.getElementById(id).addEventListener(type, ({{ detail }}) => log[id].push([type, detail]));
  }}
  const seen = (id, type) => log[id].filter(([name]) => name === type).map(([, detail]) => detail);
</script>
"""
THREE = (
    HEAD
    + """
<moescope-embed id="a" scenario="code" experts="8" token="1" layer="1" title="Code">fallback</moescope-embed>
<moescope-embed id="b" scenario="translate" token="2" layer="3" height="300"></moescope-embed>
<moescope-embed id="c" scenario="paris" experts="16" k="4" token="1"></moescope-embed>
<script>for (const id of ['a', 'b', 'c']) watch(id)</script>"""
)


def ask(page: Page, script: str) -> Any:
    """Returns what a script of the article gets; `a`, `b` and `c` are the elements."""
    return page.evaluate(f"async () => {{ return {script} }}")


def settled(page: Page) -> dict[str, Any]:
    """Returns all three views as they are once their traces are there."""
    states: dict[str, Any] = ask(
        page, "Object.fromEntries(await Promise.all([a, b, c].map(async (e) => [e.id, await e.get()])))"
    )
    return states


def test_article_driving_one_of_three_embeds_through_every_message_leaves_the_others_still(
    open_page: Opener, server_url: str
) -> None:
    with host_page(THREE.format(url=server_url)) as address:
        page = open_page(address)
        before = settled(page)
        assert [before[id]["view"]["scenario"] for id in "abc"] == ["code", "translate", "paris"]
        assert before["c"]["view"]["experts"] == 16 and before["c"]["view"]["k"] == 4
        page.evaluate("for (const id of ['a', 'b', 'c']) log[id].length = 0")

        told = ask(page, "a.set({ experts: 64, k: 1, camera: 'front' })")
        assert (told["view"]["experts"], told["view"]["k"], told["view"]["camera"]) == (64, 1, "front")
        assert told["counters"]["total_p"] == 8 * before["a"]["counters"]["total_p"]
        assert told["counters"]["active_p"] == before["a"]["counters"]["active_p"] / 2

        told = ask(page, "a.seek({ token: 4, layer: 3 })")
        assert (told["at"]["token"], told["at"]["layer"], told["playing"]) == (4, 3, False)
        assert ask(page, "a.get()")["at"] == told["at"]
        wait_until(page, "seen('a', 'layer').some(({ token, layer }) => token === 4 && layer === 3)")
        chosen = ask(page, "seen('a', 'layer').at(-1)")
        assert len(chosen["experts"]) == 1 and 0 <= chosen["experts"][0]["expert"] < 64

        assert ask(page, "a.play()")["playing"] is True
        wait_until(page, "seen('a', 'token').some(({ token }) => token > 4)")
        assert ask(page, "a.pause()")["playing"] is False

        ask(page, "a.set({ speed: 10 })")
        ask(page, "a.play()")
        wait_until(page, "seen('a', 'end').length")
        assert ask(page, "seen('a', 'end')[0].experts_hit") > 0
        types = set(ask(page, "log.a.map(([type]) => type)"))
        assert {"ready", "state", "token", "layer", "end"} <= types

        after = settled(page)
        assert (after["b"], after["c"]) == (before["b"], before["c"])
        assert ask(page, "[log.b, log.c]") == [[], []]


def test_article_setting_bad_values_hears_which_and_the_rest_is_set(
    open_page: Opener, server_url: str
) -> None:
    with host_page(THREE.format(url=server_url)) as address:
        page = open_page(address)
        told = ask(page, "a.set({ experts: 'many', k: 3, colour: 'red' })")
        assert (told["view"]["experts"], told["view"]["k"]) == (8, 3)
        assert sorted(problem.split(":")[0] for problem in told["problems"]) == ["colour", "experts"]


def test_article_changing_attributes_changes_the_view(open_page: Opener, server_url: str) -> None:
    with host_page(THREE.format(url=server_url)) as address:
        page = open_page(address)
        settled(page)
        page.evaluate("a.setAttribute('k', '1'), a.setAttribute('experts', '32'), a.title = 'Another'")
        wait_until(page, "seen('a', 'ready').some(({ state }) => state.view.experts === 32)")
        assert ask(page, "a.get()")["view"]["k"] == 1
        expect(page.locator("#a iframe")).to_have_attribute("title", "Another")
        assert settled(page)["b"]["view"]["k"] == 2


BOX = "a.shadowRoot.querySelector('iframe').getBoundingClientRect()"


def test_article_gets_lazy_titled_frames_that_grow_to_their_content(
    open_page: Opener, server_url: str
) -> None:
    with host_page(THREE.format(url=server_url)) as address:
        page = open_page(address, viewport={"width": 800, "height": 600})
        settled(page)
        wait_until(page, f"{BOX}.height === seen('a', 'height').at(-1).height")
        frame = page.locator("#a iframe")
        expect(frame).to_have_attribute("loading", "eager")  # was asked
        expect(frame).to_have_attribute("title", "Code")
        wait_until(page, f"{BOX.replace('a.', 'b.')}.height === 300")
        page.set_viewport_size({"width": 360, "height": 700})
        wait_until(page, f"innerWidth === 360 && {BOX}.height > {BOX}.width")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


TAKEN_OUT = "(() => { window.kept = a; const asked = a.get(); a.remove(); return asked.catch(String) })()"


def test_article_taking_an_embed_out_hears_that_its_question_is_not_answered(
    open_page: Opener, server_url: str
) -> None:
    with host_page(THREE.format(url=server_url)) as address:
        page = open_page(address)
        settled(page)
        reason = ask(page, TAKEN_OUT)
        assert "taken out" in reason
        page.evaluate("document.body.append(kept)")
        assert ask(page, "kept.get()")["status"] == "ready"


TWENTY = HEAD + "".join(
    f'<moescope-embed id="e{i}" scenario="code" token="1" style="margin: 40px 0"></moescope-embed>'
    for i in range(20)
)


def contexts(page: Page) -> int:
    """Live contexts of all frames together."""
    return sum(frame.evaluate("window.live ?? 0") for frame in page.frames)


def visible(page: Page) -> int:
    """Embeds of which some is in sight."""
    count: int = page.evaluate(
        "[...document.querySelectorAll('moescope-embed')].filter((e) => {"
        "const { top, bottom } = e.getBoundingClientRect(); return bottom > 0 && top < innerHeight }).length"
    )
    return count


def scenes_given_back(page: Page) -> None:
    """Wait until the embeds out of sight have heard of it: a browser tells them a little later."""
    for _ in range(1000):
        if contexts(page) <= visible(page):
            return
        page.evaluate("new Promise(requestAnimationFrame)")


def test_reader_scrolling_past_twenty_embeds_never_holds_more_contexts_than_are_visible(
    open_page: Opener, server_url: str
) -> None:
    with host_page(TWENTY.format(url=server_url)) as address:
        page = open_page(address, init=COUNT_CONTEXTS, viewport={"width": 700, "height": 700})
        for index in (0, 1, 2, 6, 12, 19, 0):
            page.evaluate(f"e{index}.scrollIntoView({{ block: 'center' }})")
            page.evaluate(f"e{index}.get()")
            frame = page.locator(f"#e{index} iframe").element_handle().content_frame()
            assert frame is not None
            frame.wait_for_selector("canvas", state="visible")
            wait_until(frame, "moescope.state().scene === 'shown'")
            scenes_given_back(page)
            assert 1 <= contexts(page) <= visible(page) <= 3
        page.evaluate("document.body.style.marginTop = '3000px'; scrollTo(0, 0)")
        for frame in page.frames[1:]:
            wait_unseen(frame, "moescope.state().scene !== 'shown'")
        assert contexts(page) == 0


def test_article_loads_the_element_from_us_with_cors_and_an_etag(server_url: str) -> None:
    script = httpx.get(f"{server_url}/static/embed.js", headers={"origin": "https://article.example"})
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["access-control-allow-origin"] == "*"
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "max-age=3600" in script.headers["cache-control"]
    again = httpx.get(
        f"{server_url}/static/embed.js",
        headers={"if-none-match": script.headers["etag"], "accept-encoding": "gzip, deflate"},
    )
    assert again.status_code == 304 and again.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in httpx.get(f"{server_url}/").headers
