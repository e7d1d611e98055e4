"""A person opens a trace of 20,000 tokens: the scene shows a part of it, all figures are of the whole."""

import base64
import re

import httpx
import numpy as np
import pytest
from playwright.sync_api import expect

from app.settings import Settings
from tests.e2e.conftest import FLAT
from tests.e2e.page_reader import counter, wait_until
from tests.e2e.test_captures_on_page import DROP
from tests.formats.written_captures import npz
from tests.live_server import serving
from tests.sources.test_long_trace import EXPERTS, LAYERS, TOKENS, K, folder, trace

__all__ = ["folder", "trace"]  # the fixtures

PATH = "?source=trace&trace=long.safetensors"
MOST_BYTES = 300 * 2**20


@pytest.fixture(scope="module")
def url(folder):
    with serving(Settings(port=0, traces=folder)) as url:
        httpx.get(f"{url}/{PATH}")
        yield url


def stands_at(page, number):
    """Waits until the page shows a token by its number in the whole."""
    counts = "document.querySelector('[data-counter=token] .counts').textContent"
    told = f"{counts}.startsWith('{number:,} of {TOKENS:,}')"
    wait_until(page, f"moescope.state().status === 'ready' && moescope.state().complete && {told}")


def test_a_link_to_a_moment_opens_its_part_and_counts_are_of_everything(open_page, url):
    page = open_page(f"{url}/{PATH}&token=15001&layer=4&panel=heatmap", init=FLAT)
    stands_at(page, 15_001)
    page.wait_for_selector("[data-counter=experts_hit] .counts >> text=20,000 tokens")
    assert counter(page, "experts_hit") == str(LAYERS * EXPERTS)
    expect(page.locator(".strip .token")).to_have_count(256)
    expect(page).to_have_url(re.compile(r"[?&]token=15001&layer=4"))
    page.get_by_role("button", name=f"All {TOKENS:,} tokens").wait_for()
    page.close()


def test_a_person_moves_the_scrubber_and_steps_over_the_edge_of_a_part(open_page, url):
    page = open_page(f"{url}/{PATH}", init=FLAT)
    scrubber = page.get_by_role("slider").last
    wait_until(page, "moescope.state().complete")
    expect(scrubber).to_have_attribute("max", str(TOKENS))
    scrubber.evaluate(
        """(range) => {
          range.value = 9999;
          for (const type of ["input", "change"]) range.dispatchEvent(new Event(type, {bubbles: true}));
        }"""
    )
    stands_at(page, 10_000)
    scrubber.press("End")
    stands_at(page, TOKENS)
    page.evaluate("moescope.seek({ token: 10239 })")
    stands_at(page, 10_240)
    scrubber.press("PageUp")
    stands_at(page, 10_241)
    scrubber.press("PageDown")
    stands_at(page, 10_240)
    page.close()


def test_a_dropped_long_trace_is_shown_by_part_and_counted_over_all(open_page, url, trace):
    """The page keeps the file and sends the rows of a part alone; the server keeps nothing."""
    page = open_page(f"{url}/", init=FLAT)
    sent = []
    page.on("request", lambda request: sent.append((request.url, len(request.post_data_buffer or b""))))
    data = base64.b64encode(npz(experts=trace.experts.astype(np.int16))).decode()
    page.evaluate(DROP, [{"name": "mine.npz", "text": data}])
    stands_at(page, 1)
    page.wait_for_selector("[data-counter=experts_hit] .counts >> text=20,000 tokens")
    assert counter(page, "experts_hit") == str(LAYERS * EXPERTS)
    expect(page.locator(".strip .token")).to_have_count(256)
    page.get_by_role("slider").last.press("End")
    stands_at(page, TOKENS)
    page.evaluate("moescope.seek({ token: 15000, layer: 3 })")
    stands_at(page, 15_001)
    page.locator(".strip .token[data-token='152']").click()
    shown = page.evaluate("moescope.state().origin.window")
    assert shown is None or shown["from"] == 14_848
    posts = [size for address, size in sent if address.endswith("/api/capture")]
    assert len(posts) == 3 and max(posts[1:]) < 2**18, "a part is small"
    page.close()


def test_playback_goes_on_from_part_to_part(open_page, url):
    page = open_page(f"{url}/{PATH}&speed=4", init=FLAT)
    wait_until(page, "moescope.state().complete")
    page.evaluate("moescope.seek({ token: 255, layer: 11 })")
    stands_at(page, 256)
    page.evaluate("moescope.play()")
    place = "parseInt(document.querySelector('[data-counter=token] .counts').textContent)"
    wait_until(page, f"moescope.state().status === 'ready' && moescope.state().playing && {place} >= 257")
    page.close()


def test_the_page_takes_little_memory_wherever_a_person_goes(open_page, url):
    page = open_page(f"{url}/{PATH}")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    for token in (4_000, 19_999, 12_345, 0):
        page.evaluate(f"moescope.seek({{ token: {token} }})")
        stands_at(page, token + 1)
    found = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    buffers = page.evaluate("performance.memory ? performance.memory.usedJSHeapSize : 0")
    assert max(found["JSHeapTotalSize"], buffers) < MOST_BYTES
    assert K * LAYERS * TOKENS * 2 > 256 * LAYERS * EXPERTS, "the whole is more than a part"
    page.close()


def test_flips_far_in_two_long_traces_are_gone_to(open_page, url):
    page = open_page(f"{url}/{PATH}&b.trace=other.safetensors", init=FLAT)
    page.locator(".flip").first.click()
    stands_at(page, 15_002)
    expect(page.locator(".strip .token[data-flips]")).to_have_count(1)
    page.close()
