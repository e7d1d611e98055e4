"""Opens the source of a request in a thread or a process, and turns a source into messages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock

from ..answers.estimate import trace_secs
from ..answers.files import named_trace
from ..problem import BadRequest, Problem
from ..request.read import Answer
from ..request.schema import TraceRequest
from ..routing import ROUTERS
from ..sources.pending_trace import Cancel, PendingTrace
from ..sources.registry import KeptKeys, SourceRegistry
from ..trace import RoutingTrace, Step
from .wire import EndMessage, TokensMessage, TraceMessage, pack_step, to_text
from .workers import Workers

SECS_OF_STEP = 1e-6  # per token, layer and expert


@dataclass(frozen=True)
class Asked:
    """The keys from a client: of the first stack, those just changed, and those of the second stack.

    `around` is a token: of a long trace, the client wants the window around it.
    """

    keys: Mapping[str, object]
    changed: tuple[str, ...] = ()
    second: Mapping[str, object] = field(default_factory=dict)
    around: int = 0


async def open_asked(
    sources: SourceRegistry, workers: Workers, asked: Asked, client: str
) -> tuple[PendingTrace, Answer]:
    """Returns the trace of the usable keys, and the answer for the client.

    A key that the source refuses falls back like any other. Raises BadRequest if no key is left to drop,
    and Busy if the queue is full.
    """
    kept = KeptKeys(asked.keys, asked.second)
    while True:
        understood = await workers.run(lambda: sources.read(kept.keys, asked.changed, kept.own), client)
        try:
            pending = await open_source(sources, workers, understood.request, client, asked.around)
        except BadRequest as error:
            kept.leave_out(error)
        else:
            return pending, kept.told(understood).answer


async def open_source(
    sources: SourceRegistry, workers: Workers, request: TraceRequest, client: str, around: int = 0
) -> PendingTrace:
    """Opens the source of a request. Raises BadRequest, and Busy if the queue is full.

    Generation token by token is never heavy: each token is a job of its own.
    """
    if sources.elsewhere(request):
        cancel = Cancel()
        return await workers.wait(lambda: sources.open(request, cancel), cancel)
    if workers.processes is None:
        return await workers.run(lambda: sources.open(request, around=around), client)
    cost = await workers.run(lambda: trace_secs(sources, request), client)
    if not workers.is_heavy(cost) or by_token(request):
        return await workers.run(lambda: sources.open(request, around=around), client, cost)
    key = sources.fingerprint(request)
    async with workers.maker(key):
        trace = sources.cached.get(key)
        if trace is None:
            _, data = await workers.compute(named_trace, request, client=client, cost=cost)
            trace = await workers.run(lambda: RoutingTrace.from_bytes(data), client, 0.1)
            sources.cached.put(key, trace, len(data))
    return finished(sources, request, key, trace)


def by_token(request: TraceRequest) -> bool:
    """Returns whether a model computes the routing causally, token by token."""
    return request.source == "live" and not request.updates and not ROUTERS[request.router].whole_batch


def finished(
    sources: SourceRegistry, request: TraceRequest, identity: str, trace: RoutingTrace
) -> PendingTrace:
    """Returns the source of a complete trace."""
    prompt = trace.header.tokens[: trace.header.origin.get("prompt_tokens")]
    header = replace(trace.header, tokens=prompt)

    def steps() -> Iterator[Step]:
        for token in range(len(trace.header.tokens)):
            written = trace.header.tokens[token] if token >= len(prompt) else None
            yield replace(trace.step(token), written=written)

    return PendingTrace(identity, header, steps, sources.cached, request.more)


class Frames:
    """The messages of a stream, produced per token in worker threads."""

    def __init__(self, source: PendingTrace, id: int, start: int) -> None:
        self.steps = source.pull(start)
        self.experts = source.header.shape.experts
        self.id = id
        self.token = start
        self.closed = False
        self.lock = Lock()

    def next(self) -> list[str | bytes] | None:
        """Returns the messages of the next token; None at the end. Takes as long as routing one token.

        Returns none for a token before the first requested one.
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
        """Returns the message of a step, preceded by that of the token if a model generated it."""
        frame = pack_step(step, self.id, self.token, self.experts)
        if step.written is None:
            return [frame]
        tokens = TokensMessage(id=self.id, start=self.token, tokens=[step.written.to_json()])
        return [to_text(tokens), frame]

    def close(self) -> None:
        """Stops after the message that a thread is making now."""
        self.closed = True


async def messages_of(
    source: PendingTrace, workers: Workers, client: str, id: int, start: int, answer: Answer
) -> AsyncGenerator[str | bytes, None]:
    """Yields header, steps and end. A message is made only after the previous one was taken."""
    yield to_text(TraceMessage.of(id, source.identity, start, source.header, answer))
    frames = Frames(source, id, start)
    shape = source.header.shape
    cost = SECS_OF_STEP * shape.layers * shape.experts
    first = len(source.header.tokens) * cost if source.at_once else cost
    try:
        while (messages := await next_messages(source, workers, frames, client, first)) is not None:
            first = cost
            for message in messages:
                yield message
    finally:
        frames.close()
        if source.cancel is not None:
            source.cancel()
    yield to_text(EndMessage(id=id, tokens=frames.token))


async def next_messages(
    source: PendingTrace, workers: Workers, frames: Frames, client: str, cost: float
) -> list[str | bytes] | None:
    """Returns the messages of the next token, from a worker thread or one that may wait for the network."""
    if source.cancel is not None:
        return await workers.wait(frames.next, source.cancel)
    return await workers.run(frames.next, client, cost)


def check_start(start: int, source: PendingTrace) -> None:
    """Raises BadRequest unless `start` is an existing token or the one after the last."""
    last = len(source.header.tokens) + source.more
    if start > last:
        expected = f"0 to {last}, the number of tokens"
        raise BadRequest(Problem("from", str(start), expected, "start again from 0"))
