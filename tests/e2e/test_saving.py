"""Saving and sharing: link previews, snippets, QR codes, pictures, tables, a video."""

from __future__ import annotations

import base64
import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import zxingcpp
from playwright.sync_api import Page, expect

from app.__main__ import main
from tests.e2e.conftest import PHONE, Opener
from tests.e2e.other_origin import host_page
from tests.e2e.page_reader import complete, idle, open_share, seek, state, wait_until

PATIENT_MS = 240_000  # a video takes the time that it takes

PIXELS = """
async (file) => {
  const image = await createImageBitmap(await (await fetch('data:image/png;base64,' + file)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  let text = '';
  for (let i = 0; i < data.length; i += 30000) text += String.fromCharCode(...data.subarray(i, i + 30000));
  return [image.width, image.height, btoa(text)];
}
"""
DURATION = """
(file) => new Promise((done, failed) => {
  const video = document.createElement('video');
  video.onloadedmetadata = () => done([video.duration, video.videoWidth, video.videoHeight]);
  video.onerror = () => failed(new Error(video.error.message));
  video.src = 'data:video/webm;base64,' + file;
})
"""


def read_in_page(page: Page, script: str, file: bytes) -> Any:
    """Returns what a page without our policy makes of a file."""
    blank = page.context.new_page()
    found = blank.evaluate(script, base64.b64encode(file).decode())
    blank.close()
    return found


def pixels(page: Page, png: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """[height, width, 4] of a PNG."""
    width, height, data = read_in_page(page, PIXELS, png)
    return np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 4)


def save(page: Page, name: str) -> bytes:
    """Returns the file that a button hands over."""
    with page.expect_download(timeout=PATIENT_MS) as download:
        page.get_by_role("button", name=name, exact=True).click()
    return Path(download.value.path()).read_bytes()


def snippet(page: Page, kind: str) -> str:
    """Returns the text of one way to share."""
    page.get_by_role("group", name="Share as").get_by_role("button", name=kind, exact=True).click()
    return page.locator("textarea.copy-text").input_value()


def test_lecturer_showing_the_code_sends_the_room_to_the_link(open_page: Opener) -> None:
    page = open_page("/?scenario=paris&experts=16&k=3", viewport=PHONE)
    seek(page, 4, 3)
    open_share(page)
    link = snippet(page, "Link")
    page.get_by_role("button", name="QR code", exact=True).click()
    picture = pixels(page, page.locator(".qr-dialog").screenshot())
    (code,) = zxingcpp.read_barcodes(np.ascontiguousarray(picture[..., :3]))
    assert code.text == link and "token=5" in link
    expect(page.locator(".qr-remark")).to_contain_text("this machine alone")
    page.keyboard.press("Escape")
    expect(page.locator(".qr-dialog")).to_be_hidden()
    expect(page.locator(".popover.share")).to_be_visible()


def test_author_sees_what_the_link_shows_before_copying_it(open_page: Opener, server_url: str) -> None:
    page = open_page("/?scenario=code&b.k=4")
    complete(page)
    seek(page, 4, 3)
    open_share(page)
    wait_until(page, "document.querySelector('.card-picture').naturalWidth === 1200")
    head = page.context.request.get(snippet(page, "Link")).text()
    assert f'property="og:title" content="{page.locator(".card-title").inner_text()}"' in head
    picture = page.locator(".card-picture").get_attribute("src") or ""
    assert f"{server_url}/{picture}".replace("svg", "png").replace("&", "&amp;") in head
    assert "b.k=4" in picture


def test_author_pasting_the_element_gets_a_view_that_its_button_drives(
    open_page: Opener, server_url: str
) -> None:
    page = open_page("/?scenario=code&k=1&b.k=3")
    complete(page)
    open_share(page)
    markdown, element = snippet(page, "Markdown"), snippet(page, "Element")
    assert f"({server_url}/preview.png?scenario=code&k=1&b.k=3)" in markdown
    page.context.close()
    article = f'<!doctype html><html lang="en" data-state="ready"><link rel="icon" href="data:,">{element}'
    with host_page(article) as address:
        host = open_page(address)
        view = "document.querySelector('moescope-embed')"
        told = host.evaluate(f"{view}.get()")["view"]
        assert (told["scenario"], told["k"], told["b.k"]) == ("code", 1, 3)
        host.get_by_role("button", name="Set top-k to 2").click()
        assert host.evaluate(f"{view}.get()")["view"]["k"] == 2


