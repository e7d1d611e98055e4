"""After a failure the page shows a message and the view's still picture, never a dark rectangle."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from app.__main__ import main
from tests.e2e.conftest import FLAT, Contexts, Opener
from tests.e2e.other_origin import host_page
from tests.e2e.page_reader import complete, idle, under, wait_until

VIEW = "scenario=translate&token=8&layer=4"
NO_SOCKET = """window.WebSocket = class {
  constructor() { setTimeout(() => this.onclose?.()); }
  close() {}
};"""
KEEP_CONTEXTS = """const real = HTMLCanvasElement.prototype.getContext;
window.contexts = [];
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
  const context = real.call(this, kind, ...more);
  if (context && kind.startsWith("webgl")) contexts.push(context);
  return context;
};"""

# The picture is loaded, and seen: what lies at its middle is the picture.
PICTURE = """(() => {
  const picture = document.getElementById("poster");
  const { x, y, width, height } = picture.getBoundingClientRect();
  const found = document.elementsFromPoint(x + width / 2, y + height / 2);
  const first = found.find((each) => !each.closest(".notice, .shot"));
  return width > 200 && height > 100 && picture.naturalWidth === 1200 && first === picture;
})()"""


def sees_the_picture(page: Page | Frame) -> None:
    """Wait until the still picture is seen."""
    wait_until(page, PICTURE)


@pytest.fixture
def broken(new_context: Contexts, server_url: str) -> Any:
    """Opens a path where scripts get this answer: a body, or None for none at all."""

    def opener(path: str, body: str | None, **options: Any) -> Page:
        page = new_context(**options).new_page()
        page.route(
            "**/*.js",
            lambda route: (
                route.abort() if body is None else route.fulfill(body=body, content_type="text/javascript")
            ),
        )
        page.goto(path if "://" in path else server_url + path)
        return page

    return opener


@pytest.mark.parametrize("path", ["/", "/embed"])
@pytest.mark.parametrize("body", [None, "const old = /(?<;", "throw new Error('too old')"])
def test_reader_whose_browser_runs_no_script_of_ours_sees_why_and_the_picture(
    broken: Any, path: str, body: str | None
) -> None:
    page = broken(f"{path}?{VIEW}", body)
    page.get_by_text("The moving view has not started").wait_for()
    sees_the_picture(page)
    expect(page.locator("#poster")).to_have_attribute("src", re.compile("token=8"))


def test_reader_whose_network_swallows_even_the_first_script_sees_the_picture_a_little_later(
    new_context: Contexts, server_url: str
) -> None:
    page = new_context().new_page()
    page.route("**/*.js", lambda route: None)  # no answer ever
    page.goto(f"{server_url}/?{VIEW}", wait_until="commit")
    page.get_by_text("The moving view has not started").wait_for()


@pytest.mark.parametrize("path", ["/", "/embed"])
def test_reader_without_javascript_sees_the_picture_and_which_switch_it_is(
    new_context: Contexts, server_url: str, path: str
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{server_url}{path}?{VIEW}")
    page.locator("#without-script noscript").wait_for()
    expect(page.locator("#without-script")).to_contain_text(
        "which this browser has switched off", use_inner_text=True
    )
    expect(page.get_by_text("has not started")).to_be_hidden()
    expect(page.locator("#poster")).to_be_visible()


@pytest.mark.parametrize("kind", [[], ["--embed"]])
def test_reader_of_an_exported_page_in_an_old_browser_sees_the_picture(
    broken: Any, tmp_path: Path, kind: list[str]
) -> None:
    file = tmp_path / "view.html"
    assert main(["export", "--scenario", "translate", *kind, "-o", str(file)]) == 0
    file.write_text(file.read_text().replace("DecompressionStream", "MissingInOldBrowsers"))
    page = broken(file.as_uri(), None)  # its policy forbids the changed script, as a parser would
    page.get_by_text("The moving view has not started").wait_for()
    sees_the_picture(page)


@pytest.mark.parametrize("path", ["/?", "/embed?", "/?b.experts=32&"])
def test_reader_without_webgl_sees_a_sentence_and_the_picture_of_the_moment(
    open_page: Opener, path: str
) -> None:
    page = open_page(f"{path}{VIEW}", init=FLAT)
    page.get_by_text("needs WebGL 2").wait_for()
    sees_the_picture(page)
    expect(page.locator("#poster")).to_have_attribute("src", re.compile("token=8&layer=4"))


@pytest.mark.parametrize("path", ["/", "/embed"])
def test_reader_whom_no_trace_reaches_sees_a_sentence_and_the_picture(
    new_context: Contexts, server_url: str, path: str
) -> None:
    page = new_context().new_page()
    page.add_init_script(NO_SOCKET)
    page.route("**/api/stream*", lambda route: route.abort())
    page.goto(f"{server_url}{path}?{VIEW}")
    page.get_by_text("No trace reaches this page").wait_for()
    sees_the_picture(page)


def test_reader_whose_network_blocks_sockets_sees_the_scene_and_a_sentence(open_page: Opener) -> None:
    page = open_page(f"/?{VIEW}", init=NO_SOCKET)
    complete(page)
    page.get_by_text("so traces use HTTP").wait_for()
    expect(page.locator("#poster")).to_be_hidden()


def test_reader_whose_graphics_card_resets_sees_the_picture_and_then_the_scene(open_page: Opener) -> None:
    page = open_page(f"/?{VIEW}", init=KEEP_CONTEXTS)
    wait_until(page, "moescope.state().scene === 'shown'")
    page.evaluate("window.lose = contexts.at(-1).getExtension('WEBGL_lose_context'), lose.loseContext()")
    page.get_by_text("lost the scene").wait_for()
    sees_the_picture(page)
    page.evaluate("lose.restoreContext()")
    wait_until(page, "moescope.state().scene === 'shown'")
    expect(page.locator("#poster")).to_be_hidden()


HOST = """<!doctype html><html lang="en" data-state="ready"><title>An article</title>
<link rel="icon" href="data:,">
<iframe id="a" src="{url}/embed?{view}" width="600" height="420"></iframe>
<iframe id="b" src="{url}/embed?scenario=code&token=1" width="600" height="420"></iframe>"""


def test_embed_that_lost_its_scene_to_others_gets_it_back_when_one_leaves(
    open_page: Opener, server_url: str
) -> None:
    with host_page(HOST.format(url=server_url, view=VIEW)) as address:
        page = open_page(address, init=KEEP_CONTEXTS)
        frames = [page.locator(f"#{name}").element_handle().content_frame() for name in "ab"]
        for frame in frames:
            frame.wait_for_selector('html[data-state="ready"]', state="attached")
            wait_until(frame, "moescope.state().scene === 'shown'")
        frames[0].evaluate("contexts.at(-1).getExtension('WEBGL_lose_context').loseContext()")
        frames[0].get_by_text("only so many scenes at once").wait_for()
        sees_the_picture(frames[0])
        page.evaluate("document.getElementById('b').remove()")
        wait_until(frames[0], "moescope.state().scene === 'shown'")
        expect(frames[0].locator("#poster")).to_be_hidden()


def test_reader_pressing_the_picture_of_a_lost_scene_gets_it_back(open_page: Opener) -> None:
    page = open_page(f"/embed?{VIEW}", init=KEEP_CONTEXTS)
    wait_until(page, "moescope.state().scene === 'shown'")
    page.evaluate("contexts.at(-1).getExtension('WEBGL_lose_context').loseContext()")
    sees_the_picture(page)
    page.locator("#poster").click()
    wait_until(page, "moescope.state().scene === 'shown'")


def test_sentence_of_a_missing_scene_lies_beside_the_decision(open_page: Opener) -> None:
    page = open_page("/?token=6&layer=3", init=FLAT)
    complete(page)
    notice = page.locator(".notice[data-kind=scene]")
    notice.wait_for()
    beside, decision = notice.bounding_box(), page.locator(".decision").bounding_box()
    assert beside and decision
    assert beside["x"] + beside["width"] <= decision["x"]


SMALL_EMBEDS = {"250x180": (250, 180), "300x200": (300, 200), "360x300": (360, 300)}

# The height of the picture if the whole sentence can be read, and lies below the picture; else 0.
BELOW = """(kind) => {
  const [said, shown] = [kind, "#poster"].map((each) => document.querySelector(each));
  const [sentence, picture] = [said, shown].map((each) => each.getBoundingClientRect());
  const whole = said.scrollHeight <= said.clientHeight + 1 && sentence.bottom <= innerHeight;
  return whole && picture.top >= 0 && picture.bottom <= sentence.top ? picture.height : 0;
}"""


@pytest.mark.parametrize("size", SMALL_EMBEDS.values(), ids=SMALL_EMBEDS)
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_sentence_lies_below_the_picture_in_a_small_embed(
    open_page: Opener, broken: Any, size: tuple[int, int], lang: str
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    page = open_page(f"/embed?{VIEW}&lang={lang}", init=FLAT, viewport=viewport)
    page.locator(".notice[data-kind=scene]").wait_for()
    wait_until(page, "document.getElementById('poster').naturalWidth === 1200")
    assert page.evaluate(BELOW, ".notice[data-kind=scene]") >= 0.4 * size[1]
    page = open_page(f"/embed?{VIEW}&lang={lang}", init=KEEP_CONTEXTS, viewport=viewport)
    wait_until(page, "moescope.state().scene === 'shown'")
    page.evaluate("contexts.at(-1).getExtension('WEBGL_lose_context').loseContext()")
    page.locator(".notice[data-kind=scene]").wait_for()
    assert page.evaluate(BELOW, ".notice[data-kind=scene]") >= 0.35 * size[1]
    page = broken(f"/embed?{VIEW}&lang={lang}", None, viewport=viewport)
    page.locator(".script-failed").wait_for()
    wait_until(page, "getComputedStyle(document.getElementById('without-script')).visibility === 'visible'")
    assert page.evaluate(BELOW, "#without-script") >= 0.4 * size[1]


# What a notice must not lie on: counters, the decision, tokens, controls.
UNDER_NOTICE = ":is(.counter, .decision, .token, button, select):not(.notice *)"


@pytest.mark.parametrize(
    "path, size",
    [
        ("/", (360, 640)),
        ("/", (390, 844)),
        ("/", (844, 390)),
        ("/", (1024, 600)),
        ("/", (1280, 720)),
        ("/embed", (640, 420)),
        ("/embed", (360, 300)),
        ("/embed", (250, 180)),
    ],
    ids=str,
)
def test_notice_lies_on_nothing_and_can_be_dismissed(
    open_page: Opener, path: str, size: tuple[int, int]
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    page = open_page(f"{path}?{VIEW}", init=NO_SOCKET, viewport=viewport)
    complete(page)
    idle(page)
    notice = page.locator(".status .notice").filter(visible=True)
    expect(notice).to_be_in_viewport(ratio=1)
    assert under(page, ".status .notice:not([hidden])", UNDER_NOTICE) == []
    side = page.locator(".status").evaluate("each => getComputedStyle(each).getPropertyValue('--inset')")
    assert side in ("top", "bottom", "right"), "the camera frames the stack beside it"
    notice.get_by_role("button").click()
    expect(notice).to_be_hidden()
