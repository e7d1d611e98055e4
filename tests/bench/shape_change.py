"""How long a person waits for another shape: to its towers on the screen, and to the first beam that is lit.

From the moment at which the view changes, on the page, with the server beside it. The second includes the way
of the token from the entry to the first ring, a quarter of a second of playback. Wall time, so the machine
should be idle; beside it stands the load that it had.
"""

from __future__ import annotations

import os
import statistics

from playwright.sync_api import Page, sync_playwright

from app.settings import Settings
from tests.chromium import chromium_path
from tests.live_server import serving

FLAGS = ["--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader"]
SIZE = {"width": 1280, "height": 720}
WAIT_MS = 300_000
GOAL_MS = 1000
TIMES = 3
SMALL = "?scenario=code"
SHAPES = (
    "?scenario=code&experts=64",
    "?scenario=code&shape=deepseek-v3",
    "?scenario=code&shape=kimi-k2",
    "?scenario=code&shape=kimi-k2&fold=20-30",
)

CHANGE = """async (search) => {
  const frame = () => new Promise(requestAnimationFrame);
  const before = moescope.stats().towers, start = performance.now();
  history.pushState(null, '', location.pathname + search);
  dispatchEvent(new PopStateEvent('popstate'));
  while (moescope.stats().towers === before) await frame();
  await frame();
  const towers = performance.now() - start;
  while (moescope.state().at.token < 0) await frame();
  return [towers, performance.now() - start];
}"""


def measure(page: Page, search: str) -> tuple[float, float]:
    """Returns milliseconds to the towers and to the first lit beam, from the small shape; the medians."""
    found = []
    for _ in range(TIMES):
        page.evaluate(CHANGE, SMALL)
        found.append(page.evaluate(CHANGE, search))
    return statistics.median(each[0] for each in found), statistics.median(each[1] for each in found)


def main() -> None:
    """Measure and print."""
    load = os.getloadavg()[0]
    print(f"\nchange of shape, ms, median of {TIMES} (goal for the towers: {GOAL_MS}); load {load:.1f}")
    with serving(Settings(port=0)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        page = browser.new_page(viewport=SIZE)
        page.set_default_timeout(WAIT_MS)
        page.goto(f"{address}/?scenario=code&experts=16", wait_until="commit")
        page.wait_for_selector('html[data-state="ready"]', state="attached")
        for search in SHAPES:
            towers, beam = measure(page, search)
            print(f"{search:42} | towers {towers:6.0f} | first beam {beam:6.0f}", flush=True)
        browser.close()
