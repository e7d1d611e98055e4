"""What captures cost: 100,000 tokens against numpy's own load, a megabyte of each format, and the page.

Processor seconds of this process, but for the page: there it is the clock on the wall.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright
from safetensors.numpy import load_file

from app.formats.comparison import compare
from app.formats.read import read, read_bytes
from app.formats.to_trace import to_trace
from app.settings import Settings
from app.shape import ModelShape
from app.sources.recorded.trace_folder import TraceFolder
from app.trace import RoutingTrace, Token, TraceHeader
from tests.bench.scene import FLAGS, SIZE
from tests.chromium import chromium_path
from tests.e2e.page_reader import wait_until
from tests.formats import written_formats, written_variants
from tests.formats.made_routings import make, mixtral
from tests.formats.written_captures import ENGINES, OTHERS
from tests.live_server import serving

FURTHER = [
    group for kind in (written_formats, written_variants) for group in (kind.SAMPLED, kind.WHOLE, kind.COUNTS)
]
FORMATS = {name: write for group in (ENGINES, OTHERS, *FURTHER) for name, write in group.items()}
TOKENS, LAYERS, K, EXPERTS = 100_000, 48, 8, 128
MEGABYTE = 2**20
MOST_SECS = 1.0  # for a megabyte of any format


def main() -> None:
    """Prints the figures."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "long.safetensors"
        path.write_bytes(long_trace().to_bytes())
        print(f"{TOKENS:,} tokens x {LAYERS} x {K}, {path.stat().st_size / MEGABYTE:.0f} MiB")
        print(f"  numpy's load of the arrays: {secs(lambda: touched(load_file(path))):.2f} s")
        print(f"  read and judged:            {secs(lambda: read(path)[0].to_json()):.2f} s")
        print(f"  mapped, one part shown:     {secs(lambda: part_of(path)):.2f} s")
        print(f"  counted over all tokens:    {secs(lambda: counted(path)):.2f} s")
        print(f"  first lit beam on the page: {first_beam(path.parent):.2f} s")
        other = path.with_name("other.safetensors")
        other.write_bytes(flipped(long_trace()).to_bytes())
        numpys, ours = secs(lambda: numpy_compare(path, other)), secs(lambda: compare_files(path, other))
        print(f"  two of them, numpy's load, sort and comparison: {numpys:.2f} s")
        print(
            f"  two of them, read, judged and compared:         {ours:.2f} s, {ours / numpys:.1f} times that"
        )
    print(f"a megabyte of each format, seconds (at most {MOST_SECS})")
    for name, write in FORMATS.items():
        size, took = megabyte_of(write)
        print(f"  {name:<40} {size / MEGABYTE:5.2f} MiB {took:5.2f}{' SLOW' if took > MOST_SECS else ''}")


def long_trace() -> RoutingTrace:
    """Returns ids without scores; no token has one expert twice."""
    draw = np.random.default_rng(0)
    first = draw.integers(0, EXPERTS, (TOKENS, LAYERS, 1), np.int32)
    experts = (first + np.arange(K, dtype=np.int32) * 13) % EXPERTS
    origin = {"source": "recorded", "badge": "IDS ONLY", "note": "made", "ids_only": True}
    header = TraceHeader(
        tuple(Token(f" w{at}", id=at) for at in range(TOKENS)),
        ModelShape(LAYERS, EXPERTS, K, d_model=4, d_expert=2),
        {"name": "made", "router": "recorded", "settings": {}},
        {**origin, "layers": list(range(LAYERS)), "findings": []},
    )
    return RoutingTrace(header, None, experts, np.full(experts.shape, 1 / K, np.float32))


def flipped(trace: RoutingTrace) -> RoutingTrace:
    """Returns the trace with another last expert in a tenth of all tokens and layers."""
    experts = trace.experts.copy()
    cells = np.random.default_rng(1).random(experts.shape[:2]) < 0.1
    experts[cells, -1] = (experts[cells, -1] + 7) % EXPERTS
    return replace(trace, experts=experts)


def numpy_compare(first: Path, second: Path) -> int:
    """Counts the flips with numpy alone: tokens and layers whose sets of experts differ."""
    one, other = (np.sort(load_file(path)["experts"], axis=-1) for path in (first, second))
    return int((one != other).any(axis=-1).sum())


def compare_files(first: Path, second: Path) -> Any:
    """Does what `moescope compare` does before it prints."""
    return compare(*(to_trace(read(path)[0]) for path in (first, second))).to_json()


def secs(job: Callable[[], Any]) -> float:
    """Returns the best of three, after one to warm up."""
    job()
    taken = []
    for _ in range(3):
        begun = time.process_time()
        job()
        taken.append(time.process_time() - begun)
    return min(taken)


def touched(arrays: dict[str, Any]) -> int:
    """Looks at every number once: a load that maps alone has done nothing yet."""
    return sum(int(array.max()) for array in arrays.values())


def part_of(path: Path) -> RoutingTrace:
    """Returns the part of a long trace that the page asks for first."""
    trace = TraceFolder(path.parent).long(path.name)
    assert trace is not None
    return trace.window(90_000)


def counted(path: Path) -> Any:
    """Returns the counts of all tokens."""
    trace = TraceFolder(path.parent).long(path.name)
    assert trace is not None
    return trace.counts


def megabyte_of(write: Callable[[Any], dict[str, bytes]]) -> tuple[int, float]:
    """Returns the size of about a megabyte in a format, and the seconds to read and judge it."""
    tokens = 200
    for _ in range(3):
        made = make(mixtral(16, 64, 4), tokens, tokens // 2)
        contents = write(made)
        size = sum(map(len, contents.values()))
        if size > 0.8 * MEGABYTE or tokens >= 4000:
            break
        tokens = min(4000, int(tokens * MEGABYTE / size) + 1)
    return size, secs(lambda: read_bytes(contents, config=made.config)[0].to_json())


def first_beam(folder: Path) -> float:
    """Returns seconds from the press of Enter to the first expert that lights, on a server that runs."""
    with serving(Settings(port=0, traces=folder)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        page = browser.new_page(viewport=SIZE)
        page.goto(f"{url}/")  # so that the browser itself has started
        wait_until(page, "document.documentElement.dataset.state === 'ready'")
        begun = time.perf_counter()
        page.goto(f"{url}/?source=trace&trace=long.safetensors&token=90000", wait_until="commit")
        wait_until(page, "window.moescope?.state().at?.token >= 0 && moescope.state().scene !== 'waiting'")
        taken = time.perf_counter() - begun
        browser.close()
    return taken
