"""One viewer's socket: a loop that reads, and a task that sends one stream at a time, one frame in flight."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from threading import Lock
from typing import Protocol

from ..problem import BadRequest, Problem
from ..sources.pending_trace import Cancel, Source
from ..sources.registry import Sources
from ..trace import Step
from .session import POLICY, Action, Begin, Close, Halt, Say, Session
from .wire import EndMessage, ErrorMessage, ToClient, TokensMessage, TraceMessage, pack_step, to_text
from .workers import Busy, Workers

FAILED = "trace: the server failed to compute it; its log says why"

log = logging.getLogger("moescope")


class Socket(Protocol):
    """What is needed of a WebSocket."""

    async def receive(self) -> str | bytes | None:
        """The next message; None once the other side has gone."""

    async def send(self, message: str | bytes) -> None:
        """Returns when the transport has room for more. Raises Gone once the other side has gone."""

    async def close(self, code: int, reason: str) -> None: ...


class Gone(Exception):
    """The other side is no longer there."""


class Frames:
    """The messages of a stream, those of one token at a time, made in worker threads."""

    def __init__(self, source: Source, id: int, start: int) -> None:
        self.steps = source.pull(start)
        self.id = id
        self.token = start
        self.closed = False
        self.lock = Lock()

    def next(self) -> list[str | bytes] | None:
        """The messages of the next token; None at the end. Takes as long as the routing of one token does.

        Of a token before the first that the viewer wants there are none.
        """
        with self.lock:
            if self.closed:
                return None
            try:
                step = next(self.steps)
            except StopIteration:
                return None
            if step is None:
                return []
            messages = self.messages(step)
        self.token += 1
        return messages

    def messages(self, step: Step) -> list[str | bytes]:
        """A step, after the token itself where a model wrote it."""
        frame = pack_step(step, self.id, self.token)
        if step.written is None:
            return [frame]
        tokens = TokensMessage(id=self.id, start=self.token, tokens=[step.written.to_json()])
        return [to_text(tokens), frame]

    def close(self) -> None:
        """Make no more. A message that a thread is just making is the last."""
        self.closed = True


class Viewer:
    """Serves one socket until it closes."""

    def __init__(
        self, socket: Socket, session: Session, sources: Sources, workers: Workers, send_secs: float
    ) -> None:
        self.socket = socket
        self.session = session
        self.sources = sources
        self.workers = workers
        self.send_secs = send_secs
        self.stream: asyncio.Task[None] | None = None
        self.waiting_since: float | None = None  # for the viewer to take something, on the loop's clock
        self.sending = False  # something is waiting for it right now

    async def serve(self) -> None:
        """Read until the other side goes or breaks a rule."""
        try:
            with suppress(Gone):
                await self.read()
        finally:
            await self.cancel()

    async def read(self) -> None:
        while not self.session.closed and (message := await self.socket.receive()) is not None:
            for action in self.session.receive(message, time.monotonic()):
                await self.act(action)

    async def act(self, action: Action) -> None:
        match action:
            case Begin():
                await self.halt()
                self.stream = asyncio.create_task(self.send_stream(action))
            case Halt():
                await self.halt()
            case Say(message):
                await self.say(message)
            case Close(code, reason):
                await self.halt()
                await self.socket.close(code, reason)

    async def halt(self) -> None:
        """End the stream, if there is one. Raises Gone for a viewer who asks and asks but takes nothing."""
        overdue = self.sending and asyncio.get_running_loop().time() > self.deadline()
        await self.cancel()
        if overdue:
            await self.let_go()

    async def cancel(self) -> None:
        """Cancel what is being sent; afterwards nothing of it is sent any more."""
        if self.stream is not None:
            self.stream.cancel()
            await asyncio.wait([self.stream])
            self.stream = None

    async def send_stream(self, begin: Begin) -> None:
        """Send a trace, as long as there is somebody to take it."""
        with suppress(Gone):
            await self.try_stream(begin)

    async def try_stream(self, begin: Begin) -> None:
        """Send a trace; what goes wrong becomes an error message."""
        try:
            asked = begin.request
            cancel = Cancel()
            source = await self.workers.run(
                lambda: self.sources.open(asked, cancel),
                asked.takes_long,
                self.sources.elsewhere(asked),
                cancel,
            )
            check_start(begin.start, source)
            await self.send_trace(begin, source)
        except BadRequest as error:
            await self.say(ErrorMessage.of(begin.id, error.problems))
        except Busy as error:
            await self.say(ErrorMessage(id=begin.id, code="busy", message=str(error)))
        except Gone:
            raise
        except Exception:
            log.exception("stream %d failed", begin.id)
            await self.say(ErrorMessage(id=begin.id, code="internal", message=FAILED))

    async def send_trace(self, begin: Begin, source: Source) -> None:
        """Header, steps, end. Nothing is made before the viewer has taken what came before."""
        await self.say(TraceMessage.of(begin.id, source.identity, begin.start, source.header))
        frames = Frames(source, begin.id, begin.start)
        cancel = source.cancel
        elsewhere = cancel is not None
        try:
            while (messages := await self.workers.run(frames.next, False, elsewhere, cancel)) is not None:
                for message in messages:
                    await self.send(message)
        finally:
            frames.close()
            if cancel is not None:
                cancel()
        await self.say(EndMessage(id=begin.id, tokens=frames.token))

    async def say(self, message: ToClient) -> None:
        await self.send(to_text(message))

    async def send(self, message: str | bytes) -> None:
        """Send, but do not wait for ever for a viewer that does not read, whatever it asks for meanwhile."""
        self.sending = True
        try:
            async with asyncio.timeout_at(self.deadline()):
                await self.socket.send(message)
            self.waiting_since = None
        except TimeoutError:
            await self.let_go()
        finally:
            self.sending = False

    def deadline(self) -> float:
        """When to stop waiting for the viewer to take something. Another stream does not put it off."""
        if self.waiting_since is None:
            self.waiting_since = asyncio.get_running_loop().time()
        return self.waiting_since + self.send_secs

    async def let_go(self) -> None:
        """Close on a viewer who does not read."""
        log.info("a viewer is let go: not reading")
        await self.socket.close(POLICY, f"not reading: nothing was taken for {self.send_secs:g} seconds")
        raise Gone


def check_start(start: int, source: Source) -> None:
    """A stream resumes at a token that there is, or just after the last."""
    last = len(source.header.tokens) + source.more
    if start > last:
        expected = f"0 to {last}, the number of tokens"
        raise BadRequest(Problem("from", str(start), expected, "start again from 0"))
