"""A person drops a capture on the page, looks at what was found, keeps it, and compares two of the folder."""

import base64
import json
import re
from dataclasses import replace

import httpx
import pytest
from playwright.sync_api import expect

from app.settings import ROOT, Settings
from app.trace import RoutingTrace
from tests.e2e.conftest import PHONE
from tests.e2e.page_reader import open_level, wait_for_address, wait_until
from tests.live_server import serving
from tests.web.test_captures import CONFIG, answer, folder, routed, table

__all__ = ["folder"]  # the fixture
MODEL = json.loads((ROOT / "app" / "published" / "models" / "mixtral-8x7b.json").read_text())["config"]

DROP = """files => {
  const data = new DataTransfer();
  for (const { name, text } of files) {
    const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
    data.items.add(new File([bytes], name));
  }
  document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def url(folder):
    with serving(Settings(port=0, traces=folder)) as url:
        yield url


def drop(page, **files):
    listed = [
        {
            "name": re.sub("_(json|csv|safetensors)$", r".\1", name),
            "text": base64.b64encode(data).decode(),
        }
        for name, data in files.items()
    ]
    page.evaluate(DROP, listed)


def wait_for(page, badge):
    wait_until(page, f"moescope.state().status === 'ready' && moescope.state().origin.badge === '{badge}'")


def test_a_person_drops_an_answer_and_its_config_and_watches_it(open_page, url):
    page = open_page(f"{url}/")
    drop(page, answer_json=answer(routed()), my_config_json=json.dumps(CONFIG).encode())
    wait_for(page, "IDS ONLY")
    expect(page.locator(".title")).to_have_text("answer.json")
    expect(page.locator(".capture-finding")).to_have_count(1)
    expect(page.locator(".capture-finding code")).to_have_text("last-token")
    expect(page.locator(".capture-keeping .caption")).to_contain_text("TRACES")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as one HTML file").click()
    exported = open_page(f"file://{download.value.path()}", ready=None)
    assert "IDS ONLY" in exported.content()
    page.get_by_role("button", name="Put the file away").click()
    wait_for(page, "AUTHORED")


def test_a_person_drops_a_file_that_is_none_and_reads_why(open_page, url):
    page = open_page(f"{url}/")
    drop(page, nothing_json=b'{"a": 1}')
    page.wait_for_selector('.capture-finding[data-level="error"]')
    assert page.evaluate("window.moescope.state().origin.badge") == "AUTHORED"


def test_a_person_drops_counts_and_sees_a_heat_map(open_page, url):
    page = open_page(f"{url}/")
    drop(page, counts_json=json.dumps({"logical_count": [[3, 0, 1, 2]] * 2}).encode())
    page.wait_for_selector(".capture-counts canvas")
    expect(page.locator(".capture-loads li")).to_have_count(2)


def test_a_person_searches_the_folder_and_opens_a_file(open_page, url):
    page = open_page(f"{url}/")
    open_level(page, "Explore")
    page.get_by_role("button", name="Files").click()
    page.get_by_role("searchbox").fill("vllm")
    wait_until(page, "document.querySelectorAll('.library-list li').length === 1")
    page.locator(".library-list a").first.click()
    wait_for(page, "IDS ONLY")
    wait_for_address(page, "trace=engine")


def test_a_person_compares_two_files_and_sees_the_flip_on_the_strip(open_page, url):
    assert httpx.get(f"{url}/api/trace", params={"trace": "other.csv"}).status_code == 200
    page = open_page(f"{url}/?source=trace&trace=one.csv&b.trace=other.csv")
    flipped = page.locator(".strip .token[data-flips]")
    expect(flipped).to_have_count(1)
    expect(flipped).to_have_attribute("data-token", "4")
    page.locator(".flip").click()
    wait_until(page, "window.moescope.state().view.path === 4")


def test_table_without_a_config_is_shown_as_it_is(open_page, url):
    page = open_page(f"{url}/")
    drop(page, mine_csv=table(routed()))
    wait_for(page, "IDS ONLY")


def flipped(ids):
    """Returns the same routing but for one token in one layer."""
    other = ids.copy()
    other[4, 1] = [each for each in range(8) if each not in ids[4, 1]][: ids.shape[2]]
    return other


def reads_the_flip(page):
    """Waits for the figures of two stacks that differ in token 5, layer 2."""
    page.wait_for_selector(".difference-table")
    expect(page.locator(".side-head")).to_have_count(2)
    marked = page.locator(".strip .token[data-flips]")
    expect(marked).to_have_count(1)
    expect(marked).to_have_attribute("data-token", "4")
    page.locator(".flip").click()
    wait_until(page, "moescope.state().view.path === 4")
    assert "b." not in page.url, "a link cannot show what lies in the browser alone"


def test_a_person_drops_two_captures_and_sees_where_they_differ(open_page, url):
    page = open_page(f"{url}/")
    drop(page, one_csv=table(routed()), other_csv=table(flipped(routed())))
    reads_the_flip(page)
    expect(page.locator(".side-name")).to_have_text(["one.csv", "other.csv"])
    page.close()


def test_a_person_drops_a_second_capture_and_compares_it_with_the_first(open_page, url):
    page = open_page(f"{url}/")
    drop(page, one_csv=table(routed()))
    wait_for(page, "IDS ONLY")
    drop(page, other_csv=table(flipped(routed())))
    page.get_by_role("button", name="Compare with one.csv").click()
    reads_the_flip(page)
    page.close()


def test_a_person_compares_a_dropped_capture_with_one_of_the_folder(open_page, url):
    page = open_page(f"{url}/")
    drop(page, mine_csv=table(flipped(routed())))
    wait_for(page, "IDS ONLY")
    page.get_by_role("searchbox").fill("one.csv")
    wait_until(page, "document.querySelectorAll('.library-list li').length === 1")
    page.locator("button.library-pair").click()
    page.wait_for_selector(".difference-table")
    expect(page.locator(".strip .token[data-flips]")).to_have_count(1)
    page.close()


def test_a_person_compares_a_dropped_capture_with_what_was_on_screen(open_page, url):
    page = open_page(f"{url}/?source=trace&trace=one.csv")
    drop(page, mine_csv=table(flipped(routed())))
    page.get_by_role("button", name="Compare with what was on screen").click()
    page.wait_for_selector(".difference-table")
    expect(page.locator(".side-name")).to_have_text(["one.csv", "mine.csv"])
    page.close()


def test_a_person_compares_a_dropped_capture_with_the_live_model(open_page, url):
    """The model is computed now, on the prompt of the file; one token of the file was changed."""
    page = open_page(f"{url}/?source=live&model=trio-16&prompt=The+river+is+cold.")
    wait_for(page, "LIVE")
    page.evaluate("moescope.pause()")
    data = httpx.get(f"{url}/api/trace?source=live&model=trio-16&prompt=The+river+is+cold.")
    trace = RoutingTrace.from_bytes(data.content)
    other = trace.experts.copy()
    other[2, 3, 1] = next(one for one in range(16) if one not in other[2, 3])
    drop(page, mine_safetensors=replace(trace, experts=other).to_bytes())
    page.get_by_role("button", name="Compare with trio-16, computed now").click()
    page.wait_for_selector(".difference-table")
    marked = page.locator(".strip .token[data-flips]")
    expect(marked).to_have_count(1)
    expect(marked).to_have_attribute("data-token", "2")
    expect(page.locator(".side-head")).to_have_count(2)
    page.close()


def test_a_person_who_drops_a_models_folder_has_its_config_taken_by_name(open_page, url):
    page = open_page(f"{url}/")
    drop(page, generation_config_json=b"{}", vocab_json=b'{"a": 0}', config_json=json.dumps(MODEL).encode())
    wait_until(page, "moescope.state().view.shape !== ''")
    wait_until(page, f"moescope.state().view.experts === {MODEL['num_local_experts']}")
    expect(page.locator(".capture-panel")).to_be_hidden()


def given(name, data, kind="application/json"):
    return {"name": name, "mimeType": kind, "buffer": data}


CONFIG_JSON = given("config.json", json.dumps(MODEL).encode())
PICTURE = given("holiday.png", b"\x89PNG\r\n\x1a\n\0\0", "image/png")


def test_a_person_on_a_phone_chooses_a_models_files_and_is_told_which_was_read(open_page, url):
    page = open_page(f"{url}/", viewport=PHONE)
    others = [given(name, b"{}") for name in ("generation_config.json", "vocab.json")]
    page.locator(".capture-panel input[type=file]").set_input_files([*others, PICTURE, CONFIG_JSON])
    wait_until(page, f"moescope.state().view.experts === {MODEL['num_local_experts']}")
    told = page.locator(".drawer [role=status]").filter(has_text="config.json")
    expect(told).to_have_text("Read: config.json. Not read: generation_config.json, vocab.json, holiday.png.")
    expect(told).to_be_in_viewport(ratio=1)


def test_a_person_chooses_a_dense_config_and_reads_one_sentence(open_page, url):
    page = open_page(f"{url}/", viewport=PHONE)
    dense = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_hidden_layers": 2}
    config = given("config.json", json.dumps(dense).encode())
    page.locator(".capture-panel input[type=file]").set_input_files(config)
    trouble = page.locator(".model-trouble")
    expect(trouble).to_contain_text("this config names no experts")
    assert len(trouble.inner_text()) < 160
    open_page.errors.clear()  # the refusal, which the browser logs


def test_a_capture_beside_a_picture_and_a_text_is_shown_and_the_others_are_named(open_page, url):
    page = open_page(f"{url}/")
    readme = given("README.md", b"# A model", "text/markdown")
    capture = given("answer.json", answer(routed()))
    page.locator(".capture-panel input[type=file]").set_input_files([readme, PICTURE, capture])
    wait_for(page, "IDS ONLY")
    expect(page.locator(".title")).to_have_text("answer.json")
    expect(page.locator(".capture-body")).to_contain_text("holiday.png, README.md")
    page.keyboard.press("Escape")
    expect(page.locator(".decision-title")).to_have_text(re.compile(r"Layer \d+ routes “\S.*”"))


def test_a_person_who_drops_a_picture_is_told_its_own_name(open_page, url):
    page = open_page(f"{url}/")
    drop(page, **{"holiday.png": b"\x89PNG\r\n\x1a\n"})
    error = page.locator('.capture-finding[data-level="error"]')
    expect(error).to_contain_text("holiday.png")
    expect(error).not_to_contain_text("config.json")


BOX = "document.querySelector('{}').getBoundingClientRect()"
BELOW_THE_COUNTERS = f"{BOX.format('.capture-panel')}.top >= {BOX.format('.right > .counters')}.bottom"
FOUR_LINES_IN_SIGHT = f"{BOX.format('.capture-finding')}.top + 4 * 19 <= {BOX.format('.capture-body')}.bottom"


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 720}, PHONE], ids=["desktop", "phone"])
def test_back_closes_the_files_and_they_cover_no_counter(open_page, url, viewport):
    page = open_page(f"{url}/?token=1&layer=1", viewport=viewport)
    drop(page, answer_json=answer(routed()))
    wait_for(page, "IDS ONLY")
    page.locator(".capture-finding").first.wait_for()
    wait_until(page, BELOW_THE_COUNTERS)
    wait_until(page, FOUR_LINES_IN_SIGHT)
    page.go_back(wait_until="commit")
    page.locator(".capture-panel").wait_for(state="hidden")
    assert page.url.startswith(url)
