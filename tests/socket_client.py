"""Clients of the socket, well-behaved and not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection, connect

from app.stream.wire import unpack_step
from app.trace import Step

PATIENCE_SECS = 60.0  # for what should take milliseconds


@contextmanager
def viewer(url: str, **options: Any) -> Iterator[ClientConnection]:
    """Yields a connection to the socket of the server at `url`."""
    options = {"max_size": None, "open_timeout": PATIENCE_SECS, **options}
    with connect(f"ws://{urlsplit(url).netloc}/ws", **options) as connection:
        yield connection


def ask(connection: ClientConnection, id: int = 1, start: int = 0, **request: Any) -> None:
    """Open a trace."""
    connection.send(json.dumps({"op": "open", "version": 2, "id": id, "request": request, "from": start}))


def hear(connection: ClientConnection) -> Any:
    """Returns the next message: an object, or (id, token, step)."""
    message = connection.recv(timeout=PATIENCE_SECS)
    return json.loads(message) if isinstance(message, str) else unpack_step(message)


def watch(connection: ClientConnection, id: int = 1) -> tuple[dict[str, Any], list[Step]]:
    """Returns the trace message of stream `id` and its steps, to the end. What is not of this stream is
    skipped."""
    trace: dict[str, Any] = {}
    steps: list[Step] = []
    while True:
        message = hear(connection)
        if isinstance(message, tuple):
            if message[0] == id:
                assert message[1] == trace["from"] + len(steps), "a step out of turn"
                steps.append(message[2])
        elif message["id"] == id:
            assert message["op"] != "error", message
            if message["op"] == "end":
                assert message["tokens"] == trace["from"] + len(steps)
                return trace, steps
            if message["op"] == "tokens":
                assert message["from"] == trace["from"] + len(steps), "a token after its step, or without one"
                trace.setdefault("written", []).extend(message["tokens"])
                continue
            trace = message
