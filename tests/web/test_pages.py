"""The pages as a server sends them; what they do in a browser is tested in e2e/."""

import json
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.page.bundle import is_fresh
from app.page.startup import WATCH, hash_of
from app.settings import ROOT, Settings
from tests.live_server import serving

NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u2028\u2029<!--"


class Page(HTMLParser):
    """The elements of a page with their attributes, and the text of scripts."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.scripts = {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self.elements and self.elements[-1][0] == "script":
            key = self.elements[-1][1].get("id", self.elements[-1][1].get("type"))
            self.scripts[key] = self.scripts.get(key, "") + data

    def boot(self):
        return json.loads(self.scripts["boot"])

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def http():
    """Yields one client for all tests, because each client loads the certificates."""
    with httpx.Client() as client:
        yield client


@pytest.fixture(scope="module")
def get(http, server_url):
    """Get a page of the server: the answer, and what is in it."""

    def get(path="/", url=server_url, **params):
        answer = http.get(url + path, params=params)
        assert answer.status_code == 200
        return answer, Page(answer.text)

    return get


def policy_of(answer):
    parts = (part.split() for part in answer.headers["content-security-policy"].split(";"))
    return {name: sources for name, *sources in parts}


def test_the_page_is_told_what_there_is(get):
    boot = get()[1].boot()
    assert not boot["embed"]
    assert boot["scenarios"][0]["name"] == "english"
    assert set(boot["scenarios"][0]) == {"name", "title", "teaches", "text", "groups"}
    keys = {key["name"]: key for key in boot["keys"]}
    assert keys["experts"]["limits"] == [2, 1024]
    assert (boot["request"]["experts"], boot["given"], boot["notices"]) == (8, {}, [])
    assert get("/embed")[1].boot()["embed"]


@pytest.mark.parametrize("path", ["/", "/embed"])
def test_the_policy_lets_only_our_own_scripts_run(get, path):
    answer, page = get(path)
    policy = policy_of(answer)
    assert policy["default-src"] == policy["base-uri"] == policy["font-src"] == ["'none'"]
    own, watch, *nonces = policy["script-src"]
    assert (own, watch) == ("'self'", hash_of(WATCH))
    assert answer.text.count(f"<script>{WATCH}</script>") == 1
    inline = [script for script in page.all("script") if "src" not in script and "nonce" in script]
    assert [f"'nonce-{script['nonce']}'" for script in inline] == nonces
    assert bool(inline) is not is_fresh(ROOT / "static"), "a page in one bundle has no import map"
    assert not any(name.startswith("on") or name == "style" for _, found in page.elements for name in found)


def test_only_the_embed_may_be_framed(get):
    assert policy_of(get()[0])["frame-ancestors"] == ["'none'"]
    assert policy_of(get("/embed")[0])["frame-ancestors"] == ["*"]


def test_a_setting_narrows_who_may_frame_the_embed(get):
    with serving(Settings(port=0, frame_ancestors="'self' https://example.org")) as url:
        assert policy_of(get("/embed", url)[0])["frame-ancestors"] == ["'self'", "https://example.org"]
        assert policy_of(get("/", url)[0])["frame-ancestors"] == ["'none'"]


def test_nothing_is_loaded_from_elsewhere(get, http, server_url):
    for path in ("/", "/embed"):
        page = get(path)[1]
        loaded = [found.get("src") for _, found in page.elements if found.get("src")]
        loaded += [
            link["href"]
            for link in page.all("link")
            if link["rel"] in ("stylesheet", "modulepreload", "icon")
        ]
        own = [address for address in loaded if not address.startswith("data:")]
        assert own and not any(address.startswith("/") or ":" in address for address in own)
        for address in set(own):
            assert http.get(f"{server_url}/{address}").status_code == 200, address


@pytest.mark.parametrize("path", ["/", "/embed"])
@pytest.mark.parametrize("key", ["scenario", "prompt", "model", "mode", "nonsense", "experts", NASTY])
def test_a_value_of_the_address_is_never_markup(get, path, key):
    plain = get(path, source="live", mode="a")[1]
    answer, page = get(path, source="live", **{key: NASTY})
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    assert "alert(1)</script>" not in answer.text
    page.boot()


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=10), st.text(max_size=30), max_size=4))
def test_whatever_the_address_says_there_is_a_page(get, query):
    get("/embed", **query)


def test_a_bad_key_is_left_out_of_what_is_shared(get, http):
    page = get(experts="9999", k="3", scenario="code", mode="all")[1]
    (picture,) = [meta["content"] for meta in page.all("meta") if meta.get("property") == "og:image"]
    query = parse_qs(urlsplit(picture).query)
    assert query["k"] == ["3"] and query["scenario"] == ["code"]
    assert "experts" not in query
    assert http.get(picture).status_code == 200


def test_the_poster_of_an_embed_is_its_picture(get, http, server_url):
    for params in ({"scenario": "code", "experts": "64", "mode": "all", "token": "3"}, {"k": "99"}):
        page = get("/embed", **params)[1]
        (poster,) = [image["src"] for image in page.all("img") if image.get("id") == "poster"]
        assert poster.startswith("preview.svg")
        assert http.get(f"{server_url}/{poster}").status_code == 200


def test_the_title_says_which_view_it_is(get):
    answer, _ = get(scenario="paris")
    assert "<title>Paris, twice" in answer.text


def test_the_origin_of_links_can_be_set(get):
    with serving(Settings(port=0, origin="https://moe.example")) as url:
        page = get("/", url)[1]
        (picture,) = [meta["content"] for meta in page.all("meta") if meta.get("property") == "og:image"]
        assert picture.startswith("https://moe.example/preview.")
