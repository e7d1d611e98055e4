"""What crosses the wire: binary steps against the same numbers as JSON, and the weight of a page.

The trace is an authored scenario of 100 tokens, computed and not random, so that its scores are peaked.
"""

from __future__ import annotations

import json
import statistics
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from html.parser import HTMLParser

from app.routing import find_router
from app.settings import Settings
from app.shape import ModelShape
from app.sources.authored.authored_trace import trace
from app.sources.authored.scenario import parse_scenario
from app.stream.wire import pack_step
from app.trace import RoutingTrace, Step
from tests.live_server import serving

SIZES = ((6, 8, 2), (6, 64, 2), (24, 64, 4), (61, 256, 8))  # L, N, K
TOKENS = 100
REPETITIONS = 5


def main() -> None:
    """Prints both."""
    print(f"\nwire, {TOKENS} tokens: KB a trace (server ms to encode it, median of {REPETITIONS})")
    print("size       binary           JSON             JSON / binary")
    for layers, experts, k in SIZES:
        print(row(made(layers, experts, k)))
    with serving(Settings(port=0)) as address:
        for path in ("/", "/embed"):
            print(weight(address, path))


def made(layers: int, experts: int, k: int) -> RoutingTrace:
    """Returns an authored trace of that size."""
    tokens = [{"text": f" t{i}", "group": "word"} for i in range(TOKENS)]
    groups = {"word": {"places": [0.1, 0.6], "noise": 1.0}}
    scenario = parse_scenario("made", {"title": "t", "teaches": "t", "tokens": tokens, "groups": groups})
    shape = ModelShape(layers, experts, k, d_model=128, d_expert=64)
    return trace(scenario, shape, find_router("topk_norm"))


def row(routed: RoutingTrace) -> str:
    """Returns one size, both encodings, interleaved."""
    steps = [routed.step(token) for token in range(TOKENS)]
    both: dict[Callable[[Step, int], bytes], list[float]] = {binary: [], as_json: []}
    sizes: dict[Callable[[Step, int], bytes], int] = {}
    for _ in range(REPETITIONS):
        for encode, times in both.items():
            start = time.process_time()
            sizes[encode] = sum(len(encode(step, token)) for token, step in enumerate(steps))
            times.append(1000 * (time.process_time() - start))
    shape = routed.header.shape
    cells = [f"{sizes[encode] / 1000:8,.0f} ({statistics.median(both[encode]):6.1f})" for encode in both]
    ratio = f"{sizes[as_json] / sizes[binary]:.1f} x"
    return f"{f'{shape.layers}x{shape.experts}':8} {cells[0]:16} {cells[1]:16} {ratio}"


def binary(step: Step, token: int) -> bytes:
    """As it is sent."""
    return pack_step(step, 1, token, step.scores.shape[1])


def as_json(step: Step, token: int) -> bytes:
    """Returns the same columns as JSON, to four digits."""
    scores, weights = (column.astype(float).round(4) for column in (step.scores, step.weights))
    columns = {"scores": scores, "experts": step.experts, "weights": weights}
    text = json.dumps({"token": token, **{name: column.tolist() for name, column in columns.items()}})
    return text.encode()


class Needed(HTMLParser):
    """The styles, scripts and icon that a page names: what it fetches before the first lit beam."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "script" and values.get("src"):
            self.addresses.append(str(values["src"]))
        if tag == "link" and values.get("rel") in ("stylesheet", "icon", "modulepreload"):
            self.addresses.append(str(values["href"]))


def weight(address: str, path: str) -> str:
    """Returns bytes of a page and of what it names, as they are sent: compressed, without headers."""
    page = fetch(address + path, compressed=False)
    needed = Needed()
    needed.feed(page.decode())
    sizes = [len(fetch(urllib.parse.urljoin(address, each))) for each in needed.addresses]
    total = len(fetch(address + path)) + sum(sizes)
    return f"page {path:7} {total / 1000:6.1f} KB compressed in {1 + len(sizes)} requests (goal: under 250)"


def fetch(address: str, *, compressed: bool = True) -> bytes:
    """Returns the body as it crosses the wire."""
    headers = {"accept-encoding": "gzip" if compressed else "identity"}
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
        body: bytes = answer.read()
        return body
