"""Limits per client: seats, connections, headers, bodies, work."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from app.settings import Settings
from app.stream.workers import Workers
from tests.live_server import hosting, serving
from tests.siege.greed import capture
from tests.socket_client import PATIENCE_SECS, ask, viewer, watch

HEAVY = "shape=512x128x128-d4096-e2048"


def raw(url, data, source="127.0.0.1"):
    """Returns what a server says to some bytes until it closes."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), PATIENCE_SECS, (source, 0)) as client:
        client.sendall(data)
        return read_all(client)


@pytest.fixture(scope="module")
def strict():
    """A server that waits a second for a header; who asks in these tests sends what it sends at once."""
    with serving(Settings(port=0, header_secs=1.0)) as url:
        yield url


@pytest.mark.parametrize(
    "data",
    [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: y"],
    ids=["silence", "half a line", "half a header"],
)
def test_half_a_header_is_not_waited_for(strict, data):
    assert raw(strict, data).startswith(b"HTTP/1.1 408")


def test_half_a_header_after_a_request_is_not_waited_for(strict):
    found = raw(strict, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HT")
    assert found.startswith(b"HTTP/1.1 200") and b"HTTP/1.1 408" in found


def test_half_a_body_is_not_waited_for():
    head = b"POST /api/load?source=live HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nab"
    with serving(Settings(port=0, body_secs=0.3)) as url:
        assert b"200" not in raw(url, head)
        assert httpx.get(f"{url}/healthz").status_code == 200


def test_a_header_without_end_is_refused(strict):
    assert b"431" in raw(strict, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000)[:20]


def test_a_client_gets_only_so_many_connections_and_others_still_get_theirs():
    with serving(Settings(port=0, client_connections=3, header_secs=60.0)) as url, ExitStack() as stack:
        address = urlsplit(url)
        for _ in range(3):
            at = (address.hostname, address.port)
            stack.enter_context(socket.create_connection(at, PATIENCE_SECS, ("127.0.0.9", 0)))
        assert raw(url, b"", "127.0.0.9").startswith(b"HTTP/1.1 503")
        request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        assert raw(url, request, "127.0.0.8").startswith(b"HTTP/1.1 200")


def test_a_socket_that_asks_for_nothing_and_one_that_is_done_are_closed():
    with (
        serving(Settings(port=0, open_secs=0.3)) as url,
        viewer(url) as connection,
        pytest.raises(ConnectionClosed) as closed,
    ):
        connection.recv(PATIENCE_SECS)
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "nothing was asked for")
    with serving(Settings(port=0, idle_secs=0.3)) as url, viewer(url) as connection:
        ask(connection)
        assert watch(connection)[1]
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(PATIENCE_SECS)
    assert closed.value.rcvd.reason == "idle for 0.3 seconds"


def test_a_client_gets_only_so_many_seats_and_others_still_get_theirs():
    with serving(Settings(port=0, client_viewers=2)) as url, ExitStack() as stack:
        held = [stack.enter_context(viewer(url, source_address=("127.0.0.9", 0))) for _ in range(2)]
        for connection in held:
            ask(connection)
            watch(connection)
        with (
            viewer(url, source_address=("127.0.0.9", 0)) as third,
            pytest.raises(ConnectionClosed, match="2 viewers of your address"),
        ):
            third.recv(PATIENCE_SECS)
        with viewer(url, source_address=("127.0.0.8", 0)) as other:
            ask(other)
            assert watch(other)[1]


def test_work_above_the_ceiling_is_refused_with_the_estimate():
    with serving(Settings(port=0, most_secs=1.0)) as url, httpx.Client(base_url=url) as client:
        refused = [
            client.get(f"/preview.png?{HEAVY}"),
            client.post("/api/load?source=live&experts=64&k=64", content="😀" * 20_000),
        ]
        for answer in refused:
            assert answer.status_code == 413
            assert "an estimate of" in answer.json()["errors"][0]["message"]
        assert client.get("/preview.svg?scenario=code").status_code == 200


def test_heavy_work_that_takes_too_long_is_ended_and_small_work_goes_on():
    settings = Settings(port=0, deadline_secs=0.5)
    with serving(settings) as url, httpx.Client(base_url=url) as client:
        answer = client.get(f"/preview.png?{HEAVY}")
        assert answer.status_code == 503 and int(answer.headers["retry-after"]) >= 1
        assert "ended after 0.5 s" in answer.json()["errors"][0]["message"]
        assert client.get("/api/trace?scenario=code").status_code == 200


def test_one_client_with_much_work_is_told_to_wait():
    settings = Settings(port=0, client_secs=20.0, processes=1)
    with serving(settings) as url:
        found = []

        def ask_for_much(k):
            answer = httpx.get(f"{url}/preview.png?shape=512x128x{k}-d4096-e2048", timeout=120)
            found.append(answer)

        threads = [threading.Thread(target=ask_for_much, args=(k,), daemon=True) for k in range(1, 4)]
        for thread in threads:
            thread.start()
        until(lambda: len(found) >= 2)
        statuses = [answer.status_code for answer in found]
        assert statuses.count(429) == 2, [answer.text[:300] for answer in found]
        assert all(int(each.headers["retry-after"]) >= 1 for each in found if each.status_code == 429)
        assert found[0].json()["estimate_secs"] > 10


def test_a_heavy_trace_streams_the_same_steps_as_a_light_one():
    with serving(Settings(port=0, light_secs=0.0)) as heavy, serving(Settings(port=0)) as light:
        for request in ({"scenario": "code"}, {"router": "expert_choice"}, {"shape": "mixtral-8x7b"}):
            seen = []
            for url in (heavy, light):
                with viewer(url) as connection:
                    ask(connection, **request)
                    trace, steps = watch(connection)
                    seen.append((trace["model"], trace["tokens"], [step.experts.tolist() for step in steps]))
            assert seen[0] == seen[1]


def unread(url, path, source):
    """Returns a connection that asked for something large and reads nothing of it."""
    address = urlsplit(url)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.bind((source, 0))
    client.connect((address.hostname, address.port))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return client


def read_all(client):
    """Returns what comes until the other side closes."""
    client.settimeout(PATIENCE_SECS)
    found = b""
    try:
        while part := client.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return found


def figure(url, name):
    """Returns a number of /metrics."""
    lines = httpx.get(f"{url}/metrics").text.splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(f"moescope_{name} "))


