"""The stream over HTTP has the messages of the socket, byte for byte but for the id."""

import json
import struct

import httpx
import pytest

from app.settings import Settings
from app.stream.wire import unpack_step
from tests.live_server import serving
from tests.socket_client import ask, viewer, watch
from tests.web.test_limits import until


def messages(content):
    """Returns the messages of a stream: JSON objects and (id, token, step)."""
    found = []
    while content:
        kind, size = struct.unpack_from("<BI", content)
        data, content = content[5 : 5 + size], content[5 + size :]
        assert len(data) == size
        found.append(json.loads(data) if kind == 1 else unpack_step(data))
    return found


@pytest.mark.parametrize(
    "request_keys",
    [
        {"scenario": "code", "experts": 64, "k": 4},
        {"source": "live", "prompt": "a b c", "continue": 3, "temperature": 0},
        {"source": "recorded"},
        {"router": "expert_choice"},
    ],
)
def test_a_stream_is_what_the_socket_sends(server_url, request_keys):
    with viewer(server_url) as connection:
        ask(connection, **request_keys)
        trace, steps = watch(connection)
    answer = httpx.get(f"{server_url}/api/stream", params=request_keys)
    first, *middle, last = messages(answer.content)
    assert (first["trace"], first["model"], first["id"]) == (trace["trace"], trace["model"], 0)
    over_http = [each[2] for each in middle if isinstance(each, tuple)]
    assert [step.experts.tolist() for step in over_http] == [step.experts.tolist() for step in steps]
    assert last == {"op": "end", "id": 0, "tokens": len(steps)}


def test_a_key_that_cannot_be_used_falls_back_and_is_told(server_url):
    first = messages(httpx.get(f"{server_url}/api/stream?k=99").content)[0]
    assert first["notices"][0]["field"] == "k" and first["model"]["top_k"] == 2


def test_a_stream_resumes_where_it_is_asked_to(server_url):
    whole = messages(httpx.get(f"{server_url}/api/stream").content)
    rest = messages(httpx.get(f"{server_url}/api/stream?from=4").content)
    assert rest[0]["from"] == 4 and [each[1] for each in rest[1:-1]] == list(range(4, len(whole) - 2))


def test_a_stream_that_the_reader_has_is_not_sent_again(server_url):
    etag = httpx.get(f"{server_url}/api/stream").headers["etag"]
    again = httpx.get(f"{server_url}/api/stream", headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert httpx.get(f"{server_url}/api/stream?from=1").headers["etag"] != etag


@pytest.mark.parametrize("query", ["from=x", "from=999", "from=-1", "k=1&k=2"])
def test_a_stream_that_cannot_be_is_refused_with_the_key(server_url, query):
    answer = httpx.get(f"{server_url}/api/stream?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.split("=")[0]


def test_a_stream_takes_a_seat_and_gives_it_back():
    with serving(Settings(port=0, viewers=1)) as url, httpx.Client(base_url=url) as client:
        with viewer(url) as connection:
            ask(connection)
            watch(connection)
            answer = client.get("/api/stream")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        for _ in range(3):
            assert until(lambda: client.get("/api/stream").status_code == 200), "the socket has not gone"
