"""Exported pages: all in them, no text that becomes markup; and the command that writes them."""

import gzip
import json
import re
from base64 import b64decode
from html.parser import HTMLParser

import numpy as np
import pytest

from app.__main__ import main
from app.commands.export import REQUEST_KEYS
from app.export.exported_page import (
    STYLE_FILE,
    ExportedView,
    InlineTrace,
    folder,
    load_shared,
    one_file,
)
from app.page.bundle import page_digest
from app.page.startup import WATCH, hash_of
from app.picture.preview import draw_preview
from app.request.read import Answer
from app.request.view_keys import VIEW_KEY_NAMES
from app.settings import ROOT
from app.stream.wire import unpack_step
from app.wording import LANGUAGES
from tests.trace_factory import trace_of

STATIC, TEMPLATES = ROOT / "static", ROOT / "templates"
ANSWER = Answer({"scenario": "code"}, {"scenario": "code"}, [])
BOOT = {"version": "0.0.1", "scenarios": [], "models": [], "keys": [], "embed": False}


class Page(HTMLParser):
    """The tags of a page as (name, attributes, text)."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.open = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs), []))
        self.open = True

    def handle_endtag(self, tag):
        self.open = False

    def handle_data(self, data):
        if self.open:
            self.tags[-1][2].append(data)

    def all(self, name):
        return [(attributes, "".join(text)) for tag, attributes, text in self.tags if tag == name]

    def addresses(self):
        found = (attributes.get(name) for _, attributes, _ in self.tags for name in ("src", "href"))
        return [address for address in found if address is not None]

    def boot(self):
        (text,) = [text for attributes, text in self.all("script") if attributes.get("id") == "boot"]
        return json.loads(text)


@pytest.fixture(scope="module")
def shared():
    return load_shared(STATIC, embed=False)


def exhibit_of(trace, **more):
    plain = {
        "name": "code-8x2",
        "query": "scenario=code",
        "title": "Code",
        "description": "AUTHORED",
        "boot": BOOT,
        "recording": InlineTrace("abc", trace, ANSWER),
        "poster": draw_preview(trace),
        "home": "",
    }
    return ExportedView(**{**plain, **more})


@pytest.fixture(scope="module")
def trace():
    """32 tokens through 6 layers of 64 experts, which compresses badly."""
    random = np.random.default_rng(1)
    return trace_of(random.integers(0, 64, (32, 6, 2)), 64, scores=random.random((32, 6, 64)))


def test_a_page_of_32_tokens_through_6_by_64_is_under_a_megabyte(trace, shared):
    assert len(one_file(exhibit_of(trace), shared, TEMPLATES).encode()) < 1_000_000


def test_a_page_of_two_stacks_carries_both_traces(trace, shared):
    other = trace_of(np.zeros((3, 2, 1), np.int32), 4)
    exported = Page(
        one_file(exhibit_of(trace, other=InlineTrace("def", other, ANSWER)), shared, TEMPLATES)
    ).boot()["exported"]
    assert (exported["trace"]["trace"], exported["other"]["trace"]["trace"]) == ("abc", "def")
    assert len(exported["other"]["trace"]["tokens"]) == 3
    data = b64decode(exported["other"]["steps"])
    assert unpack_step(data[: len(data) // 3])[2].experts.shape == (2, 1)


def test_a_page_holds_the_steps_that_the_socket_would_have_sent(trace, shared):
    exported = Page(one_file(exhibit_of(trace), shared, TEMPLATES)).boot()["exported"]
    assert exported["trace"]["op"] == "trace" and exported["trace"]["trace"] == "abc"
    assert exported["trace"]["given"] == {"scenario": "code"}
    data = b64decode(exported["steps"])
    size = len(data) // 32
    for token in range(32):
        _, number, step = unpack_step(data[token * size : (token + 1) * size])
        assert number == token
        assert (step.experts == trace.experts[token]).all()


def test_a_page_in_one_file_names_no_other_and_its_policy_forbids_any(trace, shared):
    text = one_file(exhibit_of(trace), shared, TEMPLATES)
    page = Page(text)
    assert all(address.startswith("data:") for address in page.addresses())
    assert not re.search(r"@import|url\((?![\"']?data:)", shared.style)
    (policy,) = [a["content"] for a, _ in page.all("meta") if a.get("http-equiv")]
    ((_, style),) = page.all("style")
    watch, unpack = [script for attributes, script in page.all("script") if not attributes]
    assert watch == WATCH
    ((_, packed),) = [each for each in page.all("script") if each[0].get("id") == "packed"]
    script = gzip.decompress(b64decode(packed)).decode()
    assert script == shared.scripts["en"]
    assert policy.startswith("default-src 'none'; ")
    assert (
        f"script-src {hash_of(watch)} {hash_of(unpack)} {hash_of(script)};" in policy
        and f"style-src {hash_of(style)};" in policy
    )
    assert "connect-src" not in policy


@pytest.mark.parametrize("evil", ["</script><script>alert(1)</script>", "<!--<script>", "\u2028'\"&amp;"])
def test_text_of_a_token_or_a_title_stays_text(evil, shared):
    trace = trace_of(np.zeros((1, 1, 1), np.int32), 2)
    token = type(trace.header.tokens[0])(evil)
    header = type(trace.header)(**{**vars(trace.header), "tokens": (token,)})
    trace = type(trace)(header, trace.scores, trace.experts, trace.weights)
    page = Page(one_file(exhibit_of(trace, title=evil, query=evil), shared, TEMPLATES))
    assert page.boot()["exported"]["trace"]["tokens"] == [{"text": evil}]
    assert page.boot()["exported"]["query"] == evil
    assert len(page.all("script")) == 4
    assert page.all("title")[0][1] == evil


def test_pages_of_a_folder_share_a_script_and_a_style(trace, shared):
    files = dict(folder([exhibit_of(trace), exhibit_of(trace, name="other")], shared, TEMPLATES))
    assert set(files) == {"code-8x2.html", "other.html", "moescope.js", STYLE_FILE, "embed.js"}
    for name in ("code-8x2.html", "other.html"):
        addresses = [a for a in Page(files[name]).addresses() if not a.startswith("data:")]
        assert sorted(addresses) == [STYLE_FILE, "moescope.js"]
        assert len(files[name]) < 120_000


def test_french_page_has_the_script_with_french_words(trace, shared):
    exhibit = exhibit_of(trace, words=LANGUAGES["fr"])
    (attributes, packed), *_ = [
        each
        for each in Page(one_file(exhibit, shared, TEMPLATES)).all("script")
        if each[0].get("id") == "packed"
    ]
    assert gzip.decompress(b64decode(packed)).decode() == shared.scripts["fr"], attributes
    files = dict(folder([exhibit, exhibit_of(trace, name="other")], shared, TEMPLATES))
    assert {"moescope.js", "moescope.fr.js"} < set(files)
    assert 'src="moescope.fr.js"' in files["code-8x2.html"] and 'src="moescope.js"' in files["other.html"]


def test_a_bundle_that_is_older_than_the_scripts_is_refused(tmp_path):
    for name in ("js", "vendor"):
        (tmp_path / name).mkdir()
    with pytest.raises(ValueError, match="got nothing; run make"):
        load_shared(tmp_path, embed=False)
    (tmp_path / "js" / "main.js").write_text("new")
    (tmp_path / "vendor" / "moescope.js").write_text(f"/* {'0' * 64} */ old")
    with pytest.raises(ValueError, match="got an older one; run make"):
        load_shared(tmp_path, embed=False)


def test_build_names_the_scripts_as_export_does():
    bundle = (STATIC / "vendor" / "moescope.js").read_text(encoding="utf-8")
    assert bundle.startswith(f"/* {page_digest(STATIC)} */")


def test_every_key_of_a_view_is_an_option_of_the_command():
    element = (STATIC / "embed.js").read_text()
    keys = re.findall(r'"(\w+)"', re.search(r"KEYS = \[(.*?)\]", element, re.DOTALL)[1])
    assert set(VIEW_KEY_NAMES) == set(keys) - set(REQUEST_KEYS)


def test_author_exporting_a_view_finds_it_in_one_file(tmp_path, capsys):
    file = tmp_path / "new" / "moe.html"
    assert main(["export", "--scenario", "code", "--experts", "64", "--mode", "all", "-o", str(file)]) == 0
    assert f"{len(file.read_bytes()):,} bytes" in capsys.readouterr().out
    boot = Page(file.read_text()).boot()
    assert "other" not in boot["exported"]
    assert boot["exported"]["query"] == "scenario=code&experts=64&mode=all"
    assert boot["exported"]["trace"]["model"]["experts"] == 64
    assert [each["name"] for each in boot["scenarios"]] == ["code"]


def test_author_exporting_a_view_with_a_corpus_finds_it_in_the_file(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ATLAS_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "moe.html"
    view = ["--source", "live", "--scenario", "code", "--corpus", "heldout"]
    assert main(["export", *view, "-o", str(file)]) == 0
    corpus = Page(file.read_text()).boot()["exported"]["corpus"]
    assert (corpus["atlas"], corpus["tokens"]) == ("heldout/trio-8", 73_728)
    assert [len(row) for row in corpus["loads"]] == [8] * 6
    assert main(["export", *view[:-1], "nothing", "-o", str(file)]) == 2
    assert "atlas: expected one of" in capsys.readouterr().err


def test_author_exporting_several_views_finds_a_page_for_each(tmp_path, capsys):
    views = [
        "https://moescope.example/?scenario=code&k=1&v=1",
        "scenario=code&k=1&mode=all",
        "?scenario=paris",
    ]
    assert main(["export", "--experts", "16", "--embed", "--dir", str(tmp_path), *views]) == 0
    pages = {file.stem: Page(file.read_text()).boot() for file in tmp_path.glob("*.html")}
    assert set(pages) == {"code-16x1", "code-16x1-2", "paris-16x2"}
    assert pages["code-16x1-2"]["exported"]["query"] == "experts=16&scenario=code&k=1&mode=all"
    assert all(boot["embed"] for boot in pages.values())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--experts", "1", "-o", "{}/a.html"], "experts: expected"),
        (["--scenario", "nope", "-o", "{}/a.html"], "scenario: expected one of"),
        (["-o", "{}/a.html", "k=1", "k=2"], "-o: expected one view, got 2"),
        (["-o", "{}/a.html", "scenario=code&b.k=9"], "b.k: expected 1 to 8, got 9"),
    ],
)
def test_author_exporting_what_there_is_not_hears_why(options, said, tmp_path, capsys):
    assert main(["export", *(option.format(tmp_path) for option in options)]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_author_exporting_two_stacks_finds_what_each_asks_for(tmp_path):
    views = ["scenario=code&b.source=live", "scenario=code&b.scenario=paris&b.experts=16"]
    assert main(["export", "--b.k", "1", "--dir", str(tmp_path), *views]) == 0
    live, other = (Page((tmp_path / f"code-8x2-compared{end}.html").read_text()).boot() for end in ("", "-2"))
    assert [
        live["exported"]["trace"]["origin"]["badge"],
        live["exported"]["other"]["trace"]["origin"]["badge"],
    ] == [
        "AUTHORED",
        "LIVE",
    ]
    assert [each["name"] for each in live["models"]] == ["trio-8"]
    assert {each["name"] for each in other["scenarios"]} == {"code", "paris"}
    model = other["exported"]["other"]["trace"]["model"]
    assert (model["experts"], model["top_k"]) == (16, 1)
