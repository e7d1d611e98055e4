"""Proxies, hosts, origins and other sites: trusted, served, or refused with a reason."""

import json
import logging

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from app.settings import Settings
from app.web.forwarding import Proxies, wrong_origin
from tests.live_server import serving
from tests.socket_client import ask, viewer, watch


@pytest.fixture(scope="module")
def private():
    with serving(Settings(port=0)) as url:
        yield url


@pytest.fixture(scope="module")
def proxied():
    with serving(Settings(port=0, proxies="127.0.0.1")) as url:
        yield url


@pytest.mark.parametrize(
    ("origin", "host", "ours", "right"),
    [
        ("https://e.com", "e.com", "", True),
        ("https://e.com", "e.com:443", "", True),
        ("https://e.com", "e.com:80", "", True),
        ("https://e.com", "E.COM", "", True),
        ("http://[::1]:8000", "[::1]:8000", "", True),
        ("https://e.com", "127.0.0.1:8000", "https://e.com", True),
        ("https://e.com", "127.0.0.1:8000", "", False),
        ("https://e.com:8443", "e.com", "", False),
        ("https://e.com.evil.org", "e.com", "", False),
        ("https://evil.org", "e.com", "", False),
        ("null", "e.com", "", False),
        ("file://", "e.com", "", False),
        ("", "", "", False),
    ],
)
def test_origins_are_compared_as_browsers_do(origin, host, ours, right):
    assert (wrong_origin(origin, host, ours) is None) is right


@pytest.mark.parametrize("host", ["e.com:443", "e.com:80", "E.COM", "e.com"])
def test_a_socket_opens_for_the_page_of_a_host_however_it_is_written(proxied, host):
    with viewer(proxied, origin="https://e.com", additional_headers={"X-Forwarded-Host": host}) as connection:
        ask(connection)
        assert watch(connection)[1]


def test_a_refused_socket_says_what_was_compared_and_how_to_set_it(private, caplog):
    with (
        caplog.at_level(logging.WARNING, "moescope"),
        pytest.raises(InvalidStatus) as refused,
        viewer(private, origin="https://e.com"),
    ):
        pass
    told = json.loads(refused.value.response.body)["errors"][0]["message"]
    assert refused.value.response.status_code == 403
    assert "got 'https://e.com'" in told and "set ORIGIN=https://e.com" in told
    assert told in caplog.text


def test_a_page_in_a_sandbox_may_read_and_may_be_kept_from_it(private):
    with viewer(private, origin="null") as connection:
        ask(connection)
        assert watch(connection)[1]
    for path in ("/api/trace", "/api/models", "/preview.svg", "/static/embed.js", "/api/stream"):
        answer = httpx.get(private + path, headers={"origin": "null"})
        assert answer.headers["access-control-allow-origin"] == "*", path
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin", path
    with serving(Settings(port=0, sandboxed=False)) as url:
        assert "access-control-allow-origin" not in httpx.get(f"{url}/api/trace").headers
        with pytest.raises(InvalidStatus), viewer(url, origin="null"):
            pass


def test_what_a_person_brings_to_their_own_machine_is_no_other_site_s_to_read(tmp_path):
    with serving(Settings(port=0, traces=tmp_path)) as url:
        for path in ("/api/traces", "/api/trace", "/api/stream"):
            answer = httpx.get(url + path, headers={"origin": "null"})
            assert answer.status_code == 200
            assert "access-control-allow-origin" not in answer.headers, path
        with pytest.raises(InvalidStatus) as refused, viewer(url, origin="null"):
            pass
        assert "SANDBOXED=1" in json.loads(refused.value.response.body)["errors"][0]["message"]


def test_a_name_that_points_here_by_a_trick_is_refused(private):
    for headers in (
        {"host": "evil.example"},
        {"host": "localhost.evil.example"},
        {"host": "127.0.0.1.evil.org"},
    ):
        answer = httpx.get(f"{private}/api/models", headers=headers)
        assert answer.status_code == 421
        assert "set HOSTS=" in answer.json()["errors"][0]["message"]
    for headers in (
        {"host": "localhost:1"},
        {"host": "LOCALHOST"},
        {"host": "[::1]:80"},
        {"host": "a.localhost"},
    ):
        assert httpx.get(f"{private}/api/models", headers=headers).status_code == 200
    with pytest.raises(InvalidStatus), viewer(private, additional_headers={"X-Forwarded-Host": "evil.org"}):
        pass
    assert httpx.get(f"{private}/healthz", headers={"host": "10.0.0.7"}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
def test_another_site_cannot_have_a_text_counted(private, headers, status):
    answer = httpx.post(f"{private}/api/load?source=live", content="a b c", headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/", "/moe/"])
def test_a_prefix_is_in_every_absolute_address_and_in_no_relative_one(proxied, path):
    headers = {"x-forwarded-prefix": "/moe", "x-forwarded-proto": "https", "x-forwarded-host": "e.com"}
    page = httpx.get(proxied + path, params={"scenario": "code"}, headers=headers).text
    assert '<link rel="canonical" href="https://e.com/moe/?scenario=code"' in page
    assert 'content="https://e.com/moe/preview.png?scenario=code"' in page
    assert "https://e.com/moe/oembed?url=https%3A%2F%2Fe.com%2Fmoe%2F" in page
    assert 'href="/' not in page and 'src="/' not in page
    url = "https://e.com/moe/?scenario=code"
    found = httpx.get(f"{proxied}/moe/oembed", params={"url": url}, headers=headers).json()
    assert 'src="https://e.com/moe/embed?scenario=code"' in found["html"]
    other = httpx.get(f"{proxied}/oembed", params={"url": "https://e.com/?k=1"}, headers=headers)
    assert other.status_code == 404


def test_the_bare_prefix_leads_to_the_page(proxied):
    answer = httpx.get(f"{proxied}/moe?k=1", headers={"x-forwarded-prefix": "/moe"})
    assert (answer.status_code, answer.headers["location"]) == (308, "/moe/?k=1")


@pytest.mark.parametrize("prefix", ["//evil.org", "/a/../b", "/<script>", "moe", "/a\\b", "/" * 50])
def test_a_prefix_that_is_none_is_passed_over(proxied, prefix):
    page = httpx.get(f"{proxied}/", headers={"x-forwarded-prefix": prefix, "host": "e.com"}).text
    assert '<link rel="canonical" href="http://e.com/"' in page


def test_a_stranger_is_not_believed():
    with serving(Settings(port=0, proxies="10.0.0.1", hosts=("*",))) as url:
        headers = {"x-forwarded-prefix": "/moe", "x-forwarded-host": "e.com", "x-forwarded-proto": "https"}
        assert "e.com" not in httpx.get(f"{url}/", headers=headers).text


def test_proxies_are_addresses_networks_or_anybody():
    some, anybody = Proxies("127.0.0.1, 10.0.0.0/8,fd00::/8"), Proxies("*")
    assert all(some.trust((each, 1)) for each in ("127.0.0.1", "10.9.8.7", "fd12::1"))
    assert not any(some.trust(each) for each in (("127.0.0.2", 1), ("::1", 1), ("testclient", 1), None))
    assert anybody.trust(("8.8.8.8", 1)) and anybody.trust(None)
