"""An HTTP server that answers as a test tells it to: recorded answers, and every way of going wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from app.sources.engines.cluster import EngineAddress

Reply = Callable[[BaseHTTPRequestHandler], None]


class ScriptedEngine(ThreadingHTTPServer):
    """`replies`: path -> what answers there. `asked`: the bodies of all requests with one."""

    daemon_threads = True

    def __init__(self, replies: dict[str, Reply]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies = replies
        self.asked: list[Any] = []
        self.released = Event()  # what `silent` waits for

    @property
    def address(self) -> EngineAddress:
        return EngineAddress("cpu", f"http://127.0.0.1:{self.server_port}", "secret")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is no news."""


class Handler(BaseHTTPRequestHandler):
    server: ScriptedEngine

    def do_GET(self) -> None:
        self.server.replies.get(self.path, says({"error": "no such route"}, 404))(self)

    def do_POST(self) -> None:
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.do_GET()

    def log_message(self, *args: Any) -> None:
        """Nothing."""


@contextmanager
def scripted(replies: dict[str, Reply]) -> Iterator[ScriptedEngine]:
    with ScriptedEngine(replies) as engine:
        Thread(target=engine.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield engine
        finally:
            engine.released.set()
            engine.shutdown()


def says(value: object, status: int = 200) -> Reply:
    """Answers with JSON."""
    return raw(json.dumps(value).encode(), status)


def lines(*values: object) -> Reply:
    """Answers with one JSON object a line."""
    return raw(b"".join(json.dumps(value).encode() + b"\n" for value in values))


def raw(data: bytes, status: int = 200, promised: int | None = None) -> Reply:
    """Answers with bytes; `promised`: how many it says there are."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("content-length", str(len(data) if promised is None else promised))
        handler.end_headers()
        handler.wfile.write(data)

    return reply


def silent(data: bytes = b"") -> Reply:
    """Sends some bytes and then nothing, until the test is over."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        assert isinstance(handler.server, ScriptedEngine)
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(data)
        handler.wfile.flush()
        handler.server.released.wait(30)

    return reply


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    """Closes the connection without a word."""
    handler.close_connection = True