def until(true, secs=PATIENCE_SECS):
    """Returns whether something becomes true."""
    end = time.monotonic() + secs
    while not (found := true()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


LARGE = "scenario=english&shape=512x128x128-d4096-e2048"


@pytest.mark.parametrize("path", [f"/api/stream?{LARGE}", f"/api/trace?{LARGE}"])
def test_a_reader_of_http_that_takes_nothing_is_let_go_and_its_seat_is_free(path):
    with hosting(Settings(port=0, send_secs=2.0)) as (url, server):
        whole = len(httpx.get(f"{url}{path}").content)
        connections = server.server_state.connections
        assert until(lambda: not connections)
        with unread(url, path, "127.0.0.9") as client:
            assert until(lambda: connections)
            assert until(lambda: not connections), "it is still held"
            assert figure(url, "viewers") == 0
            assert len(read_all(client)) < whole


def test_a_slow_reader_of_http_that_takes_something_gets_it_all():
    with serving(Settings(port=0, send_secs=2.0)) as url:
        path = f"/api/stream?{LARGE}"
        whole = len(httpx.get(f"{url}{path}").content)
        with unread(url, path, "127.0.0.9") as client:
            client.settimeout(PATIENCE_SECS)
            found = b""
            for _ in range(60):  # a slow reader for several times as long as nothing may be taken
                found += client.recv(65536)
                time.sleep(0.1)
            while b"0\r\n\r\n" not in found[-7:]:
                found += client.recv(65536)
        assert len(found) > whole


def test_bodies_are_bounded_for_each_client_and_for_all():
    with serving(Settings(port=0, body_mib=4)) as url:
        refused = httpx.post(f"{url}/api/capture", content=b"\0" * (3 * 2**20))
        assert refused.status_code == 429 and int(refused.headers["retry-after"]) >= 1
        assert "more than 2 MiB at a time" in refused.json()["errors"][0]["message"]
        answers = [httpx.post(f"{url}/api/capture", content=b"\0" * 2**20) for _ in range(5)]
        assert {answer.status_code for answer in answers} == {422}, "what was sent is forgotten"


def test_a_file_that_takes_too_long_is_ended_with_its_process():
    with serving(Settings(port=0, most_secs=0.5)) as url:
        answer = httpx.post(f"{url}/api/capture", content=b"\0" * 2_000_000)
        assert answer.status_code == 413 and "an estimate of" in answer.json()["errors"][0]["message"]
    with serving(Settings(port=0, deadline_secs=0.01)) as url:
        answer = httpx.post(f"{url}/api/capture", content=capture(8_000_000))
        assert answer.status_code == 503 and "ended after 0.01 s" in answer.text
        assert httpx.get(f"{url}/api/trace?scenario=code").status_code == 200


def note_processes(monkeypatch):
    """Returns the names of the functions that run in a process from now on."""
    names = []
    compute = Workers.compute

    async def note(self, function, *arguments, **options):
        names.append(function.__name__)
        return await compute(self, function, *arguments, **options)

    monkeypatch.setattr(Workers, "compute", note)
    return names


def test_a_long_config_is_counted_in_a_process_and_a_short_one_in_a_thread(monkeypatch):
    computed = note_processes(monkeypatch)
    with serving(Settings(port=0)) as url:
        for size in (10, 200_000):
            config = b'{"model_type":"mixtral","a":[' + b"1," * size + b"1]}"
            answer = httpx.post(f"{url}/api/shape", content=config)
            assert answer.status_code == 422 and "hidden_size" in answer.text
    assert computed == ["count_for"]


def test_what_many_ask_for_at_once_is_made_once(monkeypatch):
    made = note_processes(monkeypatch)
    with serving(Settings(port=0)) as url, ThreadPoolExecutor(8) as threads:
        for path, function in (
            (f"/api/stream?{LARGE}", "named_trace"),
            (f"/api/trace?{LARGE}", "trace_file"),
        ):
            answers = [*threads.map(lambda _, at=url + path: httpx.get(at).content, range(8))]
            assert len(set(answers)) == 1 and made == [function]
            made.clear()
