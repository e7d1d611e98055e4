"""What a page, an embed and an exported file cost their reader: bytes, requests, time to the first lit beam.

Each against the figures of the last release, which tests/bench/released.json keeps with its version and date.
`python -m tests.bench.budgets --keep` measures and writes them anew: before a release, on an idle machine.
Bytes and requests say the same everywhere; times are of the machine on which they were kept.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, sync_playwright

from app import __version__
from app.__main__ import main as run_app
from app.settings import Settings
from tests.chromium import chromium_path
from tests.live_server import serving

RELEASED = Path(__file__).with_name("released.json")
FLAGS = ["--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader"]
SIZE = {"width": 1280, "height": 720}
VIEW = "scenario=code&experts=64&speed=10"  # at full speed, so that little of the time is a token's flight
REPETITIONS = 5
FIGURES = ("bytes", "requests", "ms")
PATIENCE_MS = 300_000

# Milliseconds from navigation to the frame that shows the first chosen expert lit.
LIT = """() => new Promise((done) => {
  const lit = () => window.moescope?.state().counters.experts_hit > 0;
  const look = () => lit() ? done(performance.now()) : requestAnimationFrame(look);
  look();
})"""

Figures = dict[str, float]


def main() -> None:
    """Prints the table."""
    print("\nbudgets: what a reader waits for, and how often that of the last release")
    found = measure_all()
    for line in table(found, json.loads(RELEASED.read_text(encoding="utf-8"))):
        print(line)


def measure_all(repetitions: int = REPETITIONS) -> dict[str, Figures]:
    """Returns figures of each of the three, in a fresh browser."""
    with browsing() as browser, places() as addresses:
        return {name: measure(browser, address, repetitions) for name, address in addresses.items()}


@contextmanager
def browsing() -> Iterator[Browser]:
    """Yields a Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def places() -> Iterator[dict[str, str]]:
    """Yields where each of the three is to be found."""
    with tempfile.TemporaryDirectory() as folder, serving(Settings(port=0)) as url:
        file = Path(folder) / "moe.html"
        keys = [f"--{key}={value}" for key, value in (pair.split("=") for pair in VIEW.split("&"))]
        if run_app(["export", *keys, "-o", str(file)]):
            sys.exit("the view could not be exported; run make once")
        yield {"page": f"{url}/?{VIEW}", "embed": f"{url}/embed?{VIEW}", "export": file.as_uri()}


def measure(browser: Browser, address: str, repetitions: int = 1) -> Figures:
    """Returns one of them, each time with nothing kept from the time before."""
    visits = [visit(browser, address) for _ in range(repetitions)]
    return {
        "bytes": visits[0]["bytes"],
        "requests": visits[0]["requests"],
        "ms": round(statistics.median(each["ms"] for each in visits)),
    }


def visit(browser: Browser, address: str) -> Figures:
    """Opens it in its own context and waits for the first lit beam."""
    context = browser.new_context(viewport=SIZE)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    counted = count(context.new_cdp_session(page))
    page.goto(address)
    page.wait_for_selector('html[data-state="ready"]', state="attached")
    ms = page.evaluate(LIT)
    figures = {**counted(), "ms": ms}
    context.close()
    if address.startswith("file:"):
        figures["bytes"] = Path(address.removeprefix("file://")).stat().st_size
    return figures


def count(session: CDPSession) -> Callable[[], Figures]:
    """Returns bytes as they cross the wire, headers and socket messages among them, and requests, so far."""
    total = {"bytes": 0.0, "requests": 0.0}

    def finished(event: Mapping[str, Any]) -> None:
        total["bytes"] += event["encodedDataLength"]

    def sent(event: Mapping[str, Any]) -> None:
        total["requests"] += not event["request"]["url"].startswith(("data:", "blob:"))

    def received(event: Mapping[str, Any]) -> None:
        total["bytes"] += len(event["response"]["payloadData"]) * (
            1 if event["response"]["opcode"] == 1 else 0.75
        )

    session.on("Network.loadingFinished", finished)
    session.on("Network.requestWillBeSent", sent)
    session.on("Network.webSocketFrameReceived", received)
    session.send("Network.enable")
    return lambda: {name: round(value) for name, value in total.items()}


def table(found: Mapping[str, Figures], released: Mapping[str, Any]) -> Iterator[str]:
    """Yields the figures, each with its ratio to that of the last release."""
    heads = f"{'':8}{'KB':>10}{'requests':>18}{'ms to first beam':>24}"
    yield f"{heads}   (against {released['version']} of {released['date']})"
    for name, figures in found.items():
        before = released["figures"].get(name, {})
        cells = [f"{figures['bytes'] / 1000:10.1f}", f"{figures['requests']:10.0f}", f"{figures['ms']:16.0f}"]
        yield f"{name:8}" + "".join(
            f"{cell} ({figures[key] / before[key]:4.2f})" if before.get(key) else cell
            for key, cell in zip(FIGURES, cells, strict=True)
        )


def keep(found: Mapping[str, Figures]) -> None:
    """These are the figures of this release."""
    text = json.dumps(
        {"version": __version__, "date": f"{datetime.now(UTC):%Y-%m-%d}", "view": VIEW, "figures": found},
        indent=2,
    )
    RELEASED.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--keep"]:
        sys.exit("python -m tests.bench.budgets --keep (make bench prints)")
    keep(measure_all())
    print(RELEASED.read_text(encoding="utf-8"))
