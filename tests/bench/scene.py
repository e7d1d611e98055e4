"""What a frame of the scene costs, against the same scene drawn with one mesh a tower and one line a beam.

Both draw the same frames of the same routing in one browser, with the clock stepped by hand. Milliseconds are
those of JavaScript alone: the functions that draw are counted but do nothing, so no rasteriser is measured.
Every frame is drawn once before, since scripts are interpreted in the first second and compiled afterwards.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.chromium import chromium_path

ROOT = Path(__file__).parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader"]
SIZE = {"width": 1280, "height": 720}

# layers, experts, top-k, tokens, mode
CASES = [
    (6, 8, 2, 16, "sequence"),
    (6, 64, 2, 16, "sequence"),
    (24, 64, 4, 16, "sequence"),
    (61, 256, 8, 16, "sequence"),
    (6, 8, 2, 64, "all"),
    (61, 256, 8, 64, "all"),
    (61, 384, 8, 64, "all"),
]
NAIVE_MOST = 20_000  # meshes and lines; above that the naive scene takes minutes to build
HEADINGS = (
    "size, mode | draw calls, naive | JS ms a frame (median, p95), naive | bytes a frame | build ms, naive"
)


class Isolated(SimpleHTTPRequestHandler):
    """Serves the checkout, isolated from other origins: only then is the browser's clock fine enough."""

    def end_headers(self) -> None:
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Silence."""


@contextmanager
def serving() -> Iterator[str]:
    """Yields the address at which the checkout is served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Isolated, directory=str(ROOT))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def measure(browser: Browser, url: str, kind: str, case: tuple[Any, ...]) -> dict[str, float]:
    """Returns one case in a fresh page: {calls, median, p95, bytes, build}."""
    context = browser.new_context(viewport=SIZE)
    page = context.new_page()
    page.goto(f"{url}/tests/bench/stage/index.html")
    page.wait_for_function("window.measure !== undefined")
    found: dict[str, float] = page.evaluate("([kind, shape]) => measure(kind, shape)", [kind, list(case)])
    context.close()
    return found


def line(case: tuple[Any, ...], ours: dict[str, float], naive: dict[str, float] | None) -> str:
    """Returns one row of the table."""
    layers, experts, _, tokens, mode = case
    calls, script, build = (
        (f"{naive['calls']:.0f}", f"{naive['median']:.2f} {naive['p95']:.2f}", f"{naive['build']:.0f}")
        if naive
        else ("-", "-", "-")
    )
    return (
        f"{layers}x{experts:<4} {mode:8} {tokens} tokens | {ours['calls']:.0f}, {calls} | "
        f"{ours['median']:.2f} {ours['p95']:.2f}, {script} | {ours['bytes']:.0f} | "
        f"{ours['build']:.0f}, {build}"
    )


def naive_objects(case: tuple[Any, ...]) -> int:
    """Meshes and lines that the naive scene needs."""
    layers, experts, _, tokens, mode = case
    return int(layers * experts + experts * (tokens if mode == "all" else min(tokens, 16)))


def main() -> None:
    """Measure and print."""
    with serving() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        print(HEADINGS)
        medians = {}
        for case in CASES:
            ours = measure(browser, url, "stage", case)
            naive = measure(browser, url, "naive", case) if naive_objects(case) <= NAIVE_MOST else None
            medians[case[0], case[1], case[4]] = ours["median"]
            print(line(case, ours, naive), flush=True)
        browser.close()
    for mode in ("sequence", "all"):
        ratio = medians[61, 256, mode] / medians[6, 8, mode]
        print(f"{mode}: JavaScript a frame at 61x256 is {ratio:.2f} times that at 6x8 (goal: under 2)")
