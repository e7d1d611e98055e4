"""Whether the page's memory grows while it loops: heap after a forced collection, and what the GPU holds.

A page plays DeepSeek-V3's stack in SEQUENCE and ALL AT ONCE with its clock stepped by hand, folds and unfolds
it, and changes to other shapes and back, round after round. MINUTES=30 makes it a long one.
"""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass

from playwright.sync_api import CDPSession, Page, sync_playwright

from app.settings import Settings
from tests.chromium import chromium_path
from tests.live_server import serving

FLAGS = ["--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader"]
SIZE = {"width": 480, "height": 320}
MINUTES = float(os.environ.get("MINUTES", "2"))
WAIT_MS = 300_000
STEPS = 24  # pictures of one pass through a prompt
WARM = 2  # rounds before memory is compared: caches fill, code is compiled

BIG = "shape=deepseek-v3&scenario=code"
ROUND = (
    f"?{BIG}&mode=sequence",
    f"?{BIG}&mode=all",
    f"?{BIG}&mode=all&fold=20-30",
    f"?{BIG}&mode=sequence&camera=top&floor=30&theme=light",
    "?experts=8",
    "?experts=384&k=8&mode=all",
    "?experts=64&router=switch&k=1",
)

GO = """async (search) => {
  history.pushState(null, '', location.pathname + search);
  dispatchEvent(new PopStateEvent('popstate'));
  const frame = () => new Promise(requestAnimationFrame);
  const now = () => moescope.state();
  const there = () => now().status === 'ready' && now().complete;
  for (let i = 0; i < 3 || !there(); i++) await frame();
  moescope.seek({ token: 0, layer: 0 });
}"""

PASS = """async ([steps, secs]) => {
  moescope.play();
  for (let i = 0; i < steps; i++) {
    moescope.step(secs);
    await new Promise(requestAnimationFrame);
  }
}"""


@dataclass(frozen=True)
class Reading:
    """What is held after a round."""

    minutes: float
    heap: float  # MB of JavaScript and of its array buffers
    geometries: int
    textures: int
    programs: int
    nodes: int  # of the document


def play_round(page: Page) -> None:
    """Every view of a round, each played through."""
    for search in ROUND:
        page.evaluate(GO, search)
        page.evaluate(PASS, [STEPS, 20 / STEPS])


def read(page: Page, session: CDPSession, since: float) -> Reading:
    """Returns what the page holds after a garbage collection."""
    page.evaluate(GO, ROUND[0])
    page.evaluate(PASS, [2, 0.5])
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    usage = session.send("Runtime.getHeapUsage")
    counters = session.send("Memory.getDOMCounters")
    gpu = page.evaluate("moescope.stats()")
    held = usage["usedSize"] + usage.get("backingStorageSize", 0)
    return Reading(
        minutes=(time.monotonic() - since) / 60,
        heap=held / 1e6,
        geometries=gpu["geometries"],
        textures=gpu["textures"],
        programs=gpu["programs"],
        nodes=counters["nodes"],
    )


def show(reading: Reading) -> str:
    """Returns one row of the table."""
    return (
        f"{reading.minutes:7.1f} | {reading.heap:8.2f} | {reading.geometries:3} {reading.textures:3} "
        f"{reading.programs:3} | {reading.nodes}"
    )


def growth(readings: list[Reading]) -> float:
    """MB a minute over the rounds after the first few (Theil and Sen: the median of all slopes)."""
    kept = readings[WARM:]
    pairs = [(a, b) for i, a in enumerate(kept) for b in kept[i + 1 :]]
    return statistics.median((b.heap - a.heap) / (b.minutes - a.minutes) for a, b in pairs) if pairs else 0.0


def main() -> None:
    """Loop for MINUTES and print."""
    print(f"\nmemory over {MINUTES:g} minutes of looping and changing shape")
    print("minutes |  heap MB | geometries, textures, programs | nodes of the document")
    readings: list[Reading] = []
    with serving(Settings(port=0)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        page = browser.new_page(viewport=SIZE)
        page.set_default_timeout(WAIT_MS)
        page.goto(f"{address}/{ROUND[0]}")
        page.wait_for_selector('html[data-state="ready"]', state="attached")
        page.evaluate("moescope.hold()")
        session = page.context.new_cdp_session(page)
        since = time.monotonic()
        while not readings or readings[-1].minutes < MINUTES or len(readings) < WARM + 2:
            play_round(page)
            readings.append(read(page, session, since))
            print(show(readings[-1]), flush=True)
        browser.close()
    first, last = readings[WARM], readings[-1]
    same = (first.geometries, first.textures) == (last.geometries, last.textures)
    held = "the same" if same else "GREW"
    print(f"heap: {growth(readings):+.3f} MB a minute after {WARM} rounds; GPU objects: {held}")
