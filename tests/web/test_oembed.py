"""oEmbed 1.0 of a real server, held against the specification, and the pictures and links that go with it."""

import struct
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settings import Settings
from app.web.oembed import Room, find_view
from tests.live_server import serving

DISCOVERED = 150 * 1024  # bytes that WordPress reads of a page


@pytest.fixture(scope="module")
def client(server_url):
    with httpx.Client(base_url=server_url) as client:
        yield client


class Tags(HTMLParser):
    """The tags of a document, as (name, attributes)."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def only(self, name, /, **wanted):
        (found,) = [a for tag, a in self.found if tag == name and wanted.items() <= a.items()]
        return found


def ask(client, path="/", **more):
    return client.get("/oembed", params={"url": f"{client.base_url}{path}", **more})


def size_of(png):
    """Returns width and height as the header of a PNG has them."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


def test_consumer_asking_for_a_view_gets_a_frame_of_its_embed(client):
    answer = ask(client, "/?scenario=code&experts=64&token=3&v=1")
    told = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert (told["version"], told["type"], told["title"]) == ("1.0", "rich", "Code")
    frame = Tags(told["html"]).only("iframe")
    assert parse_qs(urlsplit(frame["src"]).query) == {
        "scenario": ["code"],
        "experts": ["64"],
        "token": ["3"],
        "v": ["1"],
    }
    assert urlsplit(frame["src"]).path == "/embed"
    assert (frame["loading"], frame["title"]) == ("lazy", "Moescope: Code")
    assert (int(frame["width"]), int(frame["height"])) == (told["width"], told["height"])
    assert "allow-scripts" in frame["sandbox"]
    assert client.get(frame["src"]).status_code == 200


@given(st.none() | st.integers(1, 3000), st.none() | st.integers(1, 3000))
def test_frame_of_any_room_stays_in_it(maxwidth, maxheight):
    width, height = Room(maxwidth, maxheight).frame()
    assert 1 <= width <= (maxwidth or 720) and 1 <= height <= (maxheight or 450)


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        ({}, (1200, 630)),
        ({"maxwidth": 1200, "maxheight": 630}, (1200, 630)),
        ({"maxwidth": 1199}, (600, 315)),
        ({"maxheight": 400}, (600, 315)),
        ({"maxwidth": 599}, None),
    ],
)
def test_consumer_with_little_room_gets_a_thumbnail_that_fits_or_no_field_of_one(client, room, expected):
    told = ask(client, **room).json()
    fields = {key: told[key] for key in told if key.startswith("thumbnail_")}
    if expected is None:
        assert fields == {}
        return
    assert (fields["thumbnail_width"], fields["thumbnail_height"]) == expected
    picture = client.get(fields["thumbnail_url"])
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    assert size_of(picture.content) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "https://example.org/",
        "http://127.0.0.1:1/",
        "javascript:alert(1)//127.0.0.1",
        "http://[::1",
        "{base}/nowhere",
        "{base}/static/embed.js",
        "{base}@example.org/",
        "http://someone@{host}/",
        "{base}/?experts=1",
        "{base}/?scenario=nope",
        "{base}/?k=2&k=3",
    ],
)
def test_consumer_asking_for_what_is_no_view_of_ours_gets_404(client, url):
    base = str(client.base_url).rstrip("/")
    answer = client.get("/oembed", params={"url": url.format(base=base, host=urlsplit(base).netloc)})
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("format", ["xml", "yaml"])
def test_consumer_asking_for_another_format_than_json_gets_501(client, format):
    assert ask(client, format=format).status_code == 501


@pytest.mark.parametrize("size", ["0", "-5", "wide", "1.5", ""])
def test_consumer_asking_for_an_impossible_size_hears_which(client, size):
    answer = ask(client, maxwidth=size)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "maxwidth"


def test_scripts_of_any_page_may_ask(client):
    assert ask(client).headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/", "/embed"])
def test_page_names_its_description_where_consumers_look_for_it(client, path):
    page = client.get(f"{path}?scenario=code&experts=64&k=99&mode=all")  # k falls back
    head = Tags(page.content[:DISCOVERED].decode()).only("link", type="application/json+oembed")
    told = client.get(head["href"])
    assert told.status_code == 200
    source = Tags(told.json()["html"]).only("iframe")["src"]
    assert parse_qs(urlsplit(source).query) == {"scenario": ["code"], "experts": ["64"], "mode": ["all"]}


@pytest.mark.parametrize("path", ["/", "/embed"])
def test_page_names_its_picture_for_link_previews(client, path):
    tags = Tags(client.get(f"{path}?scenario=code&experts=64&token=3").text)
    address = tags.only("meta", property="og:image")["content"]
    assert tags.only("meta", name="twitter:image")["content"] == address
    picture = client.get(address)
    assert size_of(picture.content) == (1200, 630)
    assert picture.headers["cross-origin-resource-policy"] == "cross-origin"
    again = client.get(address, headers={"if-none-match": picture.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_picture_of_another_width_is_refused_and_says_which_there_are(client):
    answer = client.get("/preview.png?width=5000")
    assert answer.status_code == 422
    assert "one of 1200, 600" in answer.json()["errors"][0]["message"]


def test_site_behind_a_proxy_speaks_of_the_address_that_people_know():
    with serving(Settings(port=0, origin="https://moescope.example")) as url:
        told = httpx.get(f"{url}/oembed", params={"url": "https://moescope.example/?k=4"}).json()
        assert "https://moescope.example/embed?k=4" in told["html"]
        assert told["provider_url"] == "https://moescope.example/"
        assert httpx.get(f"{url}/oembed", params={"url": f"{url}/?k=4"}).status_code == 404


def test_address_with_the_other_scheme_or_its_usual_port_is_the_same_place():
    base = "http://moescope.example"
    for url in ("https://moescope.example/?k=4", "http://MOESCOPE.example:80/?k=4#x"):
        assert find_view(url, base) == {"k": "4"}
    assert find_view("http://moescope.example:8000/", base) is None
