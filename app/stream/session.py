"""The rules of one connection: takes a message and the time, returns actions. Nothing here waits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ..problem import escaped, show
from .wire import MAX_ID, OPS, VERSION, Code, ErrorMessage, Open, from_client

RATE = 60.0  # messages per second that a client may send continuously
BURST = 120.0  # messages that it may send at once

NOTHING = "no such key"
EXPECTED = {
    "version": f"{VERSION}, the version of the protocol that this server speaks",
    "id": f"a whole number from 0 to {MAX_ID}",
    "from": f"a whole number from 0 to {MAX_ID}",
    "around": f"a whole number from 0 to {MAX_ID}",
    "request": "an object of request keys",
    "changed": "a list of request keys",
    "second": "an object of request keys",
}

POLICY = 1008  # close codes of RFC 6455
UNSUPPORTED = 1003


@dataclass(frozen=True)
class StartStream:
    """Stream the trace of these request keys from token `start`, instead of the running stream."""

    id: int
    keys: Mapping[str, object]
    changed: tuple[str, ...]
    second: Mapping[str, object]
    start: int
    around: int = 0


@dataclass(frozen=True)
class StopStream:
    """Stop streaming."""


@dataclass(frozen=True)
class SendError:
    """Send this message."""

    message: ErrorMessage


@dataclass(frozen=True)
class CloseConnection:
    """Send this close frame and read nothing more."""

    code: int
    reason: str


Action = StartStream | StopStream | SendError | CloseConnection


class Session:
    """The state of one connection and its rules."""

    def __init__(self) -> None:
        self.running: int | None = None  # id of the running stream
        self.closed = False
        self.allowance = BURST
        self.heard_secs: float | None = None

    def receive(self, message: str | bytes, now_secs: float) -> list[Action]:
        """Returns the actions for one message; none after a close."""
        if self.closed:
            return []
        if not self.allow(now_secs):
            return self.close(POLICY, f"too many messages: at most {RATE:.0f} a second")
        if isinstance(message, bytes):
            return self.close(UNSUPPORTED, "expected text messages (JSON), got a binary one")
        try:
            return self.answer(json.loads(message))
        except (ValueError, RecursionError):
            return complain("bad_message", f"message: expected a JSON object with an op, got {show(message)}")

    def allow(self, now_secs: float) -> bool:
        """Returns whether the client may send one more message (leaky bucket)."""
        passed = 0.0 if self.heard_secs is None else max(0.0, now_secs - self.heard_secs)
        self.heard_secs = now_secs
        self.allowance = min(BURST, self.allowance + passed * RATE) - 1
        return self.allowance >= 0

    def answer(self, message: Any) -> list[Action]:
        """Returns the actions for one JSON value."""
        if not isinstance(message, dict) or "op" not in message:
            return complain("bad_message", f"message: expected a JSON object with an op, got {show(message)}")
        id = message.get("id") if type(message.get("id")) is int else None
        if message["op"] not in OPS:
            return complain(
                "unknown_op", f"op: expected one of {', '.join(OPS)}, got {show(message['op'])}", id, "op"
            )
        try:
            asked = from_client.validate_python(message)
        except ValidationError as error:
            field = field_of(error, message)
            found = show(message[field]) if field in message else "nothing"
            field = escaped(field)
            return complain(
                "bad_message", f"{field}: expected {EXPECTED.get(field, NOTHING)}, got {found}", id, field
            )
        return self.begin(asked) if isinstance(asked, Open) else self.stop(asked.id)

    def begin(self, asked: Open) -> list[Action]:
        """Starts a new stream in place of the running one."""
        self.running = asked.id
        keys, second = asked.request, asked.second or {}
        return [StartStream(asked.id, keys, tuple(asked.changed), second, asked.start, asked.around)]

    def stop(self, id: int) -> list[Action]:
        """Stops a stream. Does nothing if it has ended: both messages crossed on the way."""
        if id != self.running:
            return []
        self.running = None
        return [StopStream()]

    def close(self, code: int, reason: str) -> list[Action]:
        self.closed = True
        self.running = None
        return [CloseConnection(code, reason)]


def field_of(error: ValidationError, message: Mapping[str, Any]) -> str:
    """Returns the first wrong key of a message. A key that UTF-8 cannot encode has no place in the error."""
    place = error.errors(include_url=False)[0]["loc"][1:]  # after the op
    return str(place[0]) if place else next((key for key in message if escaped(key) != key), "op")


def complain(code: Code, message: str, id: int | None = None, field: str | None = None) -> list[Action]:
    return [SendError(ErrorMessage(id=id, code=code, field=field, message=message))]
