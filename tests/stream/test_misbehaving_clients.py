"""Clients that break the rules get an error or are disconnected; other clients are unaffected."""

import base64
import itertools
import json
import logging
import os
import queue
import socket
import threading
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from app.settings import Settings
from tests.live_server import hosting, serving
from tests.socket_client import PATIENCE_SECS, ask, hear, viewer, watch

NOT_READING = b"not reading: nothing was taken for 0.5 seconds"
LARGE = {"scenario": "long", "experts": 512, "k": 512}  # 3.9 MB a trace


@pytest.fixture(scope="module")
def long_scenario(tmp_path_factory):
    """Returns a folder with a scenario of 256 tokens."""
    folder = tmp_path_factory.mktemp("scenarios")
    tokens = "\n".join('[[tokens]]\ntext = "x"\ngroup = "g"' for _ in range(256))
    head = 'title = "Long"\nteaches = "Nothing."\n[groups.g]\nplaces = [0.1]\n'
    (folder / "long.toml").write_text(head + tokens, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def hall(long_scenario):
    """Yields a server that disconnects a client that reads nothing for half a second."""
    with serving(Settings(port=0, scenarios=long_scenario, send_secs=0.5)) as url:
        yield url


@pytest.fixture
def let_go():
    """Set when the server lets a viewer go that does not read."""
    event = threading.Event()
    handler = logging.Handler()
    handler.emit = lambda record: event.set() if "not reading" in record.getMessage() else None
    log = logging.getLogger("moescope")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield event
    log.removeHandler(handler)
    log.setLevel(logging.NOTSET)


@contextmanager
def beside(url):
    """Yields a viewer who streams all the while: before, during and after, each of its streams is whole."""
    stop, seen, failures = threading.Event(), queue.Queue(), []

    def look():
        try:
            with viewer(url) as connection:
                for id in itertools.count():
                    ask(connection, id=id, scenario="long")
                    seen.put(len(watch(connection, id=id)[1]))
                    if stop.wait(0.02):  # within the rate that the protocol allows
                        return
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=look)
    thread.start()
    assert seen.get(timeout=PATIENCE_SECS) == 256
    yield
    after = seen.qsize() + 2
    lengths = [seen.get(timeout=PATIENCE_SECS) for _ in range(after)]
    stop.set()
    thread.join(PATIENCE_SECS)
    assert not failures
    assert set(lengths) == {256}
    assert httpx.get(f"{url}/healthz").status_code == 200


def closing_of(connection):
    """Returns the close frame that the server sends; earlier messages are skipped."""
    with pytest.raises(ConnectionClosed) as caught:
        while True:
            connection.recv(timeout=PATIENCE_SECS)
    return caught.value.rcvd


def test_viewer_sends_ten_megabytes(hall):
    with beside(hall), viewer(hall) as connection:
        with pytest.raises(ConnectionClosed):
            connection.send("x" * 10_000_000)
            connection.recv(timeout=PATIENCE_SECS)
        assert connection.close_code == 1009
        assert "exceeds limit of 65536 bytes" in connection.close_reason


def test_viewer_sends_ten_megabytes_in_pieces(hall):
    with beside(hall), viewer(hall) as connection:
        with pytest.raises(ConnectionClosed):
            connection.send("x" * 1000 for _ in range(10_000))
            connection.recv(timeout=PATIENCE_SECS)
        assert connection.close_code == 1009


def test_viewer_sends_a_thousand_messages_in_a_second(hall):
    with beside(hall), viewer(hall) as connection:
        with pytest.raises(ConnectionClosed):
            for _ in range(1000):
                connection.send('{"op":"stop","id":1}')
            connection.recv(timeout=PATIENCE_SECS)
        assert (connection.close_code, connection.close_reason) == (
            1008,
            "too many messages: at most 60 a second",
        )


def test_viewer_opens_a_thousand_traces_in_a_second(hall):
    with beside(hall), viewer(hall) as connection:
        with pytest.raises(ConnectionClosed):
            for id in range(1000):
                ask(connection, id=id, **LARGE)
            closing_of(connection)
            connection.send("")
        assert connection.close_code == 1008


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("not JSON", "bad_message"),
        ("[" * 60_000, "bad_message"),
        ('{"op":"sing","id":1}', "unknown_op"),
        ('{"op":"open","version":1,"id":1}', "bad_message"),
        ('{"op":"open","version":2,"id":1,"changed":"k"}', "bad_message"),
        ('{"op":"open","version":2,"id":1,"from":1000}', "bad_request"),
    ],
)
def test_viewer_sends_nonsense_and_is_told_so(hall, message, code):
    with beside(hall), viewer(hall) as connection:
        connection.send(message)
        error = hear(connection)
        assert (error["op"], error["code"]) == ("error", code)
        assert "expected" in error["message"]
        assert len(error["message"]) < 500
        ask(connection, id=9, scenario="long")
        assert len(watch(connection, id=9)[1]) == 256


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("scenario", "../../etc/passwd"),
        ("prompt", "x" * 50_000),
        ("experts", "9" * 50_000),
        ("nonsense", {"a": [1, None]}),
        ("router", "\ud800"),
    ],
)
def test_viewer_asks_for_an_absurd_value_and_sees_the_trace_without_it(hall, key, value):
    with beside(hall), viewer(hall) as connection:
        ask(connection, **{key: value})
        trace, steps = watch(connection)
        (notice,) = trace["notices"]
        assert notice["field"] == key
        assert len(notice["message"]) < 700
        assert (len(steps), trace["given"]) == (256, {})


