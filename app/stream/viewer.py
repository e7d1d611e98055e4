"""Serves one socket: a loop that reads, and a task that sends one stream, one frame in flight."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from contextlib import aclosing, suppress
from typing import Protocol

from ..problem import BadRequest
from ..request.read import Answer
from ..sources.pending_trace import PendingTrace
from ..sources.registry import SourceRegistry
from .opening import Asked, check_start, messages_of, open_asked
from .session import POLICY, Action, CloseConnection, SendError, Session, StartStream, StopStream
from .wire import ErrorMessage, ToClient, to_text
from .workers import SOMEBODY, Busy, Workers

FAILED = "trace: the server failed to compute it; its log says why"

log = logging.getLogger("moescope")


class Socket(Protocol):
    """The parts of a WebSocket that Viewer needs."""

    async def receive(self) -> str | bytes | None:
        """Returns the next message; None after a disconnect."""

    async def send(self, message: str | bytes) -> None:
        """Returns when the transport has room for more. Raises ClientDisconnected after a disconnect."""

    async def close(self, code: int, reason: str) -> None: ...


class ClientDisconnected(Exception):
    """The client has disconnected."""


class Viewer:
    """Serves one socket until it closes."""

    def __init__(
        self,
        socket: Socket,
        session: Session,
        sources: SourceRegistry,
        workers: Workers,
        send_secs: float,
        client: str = SOMEBODY,
        open_secs: float = math.inf,
        idle_secs: float = math.inf,
    ) -> None:
        self.socket = socket
        self.session = session
        self.sources = sources
        self.workers = workers
        self.send_secs = send_secs
        self.client = client
        self.open_secs = open_secs
        self.idle_secs = idle_secs
        self.began = time.monotonic()
        self.asked = False  # the client has requested a trace before
        self.stream: asyncio.Task[None] | None = None
        self.waiting_since: float | None = None  # since when the client has read nothing, on the loop's clock
        self.sending = False  # a send is waiting for the client now

    async def serve(self) -> None:
        """Reads until the client disconnects or breaks a rule."""
        try:
            with suppress(ClientDisconnected):
                await self.read()
        finally:
            await self.cancel()

    async def read(self) -> None:
        while not self.session.closed and (message := await self.next_message()) is not None:
            for action in self.session.receive(message, time.monotonic()):
                await self.act(action)

    async def next_message(self) -> str | bytes | None:
        """Returns the next message; None after a disconnect, or if the connection was idle too long."""
        while True:
            try:
                async with asyncio.timeout(self.patience()):
                    return await self.socket.receive()
            except TimeoutError:
                if self.stream is None or self.stream.done():
                    told = f"idle for {self.idle_secs:g} seconds" if self.asked else "nothing was asked for"
                    await self.socket.close(POLICY, told)
                    return None

    def patience(self) -> float | None:
        """Returns the seconds to wait for a message; None: unlimited."""
        secs = self.idle_secs if self.asked else self.began + self.open_secs - time.monotonic()
        return None if math.isinf(secs) else max(0.0, secs)

    async def act(self, action: Action) -> None:
        match action:
            case StartStream():
                await self.halt()
                self.asked = True
                self.stream = asyncio.create_task(self.send_stream(action))
            case StopStream():
                await self.halt()
            case SendError(message):
                await self.say(message)
            case CloseConnection(code, reason):
                await self.halt()
                await self.socket.close(code, reason)

    async def halt(self) -> None:
        """Ends the stream, if any. Raises ClientDisconnected for a client that sends but reads nothing."""
        overdue = self.sending and asyncio.get_running_loop().time() > self.deadline()
        await self.cancel()
        if overdue:
            await self.close_slow_client()

    async def cancel(self) -> None:
        """Cancels the stream; nothing of it is sent after this."""
        if self.stream is not None:
            self.stream.cancel()
            await asyncio.wait([self.stream])
            self.stream = None

    async def send_stream(self, begin: StartStream) -> None:
        """Sends a trace until it ends or the client disconnects."""
        with suppress(ClientDisconnected):
            await self.try_stream(begin)

    async def try_stream(self, begin: StartStream) -> None:
        """Sends a trace; failures become error messages."""
        try:
            asked = Asked(begin.keys, begin.changed, begin.second, begin.around)
            source, answer = await open_asked(self.sources, self.workers, asked, self.client)
            check_start(begin.start, source)
            await self.send_trace(begin, source, answer)
        except BadRequest as error:
            await self.say(ErrorMessage.of(begin.id, error.problems))
        except Busy as error:
            await self.say(ErrorMessage(id=begin.id, code="busy", message=str(error)))
        except ClientDisconnected:
            raise
        except Exception:
            log.exception("stream %d failed", begin.id)
            await self.say(ErrorMessage(id=begin.id, code="internal", message=FAILED))

    async def send_trace(self, begin: StartStream, source: PendingTrace, answer: Answer) -> None:
        """Sends header, steps and end. A message is made only after the client took the previous one."""
        messages = messages_of(source, self.workers, self.client, begin.id, begin.start, answer)
        async with aclosing(messages):
            async for message in messages:
                await self.send(message)

    async def say(self, message: ToClient) -> None:
        await self.send(to_text(message))

    async def send(self, message: str | bytes) -> None:
        """Sends a message, with a limit on the wait for a client that reads nothing."""
        self.sending = True
        try:
            async with asyncio.timeout_at(self.deadline()):
                await self.socket.send(message)
            self.waiting_since = None
        except TimeoutError:
            await self.close_slow_client()
        finally:
            self.sending = False

    def deadline(self) -> float:
        """Returns the time limit for the client to read something. A new stream does not extend it."""
        if self.waiting_since is None:
            self.waiting_since = asyncio.get_running_loop().time()
        return self.waiting_since + self.send_secs

    async def close_slow_client(self) -> None:
        """Closes the connection of a client that stops reading."""
        log.info("a viewer is let go: not reading")
        await self.socket.close(POLICY, f"not reading: nothing was taken for {self.send_secs:g} seconds")
        raise ClientDisconnected