def test_writer_saving_pictures_gets_the_size_and_the_ground_that_were_chosen(open_page: Opener) -> None:
    page = open_page("/?scenario=code", viewport={"width": 900, "height": 560})
    seek(page, 5, 3)
    open_share(page)
    page.get_by_role("button", name="1×", exact=True).click()
    whole = pixels(page, save(page, "Picture (PNG)"))
    assert whole.shape == (560, 900, 4) and whole[..., 3].min() == 255
    page.get_by_role("button", name="2×", exact=True).click()
    page.get_by_label("With background").uncheck()
    bare = pixels(page, save(page, "Picture (PNG)"))
    assert bare.shape == (1120, 1800, 4)
    assert bare[0, 0, 3] == 0 and bare[..., 3].max() == 255
    assert bare[-70:-40, 60:200, 3].min() > 200  # the plate with the badge has a ground of its own
    page.get_by_role("button", name="4×", exact=True).click()
    expect(page.get_by_text("3600 × 2240 pixels")).to_be_visible()


def test_analyst_saving_the_tables_of_two_stacks_finds_the_same_rows_in_both(open_page: Opener) -> None:
    page = open_page("/?scenario=code&k=1&b.k=4")
    wait_until(page, "moescope.state().b?.complete && moescope.state().complete")
    idle(page)
    open_share(page)
    lines = list(csv.DictReader(io.StringIO(save(page, "Table (CSV)").decode())))
    told = json.loads(save(page, "Table (JSON)"))
    rows = [{"stack": stack["stack"], **row} for stack in told["stacks"] for row in stack["rows"]]
    assert len(rows) == len(lines) == 2 * state(page)["tokens"] * 6
    for line, row in zip(lines, rows, strict=True):
        assert (line["stack"], int(line["token"]), int(line["layer"])) == (
            row["stack"],
            row["token"],
            row["layer"],
        )
        assert [int(expert) for expert in line["experts"].split()] == row["experts"]
        assert [float(weight) for weight in line["weights"].split()] == row["weights"]
    assert [len(stack["rows"][0]["experts"]) for stack in told["stacks"]] == [1, 4]
    assert told["link"].endswith(page.url.split("?")[1])


def test_teacher_recording_one_pass_gets_a_video_with_a_length_and_the_page_back(open_page: Opener) -> None:
    page = open_page("/?scenario=code&mode=all&speed=4", viewport={"width": 640, "height": 400})
    complete(page)
    open_share(page)
    duration = state(page)["duration"] / 4
    video = save(page, "Record one pass")
    seconds, width, height = read_in_page(page, DURATION, video)
    assert len(video) > 5000 and (width, height) == (640, 400)
    assert seconds > 0.8 * duration
    page.locator(".popover.share").wait_for()
    wait_until(page, "moescope.state().time === moescope.state().duration")
    assert state(page)["view"]["speed"] == 4


def test_teacher_cancelling_a_recording_gets_no_file_and_the_page_back(open_page: Opener) -> None:
    page = open_page("/?scenario=code&mode=single", viewport={"width": 640, "height": 400})
    complete(page)
    open_share(page)
    files: list[object] = []
    page.on("download", lambda file: files.append(file))
    page.get_by_role("button", name="Record one pass").click()
    page.get_by_role("progressbar", name="Recorded share of the pass").wait_for()
    wait_until(page, "moescope.state().counters.experts_hit > 0")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Record one pass").wait_for()
    wait_until(page, "!document.documentElement.hasAttribute('data-filming')")
    assert files == [] and not state(page)["playing"]


def test_reader_without_a_recorder_is_told_so(open_page: Opener) -> None:
    page = open_page("/?scenario=code", init="delete window.MediaRecorder")
    complete(page)
    open_share(page)
    expect(page.get_by_role("button", name="Record one pass")).to_be_disabled()
    expect(page.locator(".popover.share")).to_contain_text("no video recorder")


def test_reader_of_a_file_of_two_stacks_sees_both_without_a_network(
    open_page: Opener, tmp_path: Path
) -> None:
    file = tmp_path / "pair.html"
    assert main(["export", "--scenario", "code", "--k", "1", "--b.k", "4", "-o", str(file)]) == 0
    served, page = open_page("/?scenario=code&k=1&b.k=4"), open_page(file.as_uri(), offline=True)
    for each in (served, page):
        complete(each)
        seek(each, 6, 4)
    shown = [
        each.locator(".side-head [data-counter]").evaluate_all("all => all.map((each) => each.dataset.value)")
        for each in (served, page)
    ]
    assert shown[0] == shown[1] and len(shown[0]) == 8
    assert state(page)["view"] == state(served)["view"]