def test_viewer_sends_what_is_not_utf8(hall):
    with beside(hall), closing(raw_viewer(hall)) as line:
        line.sendall(frame(b"\xff\xfe", Opcode.TEXT))
        assert frames_until_close(line)[-1][:2] == (1007).to_bytes(2, "big")


def test_viewer_never_reads(hall, let_go):
    """Its close frame waits behind what it did not read; no more is made than the system's buffers take."""
    with beside(hall), closing(raw_viewer(hall)) as line:
        for id in itertools.count():  # 4 MB each time, were they not held back
            line.sendall(frame(open_text(id).encode(), Opcode.TEXT))
            if let_go.wait(10):  # one trace may still fit into the buffers of the system
                break
            assert id < 10, "the server waits for ever"
        *sent, last = frames_until_close(line)
        assert last == (1008).to_bytes(2, "big") + NOT_READING
        steps = [data for data in sent if data[:2] == b"\x02\x01"]
        assert steps and steps[-1][8:12] != (255).to_bytes(4, "little"), "the last trace was made to its end"


def test_viewer_never_reads_to_the_end(monkeypatch, let_go, long_scenario):
    """Not even the close frame: the server forgets it all the same."""
    monkeypatch.setattr("app.web.websocket_protocol.CLOSE_SECS", 0.1)
    settings = Settings(port=0, scenarios=long_scenario, send_secs=0.1)
    with hosting(settings) as (url, server), closing(raw_viewer(url)) as line:
        for id in itertools.count():
            line.sendall(frame(open_text(id).encode(), Opcode.TEXT))
            if let_go.wait(10):
                break
            assert id < 10, "the server waits for ever"
        with viewer(url) as connection:  # a clock that ticks in the server's own loop
            while len(server.server_state.connections) > 1:
                assert connection.ping().wait(PATIENCE_SECS)


def test_more_viewers_come_than_are_served(long_scenario):
    with serving(Settings(port=0, scenarios=long_scenario, viewers=1)) as url, viewer(url) as first:
        ask(first, scenario="long")
        watch(first)
        with viewer(url) as second:
            close = closing_of(second)
            assert (close.code, close.reason) == (1013, "busy: 1 viewers are connected")
        ask(first, id=2, scenario="long")
        assert len(watch(first, id=2)[1]) == 256


def test_a_page_of_another_origin_connects(long_scenario):
    with serving(Settings(port=0, scenarios=long_scenario, origin="https://moe.example")) as url:
        for origin in ("https://elsewhere.example", "http://127.0.0.1:1", ""):
            with pytest.raises(InvalidStatus, match="403"), viewer(url, origin=origin):
                pass
        for origin in (url, "https://moe.example", "null"):  # null: a page in a sandbox
            with viewer(url, origin=origin) as connection:
                ask(connection, scenario="long")
                watch(connection)


def raw_viewer(url):
    """Returns a socket of the system after a handshake, with a small buffer; it reads only when told to."""
    address = urlsplit(url)
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(PATIENCE_SECS)
    line.connect((address.hostname, address.port))
    key = base64.b64encode(os.urandom(16)).decode()
    line.sendall(
        f"GET /ws HTTP/1.1\r\nHost: {address.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += line.recv(1)
    assert answer.startswith(b"HTTP/1.1 101 ")
    return line


def frame(data, opcode):
    """Returns a frame as a client sends it."""
    return Frame(opcode, data).serialize(mask=True)


def open_text(id):
    return json.dumps({"op": "open", "version": 2, "id": id, "request": LARGE})


def frames_until_close(line):
    """Returns the contents of all frames that come, up to and with the close frame."""
    data, contents = line.makefile("rb"), []
    while True:
        opcode, length = data.read(2)
        length = int.from_bytes(data.read({126: 2, 127: 8}[length]), "big") if length > 125 else length
        contents.append(data.read(length))
        if opcode & 15 == Opcode.CLOSE:
            return contents
