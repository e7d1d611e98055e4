"""A real Chromium, and pages whose clock is stepped by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.bench.scene import serving
from tests.chromium import chromium_path
from tests.e2e.scene_page import AREA, Stage, open_stage

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 844}

# For `init` where nothing looks at the scene: the rest of the page is the same without, and comes sooner.
FLAT = """;{
  const { prototype } = HTMLCanvasElement, get = prototype.getContext;
  prototype.getContext = function (kind, ...more) {
    return kind.startsWith("webgl") ? null : get.call(this, kind, ...more);
  };
}"""

PATIENCE_MS = 60_000  # for what takes a moment: machines with two slow cores run four pages at once
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Chromium."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Yields one Chromium for the whole run; tests get contexts of their own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser
        browser.close()


Opener = Callable[..., Page]
Contexts = Callable[..., BrowserContext]


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[Contexts]:
    """Opens contexts that wait patiently, and closes them after the test."""
    contexts: list[BrowserContext] = []

    def opener(**options: Any) -> BrowserContext:
        options.setdefault("viewport", DESKTOP)
        context = chromium.new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        return context

    yield opener
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(new_context: Contexts, server_url: str) -> Iterator[Opener]:
    """Open a path of the server and wait until it is ready; fails the test on an uncaught error of the page.

    The visitor has been here before, so that no shot opens the page, unless `first_visit` is set.
    Options beside `path` and `ready` go to the browser context (viewport, reduced_motion, has_touch, ...).
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def opener(
        path: str = "/",
        *,
        ready: str | None = "ready",
        init: str = "",
        first_visit: bool = False,
        **options: Any,
    ) -> Page:
        contexts.append(new_context(**options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        if not first_visit:
            page.add_init_script("try { sessionStorage.setItem('moescope.opened', '1') } catch {}")
        if init:
            page.add_init_script(init)
        page.goto(path if "://" in path else server_url + path)
        if ready:
            page.wait_for_selector(f'html[data-state="{ready}"]', state="attached")
        return page

    opener.errors = errors  # type: ignore[attr-defined]
    yield opener
    for context in contexts:
        context.close()
    assert not errors, f"the page reported errors: {errors}"


@pytest.fixture(scope="session")
def stage_url() -> Iterator[str]:
    """Yields where the checkout is served as files."""
    with serving() as url:
        yield url


@pytest.fixture
def stage(new_context: Contexts, stage_url: str) -> Iterator[Stage]:
    """Opens a scene of a shape: layers, experts, top-k, tokens, mode."""
    errors: list[str] = []
    context = new_context(viewport=AREA)

    def opener(*shape: Any) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return open_stage(page, stage_url, shape)

    yield opener
    context.close()
    assert not errors
